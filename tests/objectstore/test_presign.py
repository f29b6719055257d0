"""Our signer against botocore's: the same URL, byte for byte, or none."""

from base64 import b64encode
from datetime import UTC, datetime
from unittest import mock

import boto3
import pytest
from botocore.config import Config
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amiportal.objectstore import presign
from amiportal.objectstore.presign import NotSignable, UrlSigner
from tests.examples import examples

ACCESS_KEY = "AKIDEXAMPLE/+="
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ENDPOINTS = [
    "http://127.0.0.1:8333",
    "http://store.example",
    "http://store.example:80",
    "https://store.example:443",
    "https://store.example:80/",
    "https://s3.example.org/object-store/v1",
    "http://[::1]:9000",
]
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
BOTOCORE_HEADERS = {
    "Content-Type": "ContentType",
    "Content-MD5": "ContentMD5",
    "If-None-Match": "IfNoneMatch",
    "Cache-Control": "CacheControl",
    "x-amz-acl": "ACL",
}

# Every character an S3 key may hold; lone surrogates have no UTF-8.
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(lambda k: k != "/")
awkward_keys = st.text("aZ09 +~%/.-_&=?#'\"\\é̈中🦋:;@,!*()", min_size=1, max_size=40)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40).filter(str.strip)
header_sets = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": printable,
        "Content-MD5": st.binary(min_size=16, max_size=16).map(lambda digest: b64encode(digest).decode()),
        "If-None-Match": st.just("*"),
        "Cache-Control": printable,
        "x-amz-acl": st.sampled_from(["private", "public-read"]),
    },
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))


def botocore_client(endpoint_url: str, region: str = "eu-west-2"):
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name=region,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


CLIENTS = {endpoint: botocore_client(endpoint) for endpoint in ENDPOINTS}
SIGNERS = {endpoint: UrlSigner(endpoint, ACCESS_KEY, SECRET_KEY, "eu-west-2") for endpoint in ENDPOINTS}


def botocore_url(endpoint: str, operation: str, now: datetime, expires_in_s: int, **params) -> str:
    clock = now.astimezone(UTC).replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime", return_value=clock):
        return CLIENTS[endpoint].generate_presigned_url(operation, Params=params, ExpiresIn=expires_in_s)


@settings(max_examples=examples(full=10_000, usual=250), deadline=None)
@given(
    endpoint=st.sampled_from(ENDPOINTS),
    bucket=st.sampled_from(["gbr", "test-upload", "saltmarsh-soundscapes", "a.b.c"]),
    key=keys | awkward_keys,
    headers=header_sets,
    now=moments,
    expires_in_s=st.integers(1, presign.MAX_EXPIRES_IN_S),
)
@example(ENDPOINTS[0], "gbr", "dep000001/snapshot_images/a b+c~d%é.jpg", {"Content-Type": "image/jpeg"}, NOW, 60)
@example(ENDPOINTS[5], "gbr", "../x//y", {"Content-Type": "a  b   c", "If-None-Match": "*"}, NOW, 1)
def test_put_url_equals_botocores(endpoint, bucket, key, headers, now, expires_in_s):
    params = {BOTOCORE_HEADERS[name]: value for name, value in headers.items()}
    theirs = botocore_url(endpoint, "put_object", now, expires_in_s, Bucket=bucket, Key=key, **params)
    ours = SIGNERS[endpoint].put_url(bucket=bucket, key=key, signed_headers=headers, expires_in_s=expires_in_s, now=now)
    assert ours == theirs


@settings(max_examples=300, deadline=None)
@given(key=keys, upload_id=st.text("aZ09+/=._- ", min_size=1), part_number=st.integers(1, 10_000), now=moments)
def test_part_url_equals_botocores(key, upload_id, part_number, now):
    theirs = botocore_url(
        ENDPOINTS[0],
        "upload_part",
        now,
        60,
        Bucket="gbr",
        Key=key,
        PartNumber=part_number,
        UploadId=upload_id,
    )
    ours = SIGNERS[ENDPOINTS[0]].part_url(
        bucket="gbr", key=key, upload_id=upload_id, part_number=part_number, expires_in_s=60, now=now
    )
    assert ours == theirs


def test_get_url_equals_botocores():
    ours = SIGNERS[ENDPOINTS[0]].get_url(bucket="gbr", key="a b", expires_in_s=60, now=NOW)
    assert ours == botocore_url(ENDPOINTS[0], "get_object", NOW, 60, Bucket="gbr", Key="a b")


def test_a_batch_equals_single_urls():
    files = [(f"dep000001/snapshot_images/{n} é.jpg", {"Content-Type": "image/jpeg"}) for n in range(50)]
    signer = SIGNERS[ENDPOINTS[0]]
    batch = signer.put_urls(bucket="gbr", files=files, expires_in_s=60, now=NOW)
    fresh = UrlSigner(ENDPOINTS[0], ACCESS_KEY, SECRET_KEY, "eu-west-2")
    assert batch == [
        fresh.put_url(bucket="gbr", key=key, signed_headers=headers, expires_in_s=60, now=NOW) for key, headers in files
    ]


def test_a_legacy_url_signs_content_type_and_host_alone():
    url = SIGNERS[ENDPOINTS[0]].put_url(
        bucket="gbr", key="k", signed_headers={"Content-Type": "image/jpeg"}, expires_in_s=60, now=NOW
    )
    assert "&X-Amz-SignedHeaders=content-type%3Bhost&" in url


@pytest.mark.parametrize(
    ("headers", "expires_in_s"),
    [
        ({"User-Agent": "x"}, 60),  # botocore leaves it unsigned, silently
        ({"Host": "elsewhere"}, 60),
        ({"content-type": "a", "Content-Type": "b"}, 60),
        ({"Content-Type": "a\r\nx-amz-acl: public-read"}, 60),
        ({"Content-Type": "é"}, 60),
        ({}, 0),
        ({}, presign.MAX_EXPIRES_IN_S + 1),
    ],
)
def test_what_a_client_could_not_send_as_signed_is_refused(headers, expires_in_s):
    with pytest.raises(NotSignable):
        SIGNERS[ENDPOINTS[0]].put_url(bucket="gbr", key="k", signed_headers=headers, expires_in_s=expires_in_s, now=NOW)


@pytest.mark.parametrize("lost", ["content-md5%3B", "%3Bif-none-match", "%3Bhost"])
def test_a_url_that_lost_a_header_is_never_handed_out(monkeypatch, lost):
    headers = {"Content-Type": "image/jpeg", "Content-MD5": "x", "If-None-Match": "*"}
    real = presign.quote_value
    monkeypatch.setattr(presign, "quote_value", lambda value: real(value).replace(lost, ""))
    with pytest.raises(NotSignable, match="bind"):
        UrlSigner(ENDPOINTS[0], ACCESS_KEY, SECRET_KEY, "eu-west-2").put_url(
            bucket="gbr", key="k", signed_headers=headers, expires_in_s=60, now=NOW
        )


@pytest.mark.parametrize(
    "endpoint",
    [
        "store.example",
        "ftp://store.example",
        "http://",
        "http://a:b@store.example",
        "http://s/?q=1",
        "http://s/a b",
    ],
)
def test_an_endpoint_that_cannot_be_signed_is_refused(endpoint):
    with pytest.raises(ValueError):
        UrlSigner(endpoint, ACCESS_KEY, SECRET_KEY, "eu-west-2")


def test_the_secret_is_in_no_repr():
    signer = SIGNERS[ENDPOINTS[0]]
    assert SECRET_KEY not in repr(signer)
    assert SECRET_KEY not in repr(vars(signer))
