"""The end of a session: a verdict that holds whatever clocks say, and whatever happened since the proof."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from amiportal.objectstore.models import StoreProbe
from tests.faults import Status
from tests.store_variants import opaque_etags
from uploads.models import UploadLog, UploadSession
from uploads.services import rechecking
from uploads.services.claims import settle_claims


def proven_long_ago() -> None:
    UploadLog.objects.update(verified_at=timezone.now() - timedelta(hours=2))


def test_a_clock_that_goes_back_between_two_hosts_loses_no_verdict(uploader):
    uploader.open(files=1)
    assert uploader.send("a.jpg", b"a")["status"] == "verified"
    ahead = timezone.now() + timedelta(seconds=3)
    UploadSession.objects.filter(pk=uploader.session_id).update(started_at=ahead, last_seen_at=ahead)
    response = uploader.call("finish")
    assert response.status_code == 200
    assert response.json()["safe_to_wipe"] is True
    session = UploadSession.objects.get(pk=uploader.session_id)
    assert session.finished_at == session.started_at == session.last_seen_at == ahead


def test_a_file_asked_for_with_other_content_withholds_the_verdict(uploader):
    """It is on the card, and the store has another one of its name."""
    uploader.open(files=1)
    assert uploader.send("a.jpg", b"a")["status"] == "verified"
    assert uploader.grant("a.jpg", b"B")["status"] == "conflict"
    verdict = uploader.call("finish").json()
    assert (verdict["safe_to_wipe"], verdict["refused"], verdict["unproven"]) == (False, 1, 0)
    row = uploader.http.get(f"/api/v1/uploads/sessions/{uploader.session_id}/").json()
    assert (row["safe_to_wipe"], row["refused"]) == (False, 1)


def test_a_conflict_is_mended_when_the_content_is_proven_under_another_name(uploader):
    uploader.open(files=2)
    uploader.send("a.jpg", b"a")
    for _ in range(2):
        assert uploader.grant("a.jpg", b"B")["status"] == "conflict"
    assert uploader.send("a-100MEDIA.jpg", b"B")["status"] == "verified"
    verdict = uploader.call("finish").json()
    assert (verdict["safe_to_wipe"], verdict["refused"]) == (True, 0)


def test_a_conflict_is_mended_by_no_grant_and_by_nobody_elses_proof(uploader, rival):
    """Where the other file lies is not where this card's file was asked for, and may be lost by itself."""
    uploader.open(files=1)
    uploader.send("a.jpg", b"a")
    assert uploader.grant("a.jpg", b"B")["status"] == "conflict"
    rival.open(files=1)
    assert rival.send("a-100MEDIA.jpg", b"B")["status"] == "verified"
    verdict = uploader.call("finish").json()
    assert (verdict["safe_to_wipe"], verdict["refused"]) == (False, 1)
    uploader.open(files=1)
    uploader.send("c.jpg", b"c")
    assert uploader.grant("c.jpg", b"D")["status"] == "conflict"
    assert uploader.grant("c-100MEDIA.jpg", b"D")["status"] == "granted"
    assert uploader.call("finish").json()["refused"] == 1


@pytest.mark.parametrize("loss", ["gone", "other", "cut short"])
def test_what_was_proven_long_ago_is_looked_at_once_more(uploader, store, site, loss):
    uploader.open(files=2)
    uploader.send("a.jpg", b"aaa")
    uploader.send("b.jpg", b"bbb")
    proven_long_ago()
    key = {"Bucket": site.bucket.name, "Key": site.key("a.jpg")}
    if loss == "gone":
        store.delete_object(**key)
    else:
        store.put_object(**key, Body=b"AAA" if loss == "other" else b"aa")
    verdict = uploader.call("finish").json()
    assert (verdict["safe_to_wipe"], verdict["verified"], verdict["unproven"]) == (False, 1, 1)
    statuses = dict(UploadLog.objects.values_list("filename", "error_code"))
    assert statuses == {"a.jpg": "vanished" if loss == "gone" else "changed", "b.jpg": ""}


def test_proof_that_holds_gets_the_time_of_the_last_look(uploader):
    uploader.open(files=1)
    uploader.send("a.jpg", b"a")
    proven_long_ago()
    before = timezone.now() - timedelta(minutes=1)
    verdict = uploader.call("finish").json()
    assert (verdict["safe_to_wipe"], verdict["comparing"]) == (True, 0)
    assert UploadLog.objects.get().verified_at > before


def test_what_one_call_cannot_look_at_is_left_to_the_next(uploader, monkeypatch):
    uploader.open(files=5)
    for number in range(5):
        uploader.send(f"{number}.jpg", b"a")
    proven_long_ago()
    monkeypatch.setattr(rechecking, "MAX_BATCH_FILES", 2)
    monkeypatch.setattr(rechecking, "BUDGET_S", 0)
    left = []
    for _ in range(3):
        verdict = uploader.call("finish").json()
        left.append((verdict["comparing"], verdict["safe_to_wipe"]))
    assert left == [(3, False), (1, False), (0, True)]


def test_what_nobody_has_read_yet_keeps_the_verdict_back(uploader, proxy, settings):
    """The operator encrypted the objects meanwhile: their ETags tell nothing any more."""
    uploader.open(files=1)
    uploader.send("a.jpg", b"a")
    proven_long_ago()
    proxy.variants = [opaque_etags]
    StoreProbe.objects.all().delete()
    cache.clear()
    settings.READ_BYTES_PER_CALL = 0
    verdict = uploader.call("finish").json()
    assert (verdict["safe_to_wipe"], verdict["comparing"]) == (False, 1)
    settle_claims()
    verdict = uploader.call("finish").json()
    assert (verdict["safe_to_wipe"], verdict["comparing"]) == (True, 0)


def test_a_fresh_proof_is_not_looked_at_again(uploader, proxy):
    uploader.open(files=1)
    uploader.send("a.jpg", b"a")
    before = len(proxy.seen)
    assert uploader.call("finish").json()["safe_to_wipe"] is True
    assert len(proxy.seen) == before


def test_no_verdict_while_the_store_cannot_tell(uploader, proxy, settings):
    settings.S3_MAX_ATTEMPTS = 1
    uploader.open(files=1)
    uploader.send("a.jpg", b"a")
    proven_long_ago()
    proxy.fault = lambda request: Status(503)
    assert uploader.call("finish").status_code == 503
    assert UploadLog.objects.get().status == "verified"
