"""One file's way: granted, sent, confirmed; and what stands in the ledger and the store at each step."""

import hashlib

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from amiportal.objectstore import presign
from tests.uploads.conftest import described, put
from uploads.domain.batch import CardFile
from uploads.ledger import statements
from uploads.models import UploadLog, UploadSession

NAME, CONTENT = "20240918032339-snapshot.jpg", b"\xff\xd8 a picture of moths"


def test_a_file_is_stored_verified_and_accounted_for(uploader, site, objects):
    uploader.open(files=1)
    granted = uploader.grant(NAME, CONTENT)
    assert granted["headers"]["Content-Type"] == "image/jpeg"
    assert set(granted["headers"]) == {"Content-Type", "Content-MD5", "If-None-Match"}
    row = UploadLog.objects.get()
    assert (row.status, row.verified_at) == ("granted", None)
    assert objects() == {}

    assert put(granted["url"], granted["headers"], CONTENT).status == 200
    (confirmed,) = uploader.results("confirm", files=[NAME])
    assert confirmed["status"] == "verified"

    assert objects() == {site.key(NAME): CONTENT}
    row.refresh_from_db()
    assert row.status == "verified"
    assert row.session.account == uploader.user
    assert (row.size_bytes, row.md5) == (len(CONTENT), hashlib.md5(CONTENT).hexdigest())
    assert row.etag == row.md5
    assert row.verified_at >= row.granted_at
    assert f"{row.device_time:%Y%m%d%H%M%S}" == "20240918032339"

    verdict = uploader.call("finish").json()
    assert (verdict["verified"], verdict["unproven"], verdict["safe_to_wipe"]) == (1, 0, True)


@pytest.mark.django_db(transaction=True)
def test_every_url_has_a_committed_row_before_it_leaves(uploader, monkeypatch):
    seen = []
    real = presign.UrlSigner.put_urls

    def watched(self, *, bucket, files, expires_in_s, now):
        assert not connection.in_atomic_block
        files = list(files)
        seen.extend(
            (key, UploadLog.objects.filter(filename=key.split("/")[-1], status="granted").count()) for key, _ in files
        )
        return real(self, bucket=bucket, files=files, expires_in_s=expires_in_s, now=now)

    monkeypatch.setattr(presign.UrlSigner, "put_urls", watched)
    files = [described(f"2024091803{n:04d}-a.jpg", b"x%d" % n) for n in range(3)]
    assert [f["status"] for f in uploader.results("presign", files=files)] == ["granted"] * 3
    assert [rows for _, rows in seen] == [1, 1, 1]


def test_a_failing_signer_leaves_rows_and_no_url_unaccounted(uploader, monkeypatch):
    def broken(*_, **__):
        raise presign.NotSignable("no")

    monkeypatch.setattr(presign.UrlSigner, "put_urls", broken)
    response = uploader.call("presign", files=[described(NAME, CONTENT)])
    assert response.status_code == 500
    assert "url" not in response.json()
    assert UploadLog.objects.get().status == "granted"


def test_confirm_without_sending_is_missing(uploader):
    uploader.open(files=1)
    uploader.grant(NAME, CONTENT)
    (confirmed,) = uploader.results("confirm", files=[NAME])
    assert confirmed["status"] == "missing"
    assert UploadLog.objects.get().verified_at is None
    assert uploader.call("finish").json()["safe_to_wipe"] is False


def test_confirm_of_what_was_never_granted_proves_nothing(uploader, store, site):
    store.put_object(Bucket=site.bucket.name, Key=site.key(NAME), Body=CONTENT)
    (confirmed,) = uploader.results("confirm", files=[NAME])
    assert (confirmed["status"], confirmed["code"]) == ("missing", "not_granted")
    assert not UploadLog.objects.exists()


def test_an_object_of_other_content_is_a_mismatch(uploader, store, site):
    uploader.open(files=1)
    uploader.grant(NAME, CONTENT)
    store.put_object(Bucket=site.bucket.name, Key=site.key(NAME), Body=CONTENT[::-1])  # equal size, other bytes
    (confirmed,) = uploader.results("confirm", files=[NAME])
    assert confirmed["status"] == "mismatch"
    assert UploadLog.objects.get().status == "mismatch"
    assert uploader.call("finish").json()["safe_to_wipe"] is False


