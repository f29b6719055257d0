"""What a signed URL does at the real store, and what it cannot be made to do."""

import hashlib
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amiportal.objectstore.presign import UrlSigner, plain_signer
from tests.faultproxy import FaultProxy

BODY = b"the bytes of the card"
KEY = "dep000001/snapshot_images/a b+c~%é.jpg"
HTTP = urllib3.PoolManager(retries=False)


def bound_to(body: bytes) -> dict[str, str]:
    digest = b64encode(hashlib.md5(body).digest()).decode()
    return {"Content-Type": "image/jpeg", "Content-MD5": digest, "If-None-Match": "*"}


def url_for(bucket: str, key: str = KEY, *, headers: dict[str, str], age_s: int = 0, expires_in_s: int = 60) -> str:
    now = datetime.now(UTC) - timedelta(seconds=age_s)
    return plain_signer().put_url(bucket=bucket, key=key, signed_headers=headers, expires_in_s=expires_in_s, now=now)


def put(url: str, headers: dict[str, str], body: bytes = BODY) -> int:
    return HTTP.request("PUT", url, body=body, headers=headers).status


def test_a_url_stores_the_bytes_it_is_bound_to_once(store, bucket):
    headers = bound_to(BODY)
    url = url_for(bucket, headers=headers)
    assert put(url, headers) == 200
    stored = store.get_object(Bucket=bucket, Key=KEY)
    assert (stored["Body"].read(), stored["ContentType"]) == (BODY, "image/jpeg")
    assert put(url, headers) == 412
    other = bound_to(b"other")
    assert put(url_for(bucket, headers=other), other, b"other") == 412
    assert store.get_object(Bucket=bucket, Key=KEY)["Body"].read() == BODY


@pytest.fixture(scope="module")
def unwritten(store, read_only):
    """A bucket in which nothing may be stored by the module's tests."""
    bucket, _ = read_only
    yield bucket
    assert "Contents" not in store.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("age_s", [61, 3600, 90_000])
def test_a_url_out_of_its_time_stores_nothing(unwritten, age_s):
    headers = bound_to(BODY)
    assert put(url_for(unwritten, headers=headers, age_s=age_s), headers) == 403


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"x", b"", BODY.upper()])
def test_other_bytes_than_announced_are_not_stored(unwritten, body):
    headers = bound_to(BODY)
    assert put(url_for(unwritten, headers=headers), headers, body) == 400


@pytest.mark.parametrize("name", ["Content-Type", "Content-MD5", "If-None-Match"])
@pytest.mark.parametrize("value", [None, "something else"])
def test_a_url_is_refused_without_any_of_its_headers(unwritten, name, value):
    headers = bound_to(BODY)
    sent = headers | {name: value} if value else {key: kept for key, kept in headers.items() if key != name}
    assert put(url_for(unwritten, headers=headers), sent) == 403


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_url_altered_in_any_place_stores_nothing(unwritten, data):
    headers = bound_to(BODY)
    url = url_for(unwritten, headers=headers)
    path_at = url.index(unwritten)
    at = data.draw(st.integers(path_at, len(url) - 1))
    letter = data.draw(st.sampled_from("0aZ~%/").filter(lambda drawn: drawn.lower() != url[at].lower()))
    with suppress(urllib3.exceptions.ProtocolError):  # a path that is none ends the connection
        assert put(url[:at] + letter + url[at + 1 :], headers) >= 400


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
def test_a_url_for_putting_is_for_nothing_else(unwritten, method):
    headers = bound_to(BODY)
    assert HTTP.request(method, url_for(unwritten, headers=headers), headers=headers).status in (403, 405)


def test_parts_and_reads_by_url(store, bucket):
    upload_id = store.create_multipart_upload(Bucket=bucket, Key=KEY)["UploadId"]
    now = datetime.now(UTC)
    url = plain_signer().part_url(bucket=bucket, key=KEY, upload_id=upload_id, part_number=1, expires_in_s=60, now=now)
    etag = HTTP.request("PUT", url, body=BODY).headers["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    store.complete_multipart_upload(Bucket=bucket, Key=KEY, UploadId=upload_id, MultipartUpload=parts)
    assert HTTP.request("GET", plain_signer().get_url(bucket=bucket, key=KEY, expires_in_s=60, now=now)).data == BODY


def test_urls_are_for_the_endpoint_that_clients_use(settings, bucket, store):
    with FaultProxy(settings.S3_ENDPOINT_URL) as public:
        settings.S3_PUBLIC_ENDPOINT_URL = public.url
        headers = bound_to(BODY)
        url = url_for(bucket, headers=headers)
        assert url.startswith(public.url)
        assert put(url, headers) == 200
        assert public.count(method="PUT", key=KEY) == 1
    assert isinstance(plain_signer(), UrlSigner)
    assert plain_signer() is plain_signer()
