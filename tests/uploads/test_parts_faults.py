"""A store that does wrong while a large file is put together: no loss, no overwriting, no false success."""

from contextlib import suppress

import pytest
from django.core.cache import cache
from urllib3.exceptions import HTTPError

from amiportal.objectstore.models import StoreProbe
from tests.faults import CommitThenDrop, Hang, OkWithErrorBody, Status, always, never, once
from tests.store_variants import IgnoresConditions, opaque_etags
from tests.uploads.large import TWO_PARTS, LargeUploader, put_part
from uploads.models import MultipartUpload, UploadLog

OTHER = TWO_PARTS.altered()


@pytest.fixture
def proxied(proxy, sender) -> LargeUploader:
    """All parts are sent, and the fault proxy stands before the store."""
    sender.presign()
    sender.send()
    return sender


@pytest.fixture
def put_other(store, site, sender):
    """Somebody stores another object under the key, past the portal."""

    def act() -> None:
        store.put_object(Bucket=site.bucket.name, Key=sender.key(), Body=OTHER.content)

    return act


def now_probed_as(proxy, **changed: str) -> None:
    newest = StoreProbe.objects.filter(endpoint=proxy.url).first()
    record = newest.record | {capability: {"value": value, "detail": ""} for capability, value in changed.items()}
    StoreProbe.objects.create(endpoint=proxy.url, bucket=newest.bucket, record=record)
    cache.clear()


@pytest.mark.parametrize("attempts", [1, 4])
@pytest.mark.parametrize("condition", ["honoured", "ignored"])
def test_a_completion_whose_answer_was_lost_is_no_conflict(proxied, proxy, settings, objects, attempts, condition):
    now_probed_as(proxy, multipart_if_none_match=condition)
    settings.S3_MAX_ATTEMPTS = attempts
    proxy.fault = once(CommitThenDrop(), method="POST")
    assert proxied.complete()["status"] == "completed"
    assert proxied.confirm() == "verified"
    assert objects() == {proxied.key(): TWO_PARTS.content}
    assert MultipartUpload.objects.get().status == "completed"


def test_a_completion_that_the_portal_never_learnt_of_is_found_by_the_next_call(proxied, proxy, settings, objects):
    """The store makes the object and then is gone altogether; the portal's answer is an error."""
    settings.S3_MAX_ATTEMPTS = 1
    before = proxy.count(method="POST")

    def fault(request):
        if request.method == "POST":
            return CommitThenDrop()
        return Status(503) if proxy.count(method="POST") > before else None

    proxy.fault = fault
    assert proxied.client.call("complete", upload=proxied.upload).status_code == 503
    assert objects() == {proxied.key(): TWO_PARTS.content}
    assert MultipartUpload.objects.get().status == "open"
    proxy.fault = never
    assert proxied.complete()["status"] == "completed"
    assert proxy.count(method="POST") == before + 1
    assert objects() == {proxied.key(): TWO_PARTS.content}


@pytest.mark.parametrize("fault", [Status(503), OkWithErrorBody(), Hang()])
def test_a_short_fault_is_outlived(proxied, proxy, settings, objects, fault):
    settings.S3_READ_TIMEOUT_S = 1
    proxy.fault = once(fault, method="POST")
    assert proxied.complete()["status"] == "completed"
    assert objects() == {proxied.key(): TWO_PARTS.content}


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("HEAD", Status(503)),
        ("GET", Status(503)),
        ("GET", OkWithErrorBody()),
        ("POST", Status(503)),
        ("POST", Status(400, "InvalidPart")),
        ("POST", OkWithErrorBody("InvalidPart")),
    ],
)
def test_a_fault_that_stays_is_an_error_and_nothing_is_lost(proxied, proxy, settings, objects, method, fault):
    settings.S3_MAX_ATTEMPTS = 1
    proxy.fault = always(fault, method=method)
    response = proxied.client.call("complete", upload=proxied.upload)
    assert response.status_code in (502, 503)
    assert objects() == {}
    assert MultipartUpload.objects.get().status == "open"
    assert UploadLog.objects.get().status == "granted"
    proxy.fault = never
    assert proxied.complete()["status"] == "completed"


def test_an_upload_is_begun_once_the_store_is_back(sender, proxy, settings):
    settings.S3_MAX_ATTEMPTS = 1
    proxy.fault = always(Status(503))
    response = sender.client.call("presign", files=[TWO_PARTS.described])
    assert (response.status_code, response.json()["code"]) == (503, "store_unavailable")
    proxy.fault = always(Status(503), method="POST")  # it is back, but for this
    assert sender.presign()["code"] == "not_told"
    assert not MultipartUpload.objects.exists()
    proxy.fault = never
    assert sender.presign()["status"] == "granted"
    sender.send()
    assert sender.complete()["status"] == "completed"


