"""The permanent page of an upload: its verdict, its facts, its files and what became of them."""

import csv
import io

import pytest
from django.utils import timezone

from tests.uploads.conftest import described
from tests.uploads.test_history import make_file, make_session
from uploads.models import UploadLog, UploadSession
from uploads.pages import history


@pytest.fixture
def finished(uploader):
    """Two files sent by a client and compared by the portal, and the session ended."""
    uploader.open(files=2)
    uploader.send("20250714220000-a.jpg", b"a")
    uploader.send("b.jpg", b"bb")
    assert uploader.call("finish").json()["safe_to_wipe"] is True
    return UploadSession.objects.get(pk=uploader.session_id)


@pytest.fixture
def read(client, colleague, db):
    client.force_login(colleague)

    def get(session: UploadSession, query: str = "", status: int = 200) -> str:
        response = client.get(f"/uploads/{session.pk}/{query}")
        assert response.status_code == status
        return response.content.decode()

    return get


@pytest.fixture
def session(colleague, ladera):
    return make_session(colleague, ladera, declared_files=3, finished_at=timezone.now())


def heading(html: str) -> str:
    return " ".join(html.partition('id="verdict-title">')[2].partition("</h2>")[0].split())


def named_unproven(html: str) -> str:
    return html.partition('id="unproven-title"')[2].partition("</section>")[0]


def test_what_looks_damaged_is_told_beside_the_verdict(finished, read):
    assert "looks damaged" not in read(finished)
    UploadLog.objects.filter(session=finished, filename="b.jpg").update(damage="zeros")
    html = read(finished)
    assert heading(html) == "Safe to wipe"
    assert "1 file looks damaged. It is stored as it was on the card" in html


def test_a_whole_upload_is_safe_to_wipe_and_says_who_where_and_when(read, finished):
    html = read(finished)
    assert heading(html) == "Safe to wipe"
    for told in ("colleague", "dep000119", "Wetland North", "camera 6B46159A", "20250714220000-a.jpg", "b.jpg"):
        assert told in html
    assert f"/api/v1/uploads/sessions/{finished.pk}/receipt/" in html
    assert "What changed since" not in html
    assert 'id="unproven-title"' not in html


def test_the_reason_for_another_season_is_told(read, session):
    session.season_reason = "The label was <wrong>."
    session.save()
    assert "The label was &lt;wrong&gt;." in read(session)


def test_files_that_are_not_proven_are_named_with_their_reason(read, session):
    make_file(session, "a.jpg")
    make_file(session, "b.jpg", "failed", error_code="network")
    make_file(session, "c.jpg", "missing", error_code="missing")
    session.declared_files = 4
    session.save()
    html = read(session)
    assert "What changed since" not in html  # what never was there was not lost
    assert heading(html) == "Not safe to wipe"
    named = named_unproven(html)
    assert "b.jpg" in named
    assert "c.jpg" in named
    assert "could not be sent" in named
    assert "network" in named
    assert "a.jpg" not in named
    assert "1 file of the selection never got as far as the portal" in named


def test_what_vanished_since_is_told(read, finished):
    UploadLog.objects.filter(session=finished, filename="b.jpg").update(status="missing", error_code="vanished")
    html = read(finished)
    assert heading(html) == "Not safe to wipe"
    lost = html.partition('id="lost-title"')[2].partition("</section>")[0]
    assert "b.jpg" in lost
    assert "20250714220000-a.jpg" not in lost
    assert 'id="unproven-title"' not in html


def test_what_was_stored_unproven_and_vanished_is_told_as_lost(read, session):
    make_file(session, "a.jpg")
    make_file(session, "b.jpg", "missing", error_code="vanished")
    html = read(session)
    assert heading(html) == "Not safe to wipe"
    assert "b.jpg" in html.partition('id="lost-title"')[2].partition("</section>")[0]
    assert "b.jpg" not in named_unproven(html)


