"""Grants that ran out: brought to what the store says, and their keys freed no sooner than is safe."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.people import make_bucket, make_deployment
from tests.uploads.conftest import put
from uploads.models import UploadLog, UploadSession
from uploads.services import confirming
from uploads.services.expired_grants import settle_expired_grants
from uploads.services.granting import RESERVATION_GRACE


def run_out(**filters):
    """As if the grants had been given long ago."""
    long_ago = timezone.now() - RESERVATION_GRACE - timedelta(minutes=1)
    UploadLog.objects.filter(**filters).update(grant_expires_at=long_ago)


def test_each_is_brought_to_what_the_store_has(uploader, store, site):
    sent = uploader.grant("sent.jpg", b"sent")
    put(sent["url"], sent["headers"], b"sent")
    uploader.grant("other.jpg", b"mine")
    store.put_object(Bucket=site.bucket.name, Key=site.key("other.jpg"), Body=b"THEM")
    uploader.grant("never.jpg", b"never")
    uploader.grant("fresh.jpg", b"fresh")
    run_out(filename__in=["sent.jpg", "other.jpg", "never.jpg"])

    assert settle_expired_grants() == {"verified": 1, "mismatch": 1, "expired": 1}
    assert dict(UploadLog.objects.values_list("filename", "status")) == {
        "sent.jpg": "verified",
        "other.jpg": "mismatch",
        "never.jpg": "expired",
        "fresh.jpg": "granted",
    }
    assert settle_expired_grants() == {}


def test_a_grant_that_ran_out_gives_its_key_to_other_content(uploader, rival):
    uploader.grant("a.jpg", b"never sent")
    assert rival.grant("a.jpg", b"other")["code"] == "reserved"
    run_out()
    assert rival.grant("a.jpg", b"other")["status"] == "granted"
    assert sorted(UploadLog.objects.values_list("status", flat=True)) == ["expired", "granted"]


def test_a_put_that_outlived_its_url_is_still_safe(uploader, rival):
    """Expired, but within the grace that a slow PUT may need: the key stays reserved."""
    uploader.grant("a.jpg", b"being sent slowly")
    UploadLog.objects.update(grant_expires_at=timezone.now() - timedelta(minutes=5))
    assert rival.grant("a.jpg", b"other")["code"] == "reserved"
    assert settle_expired_grants() == {}


def test_a_late_arrival_is_verified_after_its_grant_expired(uploader, store, site):
    uploader.grant("a.jpg", b"late")
    run_out()
    settle_expired_grants()
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=b"late", ContentType="image/jpeg")
    assert uploader.results("confirm", files=["a.jpg"])[0]["status"] == "verified"
    assert UploadLog.objects.get().status == "verified"


@pytest.mark.usefixtures("unprobed_store")
def test_where_conditions_may_be_ignored_a_failed_grant_keeps_its_key(uploader, rival):
    """The URL that is out could overwrite what the next one sends: the reservation alone decides."""
    granted = uploader.grant("a.jpg", b"mine")
    assert "If-None-Match" not in granted["headers"]
    uploader.call("failures", failures=[{"name": "a.jpg", "code": "network"}])
    assert uploader.results("confirm", files=["a.jpg"])[0]["status"] == "missing"
    assert rival.grant("a.jpg", b"other")["code"] == "reserved"
    assert uploader.grant("a.jpg", b"changed")["code"] == "reserved"


def test_where_conditions_hold_a_failed_grant_frees_its_key(uploader, rival, objects, site):
    mine = uploader.grant("a.jpg", b"mine")
    uploader.call("failures", failures=[{"name": "a.jpg", "code": "network", "http_status": 0, "attempts": 10}])
    theirs = rival.grant("a.jpg", b"other")
    assert theirs["status"] == "granted"
    put(theirs["url"], theirs["headers"], b"other")
    assert put(mine["url"], mine["headers"], b"mine").status == 412
    assert objects() == {site.key("a.jpg"): b"other"}
    assert sorted(UploadLog.objects.values_list("status", flat=True)) == ["failed", "granted"]


def test_a_bucket_that_is_gone_holds_up_nobody_else(uploader, rival, store, site, bucket_elsewhere):
    """The session whose bucket vanished comes first; the other one is settled anyway."""
    uploader.grant("a.jpg", b"a")
    UploadSession.objects.filter(pk=uploader.session_id).update(deployment=bucket_elsewhere)
    UploadLog.objects.update(deployment=bucket_elsewhere)
    rival.grant("b.jpg", b"b")
    run_out()
    assert settle_expired_grants() == {"expired": 1}
    assert dict(UploadLog.objects.values_list("filename", "status")) == {"a.jpg": "granted", "b.jpg": "expired"}


@pytest.fixture
def bucket_elsewhere(db):
    """A deployment whose bucket the store does not have."""
    return make_deployment("dep000007", make_bucket("never-made"), status="active")


def test_a_row_that_changes_while_the_store_is_asked_is_proven_all_the_same(uploader, monkeypatch):
    """Another tab of the same person is granted the same file in that moment, so this row no longer holds the key."""
    uploader.open(files=1)
    granted = uploader.grant("a.jpg", b"a")
    put(granted["url"], granted["headers"], b"a")
    real = confirming.look_closely

    def meanwhile(**asked):
        found = real(**asked)
        UploadLog.objects.filter(status="granted").update(status="expired", error_code="granted_anew")
        return found

    monkeypatch.setattr(confirming, "look_closely", meanwhile)
    assert uploader.results("confirm", files=["a.jpg"])[0]["status"] == "verified"
    assert UploadLog.objects.get().status == "verified"
    assert uploader.call("finish").json()["safe_to_wipe"] is True