def test_a_verified_file_that_vanished_is_no_longer_proven(uploader, store, site):
    uploader.open(files=1)
    assert uploader.send(NAME, CONTENT)["status"] == "verified"
    store.delete_object(Bucket=site.bucket.name, Key=site.key(NAME))
    (confirmed,) = uploader.results("confirm", files=[NAME])
    assert confirmed["status"] == "missing"
    assert uploader.call("finish").json()["safe_to_wipe"] is False
    assert uploader.open(files=1).send(NAME, CONTENT)["status"] == "verified"


def test_a_lost_answer_is_not_a_conflict(uploader, objects, site):
    """The PUT was committed and its answer dropped: the client asks again and is told that all is well."""
    uploader.open(files=1)
    granted = uploader.grant(NAME, CONTENT)
    put(granted["url"], granted["headers"], CONTENT)
    assert put(granted["url"], granted["headers"], CONTENT).status == 412
    assert uploader.grant(NAME, CONTENT)["status"] == "stored"
    assert UploadLog.objects.get().status == "verified"
    assert uploader.call("finish").json()["safe_to_wipe"] is True
    assert objects() == {site.key(NAME): CONTENT}


def test_another_session_finds_the_same_content_stored_and_is_safe_too(uploader, rival):
    uploader.send(NAME, CONTENT)
    rival.open(files=1)
    assert rival.grant(NAME, CONTENT)["status"] == "stored"
    assert set(UploadLog.objects.values_list("session__account__username", "status")) == {
        (uploader.user.username, "verified"),
        (rival.user.username, "present"),
    }
    assert rival.call("finish").json() | {"finished_at": None} == {
        "id": rival.session_id,
        "verified": 0,
        "stored_before": 1,
        "unproven": 0,
        "unsettled": 0,
        "unsettled_until": None,
        "refused": 0,
        "comparing": 0,
        "safe_to_wipe": True,
        "finished_at": None,
    }


def test_a_grant_lost_with_its_browser_is_given_anew_to_the_same_content(uploader, rival):
    first = uploader.grant(NAME, CONTENT)
    second = rival.grant(NAME, CONTENT)
    assert second["status"] == "granted"
    put(second["url"], second["headers"], CONTENT)
    assert rival.results("confirm", files=[NAME])[0]["status"] == "verified"
    # The first one had not died after all; it is told the truth as well, and nothing is written twice.
    assert put(first["url"], first["headers"], CONTENT).status == 412
    assert uploader.results("confirm", files=[NAME])[0]["status"] == "verified"
    assert sorted(UploadLog.objects.values_list("status", flat=True)) == ["present", "verified"]


@pytest.mark.parametrize("declared", [0, 2])
def test_safe_to_wipe_needs_the_whole_selection(uploader, declared):
    uploader.open(files=declared)
    uploader.send(NAME, CONTENT)
    assert uploader.call("finish").json()["safe_to_wipe"] is False


def test_finish_without_a_number_of_files_promises_nothing(uploader):
    UploadSession.objects.filter(pk=uploader.session_id).update(declared_files=None)
    uploader.send(NAME, CONTENT)
    assert uploader.call("finish").json()["safe_to_wipe"] is False


def test_a_finished_session_grants_nothing_more(uploader):
    uploader.call("finish")
    response = uploader.call("presign", files=[described(NAME, CONTENT)])
    assert (response.status_code, response.json()["code"]) == (409, "session_finished")
    assert not UploadLog.objects.exists()
    assert UploadSession.objects.get(pk=uploader.session_id).finished_at <= timezone.now()


@pytest.mark.parametrize("model", [UploadLog, UploadSession])
def test_the_database_deletes_nothing_that_was_recorded(uploader, model):
    uploader.grant(NAME, CONTENT)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        model.objects.all()._raw_delete(using="default")
    assert model.objects.exists()


def test_a_row_s_place_is_its_session_s(uploader):
    """Whatever a caller claims: the ledger takes deployment and data type from the session's own row."""
    session = UploadSession.objects.get(pk=uploader.session_id)
    session.data_type = "motion_images"
    statements.reserve(session=session, files=[CardFile(NAME, 1)], now=timezone.now(), expires_at=timezone.now())
    row = UploadLog.objects.get()
    assert (row.data_type, row.deployment) == ("snapshot_images", session.deployment)
    session.pk += 1_000
    other = CardFile("other.jpg", 1)
    statements.reserve(session=session, files=[other], now=timezone.now(), expires_at=timezone.now())
    assert UploadLog.objects.get() == row  # no session, no row
