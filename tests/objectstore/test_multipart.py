"""Uploads in parts at the real store, and at one that answers amiss."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from amiportal.core.errors import BucketMissing, Conflict, StoreError, StoreUnavailable
from amiportal.objectstore import capabilities, multipart
from amiportal.objectstore.capabilities import Capabilities
from amiportal.objectstore.http import call
from amiportal.objectstore.lookup import head
from tests.faults import Answer, CommitThenDrop, OkWithErrorBody, Status, always, first, once

KEY = "dep000001/audible_recordings/a b+ü.wav"
FULL = b"a" * 5 * 1024**2  # the least that S3 takes as a part which is not the last
LAST = b"the last part"


@pytest.fixture(autouse=True)
def _heeds_conditions(monkeypatch):
    """As the probe finds the tests' store; nothing here needs the database."""
    monkeypatch.setattr(multipart, "current_capabilities", lambda: Capabilities(honours_multipart_if_none_match=True))


@pytest.fixture
def upload(bucket):
    """An upload begun by us, as the arguments of every other call."""
    upload_id = multipart.create(bucket=bucket, key=KEY, content_type="audio/wav")
    return {"bucket": bucket, "key": KEY, "upload_id": upload_id}


@pytest.fixture
def send(store, upload):
    def put(number: int, body: bytes) -> None:
        store.upload_part(Bucket=upload["bucket"], Key=KEY, UploadId=upload["upload_id"], PartNumber=number, Body=body)

    return put


def md5(body: bytes) -> str:
    return hashlib.md5(body).hexdigest()


def test_an_upload_from_its_beginning_to_its_object(store, upload, send):
    assert multipart.knows(**upload)
    assert multipart.parts(**upload) == []
    send(2, LAST)
    send(1, FULL)
    parts = multipart.parts(**upload)
    assert [(part.number, part.size_bytes, part.etag) for part in parts] == [
        (1, len(FULL), md5(FULL)),
        (2, len(LAST), md5(LAST)),
    ]
    assert head(upload["bucket"], KEY) is None
    assert multipart.complete(**upload, chosen=parts) is True
    stored = store.get_object(Bucket=upload["bucket"], Key=KEY)
    assert (stored["Body"].read(), stored["ContentType"]) == (FULL + LAST, "audio/wav")


@pytest.mark.parametrize("upload_id", ["", "nonsense", "0" * 40 + "_" + "0" * 32])
def test_an_upload_that_the_store_does_not_know_is_absent_and_no_error(upload, upload_id):
    unknown = upload | {"upload_id": upload_id or upload["upload_id"], "key": KEY if upload_id else "another"}
    part = multipart.StoredPart(1, 1, md5(b"a"), None)
    assert multipart.knows(**unknown) is False
    assert multipart.parts(**unknown) is None
    assert multipart.complete(**unknown, chosen=[part]) is False
    assert multipart.abort(**unknown) is False


def test_an_aborted_upload_is_gone_with_its_parts(upload, send):
    send(1, FULL)
    assert multipart.abort(**upload) is True
    assert multipart.parts(**upload) is None
    assert multipart.knows(**upload) is False


def test_more_parts_than_one_page_holds(store, upload, send, proxy):
    total = multipart.MAX_PARTS_PER_PAGE + 5
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: send(number, b"%d" % number), range(1, total + 1)))
    parts = multipart.parts(**upload)
    assert [part.number for part in parts] == list(range(1, total + 1))
    assert all(part.etag == md5(b"%d" % part.number) for part in parts)
    assert len(proxy.seen) == 2


def test_a_part_sent_again_stands_beside_the_first_and_either_can_be_chosen(store, upload, send):
    other = FULL[::-1].replace(b"a", b"b")
    send(1, FULL)
    send(1, other)
    send(2, LAST)
    parts = multipart.parts(**upload)
    assert {(part.number, part.etag) for part in parts} == {(1, md5(FULL)), (1, md5(other)), (2, md5(LAST))}
    chosen = [part for part in parts if part.etag != md5(other)]
    assert multipart.complete(**upload, chosen=chosen) is True
    assert store.get_object(Bucket=upload["bucket"], Key=KEY)["Body"].read() == FULL + LAST


def test_nothing_is_overwritten(store, upload, send):
    send(1, LAST)
    store.put_object(Bucket=upload["bucket"], Key=KEY, Body=b"of somebody else")
    with pytest.raises(Conflict):
        multipart.complete(**upload, chosen=multipart.parts(**upload))
    assert store.get_object(Bucket=upload["bucket"], Key=KEY)["Body"].read() == b"of somebody else"
    assert multipart.knows(**upload)


def test_the_condition_is_sent_only_where_it_is_honoured(upload, send, proxy, monkeypatch):
    """Swift refuses it on sight."""
    monkeypatch.setattr(multipart, "current_capabilities", Capabilities)
    send(1, LAST)
    assert multipart.complete(**upload, chosen=multipart.parts(**upload)) is True
    (request,) = [request for request in proxy.seen if request.method == "POST"]
    assert "if-none-match" not in {name.lower() for name in request.headers}


