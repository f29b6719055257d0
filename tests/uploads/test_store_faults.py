"""A store that does wrong: its faults are errors, never absences, and nothing is half-done (rules 1, 2 and 9)."""

from contextlib import suppress

import pytest
from urllib3.exceptions import HTTPError

from amiportal.objectstore.models import StoreProbe
from tests.faults import CommitThenDrop, FlipByte, Hang, OkWithErrorBody, ResetMidBody, Status, always, once
from tests.store_variants import IgnoresConditions
from tests.uploads.conftest import HTTP, described, put
from uploads.models import UploadLog

NAME, CONTENT = "20240918032339-snapshot.jpg", b"moths " * 2_000
DOWN = {"503": Status(503), "500": Status(500), "hang": Hang(), "error in 200": OkWithErrorBody()}


@pytest.mark.parametrize("fault", DOWN)
@pytest.mark.parametrize("step", ["check", "presign"])
def test_a_store_that_is_down_grants_nothing(uploader, proxy, settings, fault, step):
    settings.S3_MAX_ATTEMPTS, settings.S3_READ_TIMEOUT_S = 1, 1
    proxy.fault = always(DOWN[fault])
    response = uploader.call(step, files=[described(NAME, CONTENT)])
    told = response.json()
    if response.status_code == 200:  # it said so where a HEAD of the bucket was answered, as by an "error in 200"
        told = told["files"][0]
    assert told["code"] in ("store_unavailable", "store_error", "not_told")
    assert "url" not in response.content.decode()
    assert not UploadLog.objects.exists()


def test_a_store_that_is_down_verifies_nothing_and_loses_no_row(uploader, proxy, settings):
    uploader.open(files=1)
    granted = uploader.grant(NAME, CONTENT)
    put(granted["url"], granted["headers"], CONTENT)
    settings.S3_MAX_ATTEMPTS = 1
    proxy.fault = always(Status(503))
    response = uploader.call("confirm", files=[NAME])
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert UploadLog.objects.get().status == "granted"
    assert uploader.call("finish").json()["safe_to_wipe"] is False
    proxy.fault = once(Status(503))
    settings.S3_MAX_ATTEMPTS = 4
    assert uploader.results("confirm", files=[NAME])[0]["status"] == "verified"


def test_denied_is_not_absent(uploader, proxy):
    proxy.fault = always(Status(403))
    response = uploader.call("presign", files=[described(NAME, CONTENT)])
    assert (response.status_code, response.json()["code"]) == (502, "store_denied")
    assert not UploadLog.objects.exists()


def test_a_bucket_missing_in_the_store_is_said_so(uploader, site, store):
    store.delete_bucket(Bucket=site.bucket.name)
    try:
        response = uploader.call("presign", files=[described(NAME, CONTENT)])
    finally:
        store.create_bucket(Bucket=site.bucket.name)
    assert (response.status_code, response.json()["code"]) == (409, "bucket_missing")
    assert not UploadLog.objects.exists()


def test_a_put_whose_answer_was_dropped_is_found_by_confirm(uploader, proxy, objects, site):
    granted = uploader.grant(NAME, CONTENT)
    proxy.fault = once(CommitThenDrop(), method="PUT")
    with pytest.raises(Exception, match=r"(?i)connection|reset|closed"):
        put(granted["url"], granted["headers"], CONTENT)
    assert uploader.results("confirm", files=[NAME])[0]["status"] == "verified"
    assert objects() == {site.key(NAME): CONTENT}


def test_a_byte_flipped_on_the_way_is_not_stored(uploader, proxy, objects):
    granted = uploader.grant(NAME, CONTENT)
    proxy.fault = once(FlipByte(), method="PUT")
    with suppress(HTTPError):  # a mismatch may show as a closed connection
        assert put(granted["url"], granted["headers"], CONTENT).status >= 400
    assert objects() == {}
    assert uploader.results("confirm", files=[NAME])[0]["status"] == "missing"
    assert uploader.send(NAME, CONTENT)["status"] == "verified"


def test_a_cut_connection_leaves_nothing(uploader, proxy, objects):
    granted = uploader.grant(NAME, CONTENT)
    proxy.fault = once(ResetMidBody(5_000), method="PUT")
    with pytest.raises(Exception, match=r"(?i)connection|reset|closed"):
        put(granted["url"], granted["headers"], CONTENT)
    assert objects() == {}
    assert HTTP.request("PUT", granted["url"], body=CONTENT, headers=granted["headers"]).status == 200


def test_on_a_store_that_ignores_conditions_the_reservation_decides(uploader, rival, proxy, store, objects, site):
    """Probed as such, no condition is signed; the second content is refused before it can overwrite anything."""
    proxy.variants = [IgnoresConditions(store)]
    newest = StoreProbe.objects.get(endpoint=proxy.url)
    record = newest.record | {"url_if_none_match": {"value": "ignored", "detail": ""}}
    StoreProbe.objects.create(endpoint=proxy.url, bucket=newest.bucket, record=record)
    granted = uploader.grant("a.jpg", b"first")
    assert "If-None-Match" not in granted["headers"]
    assert rival.grant("a.jpg", b"second")["code"] == "reserved"
    assert put(granted["url"], granted["headers"], b"first").status == 200
    assert rival.grant("a.jpg", b"second")["code"] == "stored_differs"
    assert uploader.results("confirm", files=["a.jpg"])[0]["status"] == "verified"
    assert objects() == {site.key("a.jpg"): b"first"}


def test_where_etags_are_no_md5_the_content_is_read_and_hashed(
    uploader, rival, unprobed_store, store, site, monkeypatch
):
    """Nothing is known of the store: an ETag that differs is no proof of other content."""
    multipart = store.create_multipart_upload(Bucket=site.bucket.name, Key=site.key("a.jpg"))
    target = {"Bucket": site.bucket.name, "Key": site.key("a.jpg"), "UploadId": multipart["UploadId"]}
    etag = store.upload_part(**target, PartNumber=1, Body=CONTENT)["ETag"]
    store.complete_multipart_upload(**target, MultipartUpload={"Parts": [{"ETag": etag, "PartNumber": 1}]})
    assert uploader.grant("a.jpg", CONTENT)["status"] == "stored"
    assert rival.grant("a.jpg", CONTENT[::-1])["code"] == "stored_differs"