def test_an_unfinished_one_says_so_and_leads_on(client, read, uploader, maintainer):
    uploader.send("a.jpg", b"a")
    session = UploadSession.objects.get(pk=uploader.session_id)
    html = read(session)
    assert heading(html) == "Still under way"
    assert f"/upload/?session={session.pk}" in html
    assert "/receipt/" not in html.replace("/receipts/key/", "")
    UploadSession.objects.update(last_seen_at="2025-01-01T00:00:00Z", started_at="2025-01-01T00:00:00Z")
    assert heading(read(session)) == "Not finished: keep the card"
    client.force_login(maintainer)
    assert f"/upload/?session={session.pk}" not in read(session)


def test_a_field_clients_upload_promises_nothing(read, session):
    UploadSession.objects.filter(pk=session.pk).update(finished_at=None, is_legacy=True)
    html = read(session)
    assert heading(html) == "Uploaded by an old client"
    assert "/check/" in html


def test_a_receipt_is_its_accounts_and_the_maintainers(client, read, session, outsider, maintainer):
    client.force_login(outsider)
    read(session, status=404)
    assert client.get(f"/uploads/{session.pk}/receipt.csv").status_code == 404
    client.force_login(maintainer)
    read(session)
    client.logout()
    assert client.get(f"/uploads/{session.pk}/")["Location"] == f"/accounts/login/?next=/uploads/{session.pk}/"


def test_long_lists_are_cut_and_searched_by_beginning(read, session, monkeypatch):
    monkeypatch.setattr(history, "SHOWN_FILES", 2)
    for name in ("a1.jpg", "a2.jpg", "a3.jpg", "b1.jpg", "B2.jpg"):
        make_file(session, name)
    html = read(session)
    assert "The first 2 by name" in html
    assert "a3.jpg" not in html
    found = read(session, "?name=b")
    assert "b1.jpg" in found
    assert "B2.jpg" not in found
    assert "a1.jpg" not in found
    assert "The first" not in found
    none = read(session, "?name=%25_%3Cb%3E")
    assert "begins with “%_&lt;b&gt;”" in none
    read(session, "?name=%00" + "x" * 5_000)


def test_the_newest_row_of_a_name_counts(read, session):
    make_file(session, "a.jpg", "failed")
    make_file(session, "a.jpg")
    html = read(session)
    assert html.count("<td>a.jpg") == 1
    assert "could not be sent" not in html


def test_the_list_of_files_opens_in_a_spreadsheet_and_runs_nothing(client, read, uploader):
    uploader.open(files=1)
    uploader.results("presign", files=[described("ñandú.jpg", b"x", path="=cmd()")])
    response = client.get(f"/uploads/{uploader.session_id}/receipt.csv")
    assert response.streaming
    assert response["Content-Disposition"] == f'attachment; filename="receipt-{uploader.session_id}.csv"'
    body = b"".join(response.streaming_content)
    assert body.startswith(b"\xef\xbb\xbfname,path_on_card,size_bytes,md5,proven_by,key,status,verified_at\r\n")
    (row,) = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
    assert row["name"] == "ñandú.jpg"
    assert row["path_on_card"] == "'=cmd()"
    assert row["key"] == uploader.site.key("ñandú.jpg")
    assert (row["status"], row["verified_at"]) == ("granted", "")


def test_dates_numbers_and_states_in_spanish(client, colleague, session):
    colleague.language = "es"
    colleague.save()
    client.force_login(colleague)
    UploadSession.objects.update(
        started_at="2025-04-01T22:10:00Z", finished_at="2025-04-02T03:00:00Z", declared_files=12_345
    )
    make_file(session, "a.jpg", "missing", size_bytes=1_234_567_890)
    html = client.get(f"/uploads/{session.pk}/").content.decode()
    assert heading(html) == "No se puede borrar todavía"
    for told in ("1 abr 2025, 22:10 UTC", "12\xa0345", "1,2\xa0GB", "no está en el almacén", "Imágenes programadas"):
        assert told.casefold() in html.casefold()