def test_one_that_cannot_be_begun_loses_none_of_the_others(sender, proxy, store, site):
    """The next try goes on with those that were."""
    proxy.fault = lambda request: (
        Status(400, "InvalidRequest") if request.method == "POST" and "b.wav" in request.key else None
    )
    files = [TWO_PARTS.described | {"name": name} for name in ("a.wav", "b.wav", "c.wav")]
    results = sender.client.results("presign", files=files)
    assert [result["status"] for result in results] == ["granted", "unsettled", "granted"]
    assert results[1]["code"] == "not_told"
    begun = dict(MultipartUpload.objects.values_list("filename", "store_upload_id"))
    assert begun.keys() == {"a.wav", "c.wav"}
    proxy.fault = never
    results = sender.client.results("presign", files=files)
    assert [result["status"] for result in results] == ["granted"] * 3
    listed = store.list_multipart_uploads(Bucket=site.bucket.name)["Uploads"]
    rows = MultipartUpload.objects.values_list("store_upload_id", flat=True)
    assert sorted(upload["UploadId"] for upload in listed) == sorted(rows)
    assert set(begun.values()) < set(rows)


def test_one_that_cannot_be_looked_into_loses_none_of_the_others_and_stays_open(sender, proxy):
    names = ["a.wav", "b.wav", "c.wav"]
    files = [TWO_PARTS.described | {"name": name} for name in names]
    begun = {result["name"]: result["upload"]["id"] for result in sender.client.results("presign", files=files)}
    proxy.fault = lambda request: (
        Status(400, "InvalidRequest") if "uploadId" in request.query and "b.wav" in request.key else None
    )
    results = sender.client.results("presign", files=files)
    assert [result["status"] for result in results] == ["granted", "unsettled", "granted"]
    proxy.fault = never
    results = sender.client.results("presign", files=files)
    assert {result["name"]: result["upload"]["id"] for result in results} == begun
    assert set(MultipartUpload.objects.values_list("status", flat=True)) == {"open"}


@pytest.mark.parametrize("condition", ["honoured", "ignored"])
def test_another_object_under_the_key_is_a_conflict_and_stays(proxied, proxy, put_other, objects, condition):
    now_probed_as(proxy, multipart_if_none_match=condition)
    put_other()
    completion = proxied.complete()
    assert (completion["status"], completion["code"]) == ("conflict", "stored_differs")
    assert not [request for request in proxy.seen if request.method == "POST" and "uploadId" in request.query]
    assert objects() == {proxied.key(): OTHER.content}


def test_another_object_that_comes_in_the_last_moment_stays(proxied, proxy, put_other, objects):
    def at_the_last_moment(request, forward):
        if request.method == "POST":
            put_other()
        return forward(request)

    proxy.variants = [at_the_last_moment]
    completion = proxied.complete()
    assert (completion["status"], completion["code"]) == ("conflict", "stored_differs")
    assert objects() == {proxied.key(): OTHER.content}


def test_what_was_overwritten_past_the_portal_is_not_called_completed(proxied, proxy, store, put_other):
    """Where conditions are ignored and somebody writes past the portal, only the look afterwards tells."""
    now_probed_as(proxy, multipart_if_none_match="ignored")

    def right_after(request, forward):
        answer = forward(request)
        if request.method == "POST":
            put_other()
        return answer

    proxy.variants = [IgnoresConditions(store), right_after]
    assert proxied.complete()["status"] == "conflict"
    assert proxied.confirm() == "mismatch"


def test_an_upload_aborted_by_the_stores_operator_is_begun_anew(sender, store, site, objects):
    sender.presign()
    sender.send(1)
    (first,) = MultipartUpload.objects.all()
    (signed,) = sender.sign(2).json()["parts"]
    target = {"Bucket": site.bucket.name, "Key": sender.key()}
    store.abort_multipart_upload(**target, UploadId=first.store_upload_id)

    answer = put_part(signed, TWO_PARTS.parts[2])
    assert (answer.status, b"NoSuchUpload" in answer.data) == (404, True)
    for response in (sender.listed(), sender.client.call("complete", upload=sender.upload)):
        assert (response.status_code, response.json()["code"]) == (404, "upload_unknown")
    assert sender.presign()["upload"]["id"] != first.pk
    assert sender.stored_numbers() == []
    sender.send()
    assert sender.complete()["status"] == "completed"
    assert objects() == {sender.key(): TWO_PARTS.content}
    assert sorted(MultipartUpload.objects.values_list("status", flat=True)) == ["aborted", "completed"]


def test_a_part_whose_answer_was_dropped_is_listed_all_the_same(sender, proxy):
    sender.presign()
    (signed,) = sender.sign(1).json()["parts"]
    proxy.fault = once(CommitThenDrop(), method="PUT")
    with suppress(HTTPError):
        put_part(signed, TWO_PARTS.parts[1])
    assert sender.stored_numbers() == [1]
    sender.send()  # a client that does not look sends it again
    assert sender.complete()["status"] == "completed"


def test_where_etags_tell_nothing_the_whole_is_read(proxied, proxy, objects):
    """As under encryption: sizes and numbers of parts must do, and the proof is the bytes themselves."""
    proxy.variants = [opaque_etags]
    now_probed_as(proxy, put_etag="other", multipart_etag="other")
    assert proxied.listed().json()["parts"][0]["md5"] != TWO_PARTS.described["md5"]
    real = proxy.variants
    proxy.variants = [
        lambda request, forward: opaque_etags(request, forward) if request.method != "GET" else forward(request)
    ]
    assert proxied.complete()["status"] == "completed"
    proxy.variants = real
    assert proxied.confirm() == "verified"
    row = UploadLog.objects.get()
    assert row.etag not in (row.md5, row.multipart_md5)
    assert objects() == {proxied.key(): TWO_PARTS.content}
