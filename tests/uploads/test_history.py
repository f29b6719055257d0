"""My uploads: whose sessions, in what state, a page at a time."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from uploads.models import UploadLog, UploadSession
from uploads.pages import history

pytestmark = pytest.mark.django_db


def make_session(account, deployment, **fields) -> UploadSession:
    now = timezone.now()
    given = {"data_type": "snapshot_images", "started_at": now - timedelta(days=3), "last_seen_at": now}
    return UploadSession.objects.create(account=account, deployment=deployment, **(given | fields))


def make_file(session: UploadSession, name: str, status: str = "verified", **fields) -> UploadLog:
    given = {"size_bytes": 7, "md5": "0" * 32, "etag": "0" * 32, "verified_at": timezone.now(), "path_on_card": name}
    if status not in UploadLog.PROVEN:
        given["verified_at"] = None
    if status == "granted":
        given |= {"granted_at": timezone.now(), "grant_expires_at": timezone.now()}
    return UploadLog.objects.create(
        session=session,
        deployment=session.deployment,
        data_type=session.data_type,
        filename=name,
        status=status,
        **(given | fields),
    )


@pytest.fixture
def page(client, colleague):
    client.force_login(colleague)

    def read(query: str = "") -> str:
        response = client.get(f"/uploads/{query}")
        assert response.status_code == 200
        return response.content.decode()

    return read


def states(html: str) -> list[str]:
    return [part.partition("</span>")[0].partition(">")[2] for part in html.split('class="session-state ')[1:]]


def test_what_an_older_program_may_still_overwrite_is_told(page, colleague, ladera):
    until = timezone.now() + timedelta(hours=1)
    under_way = make_session(colleague, ladera, declared_files=3)
    for name in ("1.jpg", "2.jpg"):
        make_file(under_way, name, "unsettled", unsettled_until=until)
    make_file(under_way, "3.jpg")
    over = make_session(colleague, ladera, declared_files=1, finished_at=timezone.now())
    make_file(over, "4.jpg", "unsettled", unsettled_until=until - timedelta(minutes=30))
    past = make_session(colleague, ladera, declared_files=1)
    make_file(past, "5.jpg", "unsettled", unsettled_until=timezone.now() - timedelta(minutes=1))
    html = page()
    told = "an older program may still write here until"
    assert html.count(told) == 2
    assert f"2 files: {told} {date_format(until, 'DATETIME_FORMAT')} UTC. They are compared again then." in html
    assert f"1 file: {told}" in html


def test_nobody_uploaded_yet(page):
    html = page()
    assert "Nothing uploaded yet" in html
    assert 'href="/upload/"' in html


def test_a_session_is_told_with_place_type_time_and_size(page, colleague, ladera):
    make_session(colleague, ladera, declared_files=12_345, declared_bytes=2_500_000_000)
    html = page()
    for told in ("Ladera", "Snapshot images", "dep000045", "Panama", "12,345 files", "2.5\xa0GB"):
        assert told in html


def test_every_state_has_its_words_and_its_way_on(page, colleague, ladera):
    now = timezone.now()
    safe = make_session(colleague, ladera, declared_files=1, finished_at=now)
    make_file(safe, "a.jpg")
    unproven = make_session(colleague, ladera, declared_files=3, finished_at=now)
    make_file(unproven, "b.jpg", "present")
    make_file(unproven, "c.jpg", "missing")
    running = make_session(colleague, ladera)
    waiting = make_session(colleague, ladera, last_seen_at=now - timedelta(hours=2))
    make_session(colleague, ladera, is_legacy=True)
    html = page()
    assert states(html) == [
        "By an old client",
        "Waiting to be continued",
        "Under way",
        "Finished, 2 files not proven",
        "Finished, safe to wipe",
    ]
    may_go_on = [session for session in UploadSession.objects.all() if f"/upload/?session={session.pk}" in html]
    assert set(may_go_on) == {running, waiting}


def test_one_sees_ones_own_and_maintainers_all_when_they_ask(client, page, colleague, outsider, maintainer, ladera):
    make_session(outsider, ladera, uploader_name="Somebody Else")
    assert "Nothing uploaded yet" in page()
    refused = page("?all=true")
    assert "Nothing uploaded yet" in refused
    assert "Everybody" not in refused
    client.force_login(maintainer)
    assert "Nothing uploaded yet" in page()
    everybody = page("?all=true")
    assert "Somebody Else" in everybody
    assert "/upload/?session=" not in everybody  # another's upload is looked at, not gone on with


def test_pages_by_key_newest_first(page, colleague, ladera, monkeypatch):
    monkeypatch.setattr(history, "PAGE_SESSIONS", 2)
    made = [make_session(colleague, ladera).pk for _ in range(5)]

    def shown(html: str) -> list[int]:
        return [pk for pk in reversed(made) if f'<h2><a href="/uploads/{pk}/"' in html]

    first = page()
    assert shown(first) == made[:2:-1]
    assert "Back to the newest" not in first
    second = page(f"?before={made[3]}")
    assert shown(second) == [made[2], made[1]]
    last = page(f"?before={made[1]}")
    assert shown(last) == [made[0]]
    assert "Older uploads" not in last
    assert "There are no older uploads" in page(f"?before={made[0]}")


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "²", "%00"])
def test_a_page_that_is_none_is_the_first(page, colleague, ladera, before):
    make_session(colleague, ladera)
    assert "dep000045" in page(f"?before={before}")


def test_the_number_of_queries_does_not_grow_with_the_sessions(
    client, colleague, ladera, django_assert_max_num_queries
):
    client.force_login(colleague)
    for number in range(20):
        session = make_session(colleague, ladera, declared_files=1, finished_at=timezone.now())
        make_file(session, f"{number}.jpg")
    with django_assert_max_num_queries(7):
        assert client.get("/uploads/").status_code == 200
