"""Two tabs, two people, at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from amiportal.objectstore import multipart
from tests.uploads.conftest import Uploader
from tests.uploads.large import TWO_PARTS, LargeUploader
from uploads.models import MultipartUpload, UploadLog

pytestmark = pytest.mark.django_db(transaction=True)
RACERS = 4


@pytest.fixture
def racers(site, colleague, probed_store, small_parts) -> list[LargeUploader]:
    """Tabs of one person, each with a session of its own."""
    colleague.buckets.add(site.bucket)
    return [LargeUploader(Uploader(colleague, site, "audible_recordings").open()) for _ in range(RACERS)]


def at_once(racers: list[LargeUploader], act: Callable[[LargeUploader], object]) -> list:
    start = Barrier(len(racers))

    def run(racer: LargeUploader):
        try:
            start.wait(30)
            return act(racer)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(racers)) as pool:
        return list(pool.map(run, racers))


def test_tabs_that_begin_at_once_share_one_upload(racers, store, site):
    results = at_once(racers, lambda racer: racer.presign())
    assert {result["status"] for result in results} == {"granted"}
    assert len({racer.upload for racer in racers}) == 1
    (begun,) = store.list_multipart_uploads(Bucket=site.bucket.name)["Uploads"]
    assert begun["UploadId"] == MultipartUpload.objects.get().store_upload_id
    assert UploadLog.objects.filter(status="granted").count() == 1


def test_tabs_that_complete_at_once_make_one_object(racers, objects):
    for racer in racers:
        racer.presign()
    racers[0].send()
    completions = at_once(racers, lambda racer: racer.complete())
    assert {completion["status"] for completion in completions} == {"completed"}
    assert objects() == {racers[0].key(): TWO_PARTS.content}
    assert MultipartUpload.objects.get().status == "completed"
    assert {racer.confirm() for racer in racers} == {"verified"}


@pytest.mark.parametrize("still_listed", [0, 1])
def test_parts_that_go_while_another_tab_completes_are_not_asked_for_again(racers, objects, monkeypatch, still_listed):
    """A store drops the parts one by one after it has made the object: a listing in between shows some of them."""
    first, second = racers[:2]
    for racer in (first, second):
        racer.presign()
    first.send()
    parts_of_store = multipart.parts

    def listed_while_completing(**place):
        monkeypatch.setattr(multipart, "parts", parts_of_store)
        assert second.complete()["status"] == "completed"
        return listed[:still_listed]

    upload = MultipartUpload.objects.get()
    listed = parts_of_store(bucket=first.client.site.bucket.name, key=first.key(), upload_id=upload.store_upload_id)
    monkeypatch.setattr(multipart, "parts", listed_while_completing)
    assert first.complete()["status"] == "completed"
    assert objects() == {first.key(): TWO_PARTS.content}


def test_of_two_contents_one_gets_the_key(racers, objects):
    """Each racer's file differs; all have the same name and size."""
    for number, racer in enumerate(racers):
        racer.file = TWO_PARTS.altered(number)

    def whole_way(racer: LargeUploader) -> str:
        status = racer.presign()["status"]
        if status == "granted":
            racer.send()
            status = racer.complete()["status"]
        return status

    statuses = at_once(racers, whole_way)
    assert sorted(statuses) == ["completed", *["conflict"] * (RACERS - 1)]
    winner = racers[statuses.index("completed")]
    assert objects() == {winner.key(): winner.file.content}
    assert winner.confirm() == "verified"