def test_capabilities_tell_what_the_probe_saw_of_parts():
    record = {"multipart_etag": {"value": "md5_of_md5s"}, "multipart_if_none_match": {"value": "ignored"}}
    found = capabilities.capabilities_of(record)
    assert (found.multipart_etag_is_md5_of_md5s, found.honours_multipart_if_none_match) == (True, False)


def test_a_missing_bucket_is_said_so(upload):
    elsewhere = upload | {"bucket": "never-made"}
    for ask in (multipart.knows, multipart.parts, multipart.abort):
        with pytest.raises(BucketMissing):
            ask(**elsewhere)
    with pytest.raises(BucketMissing):
        multipart.create(bucket="never-made", key=KEY, content_type="audio/wav")
    with pytest.raises(BucketMissing):
        multipart.complete(**elsewhere, chosen=[])


@pytest.mark.parametrize("fault", [Status(503), Status(500), OkWithErrorBody(), CommitThenDrop()])
def test_a_short_fault_is_outlived(store, upload, send, proxy, fault):
    proxy.fault = first(2, fault)
    send(1, LAST)
    assert multipart.knows(**upload)
    proxy.fault = once(fault)
    assert len(multipart.parts(**upload)) == 1
    proxy.fault = once(fault, method="DELETE")
    multipart.abort(**upload)
    assert multipart.parts(**upload) is None


@pytest.mark.parametrize("fault", [Status(503), OkWithErrorBody()])
def test_a_fault_that_stays_is_an_error_and_never_absence(upload, proxy, settings, fault):
    settings.S3_MAX_ATTEMPTS = 1
    proxy.fault = always(fault)
    for ask in (multipart.knows, multipart.parts, multipart.abort):
        with pytest.raises(StoreUnavailable):
            ask(**upload)
    with pytest.raises(StoreUnavailable):
        multipart.complete(**upload, chosen=[])
    with pytest.raises(StoreUnavailable):
        multipart.create(bucket=upload["bucket"], key=KEY, content_type="audio/wav")


def test_an_error_after_many_blanks_is_no_success(upload, proxy):
    """S3 answers 200 at once and sends blanks while it assembles; the error comes behind them."""
    late = b'<?xml version="1.0" encoding="UTF-8"?>\n' + b" " * 2_000 + b"<Error><Code>InternalError</Code></Error>"
    proxy.variants = [lambda request, forward: Answer(200, [], late)]
    with pytest.raises(StoreUnavailable):
        multipart.complete(**upload, chosen=[])


@pytest.mark.parametrize(
    "body", [b"", b"no xml", b"<Other/>", b"<ListPartsResult><Part/></ListPartsResult>", b"<html><head/></html>"]
)
def test_an_answer_that_cannot_be_read_is_an_error(upload, proxy, body):
    proxy.variants = [lambda request, forward: Answer(200, [], body)]
    with pytest.raises(StoreError, match="cannot be read"):
        multipart.parts(**upload)
    with pytest.raises(StoreError, match="cannot be read"):
        multipart.create(bucket=upload["bucket"], key=KEY, content_type="audio/wav")


@pytest.mark.parametrize("marker", ["", "0", "x"])
def test_a_listing_that_does_not_advance_is_an_error(upload, proxy, marker):
    body = f"<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>{marker}</NextPartNumberMarker>"
    answer = Answer(200, [], f"{body}</ListPartsResult>".encode())
    proxy.variants = [lambda request, forward: answer]
    with pytest.raises(StoreError, match="does not advance"):
        multipart.parts(**upload)


ROOTS = {
    b"InitiateMultipartUploadResult": b"InitiateMultipartUpload",
    b"ListPartsResult": b"ListPartsResponse",
    b"CompleteMultipartUploadResult": b"CompleteMultipartUpload",
}


def test_stores_that_name_their_answers_otherwise_are_understood(bucket, proxy, store):
    """As rclone and moto do."""

    def renaming(request, forward):
        answer = forward(request)
        body = answer.body
        for name, other in ROOTS.items():
            body = body.replace(name, other)
        return answer.with_body(body) if body != answer.body else answer

    proxy.variants = [renaming]
    upload_id = multipart.create(bucket=bucket, key="a", content_type="audio/wav")
    place = {"bucket": bucket, "key": "a", "upload_id": upload_id}
    call("PUT", bucket=bucket, key="a", query={"partNumber": "1", "uploadId": upload_id}, body=b"part")
    chosen = multipart.parts(**place)
    assert [part.number for part in chosen] == [1]
    assert multipart.complete(**place, chosen=chosen)
    assert store.get_object(Bucket=bucket, Key="a")["Body"].read() == b"part"
