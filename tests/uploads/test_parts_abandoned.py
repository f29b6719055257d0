"""Uploads that nobody goes on with give the store its space back after a week; an object's bytes never."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from amiportal.background.models import LeftOver
from tests.faults import Status, always, never
from tests.people import make_bucket, make_deployment
from tests.uploads.large import TWO_PARTS, LargeUploader
from uploads.models import MultipartUpload
from uploads.services.multipart import ABANDONED_AFTER, abort_abandoned
from uploads.tasks.upkeep import abort_abandoned_task


def leave(for_: timedelta = ABANDONED_AFTER + timedelta(minutes=1), **filters) -> None:
    MultipartUpload.objects.filter(**filters).update(last_used_at=timezone.now() - for_)


@pytest.fixture
def begun(sender) -> LargeUploader:
    sender.presign()
    sender.send(1)
    return sender


def ids_at(store, site) -> list[str]:
    return [upload["UploadId"] for upload in store.list_multipart_uploads(Bucket=site.bucket.name).get("Uploads", [])]


def test_what_was_unused_for_a_week_is_given_up_and_begins_anew(begun, store, site):
    leave()
    abort_abandoned_task(timestamp=0)
    row = MultipartUpload.objects.get()
    assert (row.status, row.ended_at is None) == ("aborted", False)
    assert ids_at(store, site) == []
    assert begun.listed().status_code == begun.sign(2).status_code == 404
    assert begun.presign()["upload"]["id"] != row.pk
    assert begun.stored_numbers() == []


def test_what_was_used_within_the_week_stays(begun, store, site):
    leave(ABANDONED_AFTER - timedelta(minutes=5))
    assert abort_abandoned() == {}
    assert begun.stored_numbers() == [1]
    leave()
    begun.send(2)  # somebody goes on in the last moment
    assert abort_abandoned() == {}
    leave()
    begun.presign()
    assert abort_abandoned() == {}
    assert begun.complete()["status"] == "completed"


def test_a_run_that_was_killed_half_way_is_repeated(begun, store, site):
    """The store had given it up; the row was not closed any more."""
    leave()
    upload = MultipartUpload.objects.get()
    store.abort_multipart_upload(Bucket=site.bucket.name, Key=begun.key(), UploadId=upload.store_upload_id)
    assert abort_abandoned() == {"aborted": 1}
    assert abort_abandoned() == {}


def test_an_object_made_of_the_parts_keeps_them(begun, store, site, objects, monkeypatch):
    """The store made it, and nobody learnt of that: aborting could free the object's own bytes."""
    begun.send(2)
    upload = MultipartUpload.objects.get()
    listed = store.list_parts(Bucket=site.bucket.name, Key=begun.key(), UploadId=upload.store_upload_id)["Parts"]
    store.complete_multipart_upload(
        Bucket=site.bucket.name,
        Key=begun.key(),
        UploadId=upload.store_upload_id,
        MultipartUpload={"Parts": [{name: part[name] for name in ("ETag", "PartNumber")} for part in listed]},
    )
    leave()
    monkeypatch.setattr("uploads.services.multipart.store.abort", None)
    assert abort_abandoned() == {"completed": 1}
    assert objects() == {begun.key(): TWO_PARTS.content}


@pytest.mark.parametrize("content", [TWO_PARTS.content, TWO_PARTS.altered().content, b"short"])
def test_an_object_that_came_otherwise_does_not_keep_them(begun, store, site, objects, content):
    store.put_object(Bucket=site.bucket.name, Key=begun.key(), Body=content)
    leave()
    assert abort_abandoned() == {"aborted": 1}
    assert ids_at(store, site) == []
    assert objects() == {begun.key(): content}


def test_a_bucket_that_is_gone_holds_up_nobody_else(begun, store, site):
    gone = make_deployment("dep000007", make_bucket("never-made"), status="active")
    MultipartUpload.objects.update(deployment=gone)
    begun.presign()
    leave()
    assert abort_abandoned() == {"aborted": 1}
    assert dict(MultipartUpload.objects.values_list("deployment__deployment_id", "status")) == {
        "dep000007": "open",
        "dep000119": "aborted",
    }


@pytest.mark.parametrize("method", ["DELETE", "HEAD"])
def test_a_store_that_is_down_gives_nothing_up(begun, proxy, settings, method):
    settings.S3_MAX_ATTEMPTS = 1
    leave()
    proxy.fault = always(Status(503), method=method)
    assert abort_abandoned() == {}
    assert MultipartUpload.objects.get().status == "open"
    assert LeftOver.objects.get().item == f"{begun.key()}, upload {MultipartUpload.objects.get().pk}"
    proxy.fault = never
    assert abort_abandoned() == {"aborted": 1}
    assert not LeftOver.objects.exists()


def test_one_that_the_store_cannot_abort_holds_up_nobody_else(begun, proxy, settings, store, site):
    settings.S3_MAX_ATTEMPTS = 1
    other = LargeUploader(begun.client, replace(TWO_PARTS, name="20250714_230000.wav"))
    other.presign()
    leave()
    proxy.fault = always(Status(500, "InternalError"), method="DELETE", key=begun.key())
    assert [abort_abandoned() for _ in range(2)] == [{"aborted": 1}, {}]
    assert dict(MultipartUpload.objects.values_list("filename", "status")) == {
        TWO_PARTS.name: "open",
        "20250714_230000.wav": "aborted",
    }
    assert len(ids_at(store, site)) == 1
    assert LeftOver.objects.get().tries == 2


def test_an_upload_cut_in_another_way_makes_room_for_todays(begun, store, site):
    """The portal's part size changed between two releases: the clients' hashes are of other parts now."""
    MultipartUpload.objects.update(part_size_bytes=1)
    old = MultipartUpload.objects.get()
    assert begun.presign()["upload"]["id"] != old.pk
    assert ids_at(store, site) == [MultipartUpload.objects.get(status="open").store_upload_id]
    begun.send()
    assert begun.complete()["status"] == "completed"
