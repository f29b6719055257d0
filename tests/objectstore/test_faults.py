"""A fault is retried where that is sound, and is never taken for "absent"."""

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from amiportal.core import errors
from amiportal.objectstore import http
from amiportal.objectstore import lookup as lookup_module
from amiportal.objectstore.buckets import bucket_state, ensure_bucket, ping
from amiportal.objectstore.client import client, error_for, our_errors
from amiportal.objectstore.listing import stream
from amiportal.objectstore.lookup import content_md5, head, lookup, lookup_by_head
from tests.faults import (
    Away,
    CommitThenDrop,
    FlipByte,
    Hang,
    OkWithErrorBody,
    ResetMidAnswer,
    Status,
    always,
    first,
    once,
    sometimes,
)

READS = {
    "head": lambda bucket: head(bucket, "a/0"),
    "lookup by head": lambda bucket: lookup(bucket=bucket, prefix="a/", names=["0", "1"], confirm_absent=False),
    "lookup by list": lambda bucket: lookup(
        bucket=bucket, prefix="a/", names=[str(n) for n in range(20)], confirm_absent=True
    ),
    "stream": lambda bucket: [entry.key for entry in stream(bucket, "a/")],
    "content_md5": lambda bucket: content_md5(bucket, "a/0"),
    "bucket_state": lambda bucket: bucket_state(bucket, origins=[]),
}
reads = pytest.mark.parametrize("read", READS.values(), ids=READS)


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch):
    monkeypatch.setattr(http, "_MAX_BACKOFF_S", 0.0)
    monkeypatch.setattr(http, "_MAX_RETRY_AFTER_S", 0.0)


@pytest.fixture(scope="module")
def filled(read_only) -> str:
    bucket, fill = read_only
    fill(f"a/{number}" for number in range(10))
    return bucket


@reads
@pytest.mark.parametrize(
    "fault", [Status(503), Status(500, "InternalError"), Status(429, "TooManyRequests", 1), ResetMidAnswer()]
)
def test_a_passing_fault_changes_no_answer(filled, proxy, read, fault):
    expected = read(filled)
    proxy.fault = once(fault)
    assert read(filled) == expected


@reads
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Status(503), errors.StoreUnavailable),
        (Status(403, "AccessDenied"), errors.StoreDenied),
        (Status(403, "RequestTimeTooSkewed"), errors.StoreDenied),
        (Status(400, "InvalidArgument"), errors.StoreError),
        (Status(301, "PermanentRedirect"), errors.StoreError),
    ],
)
def test_a_lasting_fault_is_raised(filled, proxy, read, fault, error):
    proxy.fault = always(fault)
    with pytest.raises(error) as caught:
        read(filled)
    assert type(caught.value) is error


@reads
def test_a_store_that_is_down_is_no_absence(nothing_listens, read):
    with pytest.raises(errors.StoreUnavailable):
        read("any")


@reads
def test_a_store_that_hangs_is_given_up(filled, proxy, settings, read):
    settings.S3_READ_TIMEOUT_S, settings.S3_MAX_ATTEMPTS = 0.05, 1
    proxy.fault = always(Hang())
    with pytest.raises(errors.StoreUnavailable):
        read(filled)


def test_a_listing_that_fails_in_a_200_is_asked_for_again(filled, proxy):
    proxy.fault = once(OkWithErrorBody(), is_listing=True)
    assert len(list(stream(filled, "a/"))) == 10
    proxy.fault = always(OkWithErrorBody(), is_listing=True)
    with pytest.raises(errors.StoreUnavailable):
        list(stream(filled, "a/"))


def test_a_listing_that_cannot_be_read_is_an_error(filled, proxy):
    proxy.fault = always(FlipByte(at=0), is_listing=True)
    with pytest.raises(errors.StoreError):
        list(stream(filled, "a/"))


def test_lookups_bear_one_fault_in_five(filled, proxy):
    faults = [Status(503), Status(500), Status(429, "SlowDown", 1), ResetMidAnswer(), OkWithErrorBody()]
    names = [str(number) for number in range(60)]
    proxy.fault = sometimes(0.2, faults, seed=1, is_listing=True)
    for _ in range(5):
        found = lookup(bucket=filled, prefix="a/", names=names, confirm_absent=True)
        assert [name for name, stored in found.items() if stored] == names[:10]
    proxy.fault = sometimes(0.2, faults, seed=2, method="HEAD")
    found = lookup(bucket=filled, prefix="a/", names=names, confirm_absent=True)
    assert [name for name, stored in found.items() if stored] == names[:10]


@pytest.mark.parametrize("fault", [Status(503), Status(400, "InvalidArgument"), OkWithErrorBody()])
def test_a_name_at_which_the_store_fails_costs_no_other_its_answer(filled, proxy, fault):
    proxy.fault = always(fault, method="HEAD", key="a/1")
    with pytest.raises(errors.PartlyTold) as caught:
        lookup(bucket=filled, prefix="a/", names=["0", "1", "none"], confirm_absent=True)
    assert {name: stored and stored.key for name, stored in caught.value.found.items()} == {"0": "a/0", "none": None}
    with pytest.raises(errors.PartlyTold) as caught:
        lookup(bucket=filled, prefix="a/", names=["1"], confirm_absent=True)
    assert caught.value.found == {}


def test_a_key_that_hangs_is_given_up_before_a_client_gives_up(filled, proxy, settings):
    """Two tries of a third of the time that another call may take, however many tries there might be."""
    settings.S3_READ_TIMEOUT_S, settings.S3_MAX_ATTEMPTS = 0.9, 100
    proxy.fault = always(Hang(), method="HEAD", key="a/1")
    with pytest.raises(errors.PartlyTold):
        lookup(bucket=filled, prefix="a/", names=["0", "1"], confirm_absent=True)
    assert proxy.count(method="HEAD", key="a/1") == 2


def test_no_more_is_asked_of_a_store_that_went_away(filled, proxy, settings, monkeypatch):
    monkeypatch.setattr(lookup_module, "_GO_ON_S", 0)
    settings.S3_MAX_ATTEMPTS = 1
    proxy.fault = always(Away(), method="HEAD")
    with pytest.raises(errors.StoreUnavailable):
        lookup_by_head(bucket=filled, prefix="a/", names=[str(number) for number in range(1_000)])
    assert len(proxy.seen) < 200


def test_attempts_are_bounded(filled, proxy, settings):
    settings.S3_MAX_ATTEMPTS = 3
    proxy.fault = always(Status(503))
    with pytest.raises(errors.StoreUnavailable):
        content_md5(filled, "a/0")
    assert len(proxy.seen) == 3


def test_boto3_calls_are_retried_and_translated(filled, proxy):
    proxy.fault = first(2, Status(503), method="PUT")
    ensure_bucket(filled, origins=["http://portal.example"])
    proxy.fault = always(Status(403, "AccessDenied"), method="PUT")
    with pytest.raises(errors.StoreDenied):
        ensure_bucket(filled, origins=["http://another.example"])


@pytest.mark.parametrize(
    ("fault", "error"), [(Status(503), errors.StoreUnavailable), (Status(403, ""), errors.StoreDenied)]
)
def test_ping_tries_once(proxy, fault, error):
    ping()
    proxy.fault = always(fault)
    with pytest.raises(error):
        ping()
    assert len(proxy.seen) == 2


def test_ping_of_a_store_that_is_down(nothing_listens):
    with pytest.raises(errors.StoreUnavailable):
        ping()


def test_a_wrong_key_is_denied_not_absent(bucket, settings):
    settings.S3_SECRET_ACCESS_KEY = "wrong"
    for read in READS.values():
        with pytest.raises(errors.StoreDenied):
            read(bucket)
    with pytest.raises(errors.StoreDenied):
        ping()


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("NoSuchBucket", 404, errors.BucketMissing),
        ("PreconditionFailed", 412, errors.Conflict),
        ("BucketAlreadyExists", 409, errors.Conflict),
        ("SlowDown", 503, errors.StoreUnavailable),
        ("SlowDown", 400, errors.StoreUnavailable),
        ("", 502, errors.StoreUnavailable),
        ("", 403, errors.StoreDenied),
        ("ExpiredToken", 400, errors.StoreDenied),
        ("", 404, errors.StoreError),
        ("MalformedXML", 400, errors.StoreError),
    ],
)
def test_errors_are_told_apart_by_code(code, status, error):
    assert type(error_for(code=code, status=status, bucket="b")) is error


@pytest.mark.parametrize("cause", [ConnectionClosedError, ReadTimeoutError])
def test_no_library_error_passes_nor_its_text(cause):
    with pytest.raises(errors.StoreUnavailable) as caught, our_errors(bucket="b"):
        raise cause(endpoint_url="http://s/?X-Amz-Signature=canary", error="canary")
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_refusal_by_boto3_becomes_ours(bucket):
    with pytest.raises(errors.BucketMissing), our_errors(bucket="nosuch"):
        client("b").list_objects_v2(Bucket="no-such-bucket")
    with pytest.raises(ClientError):
        client("b").list_objects_v2(Bucket="no-such-bucket")


def test_a_bucket_that_went_away_is_missing_at_once(store, bucket):
    assert head(bucket, "absent") is None
    store.delete_bucket(Bucket=bucket)
    with pytest.raises(errors.BucketMissing):
        content_md5(bucket, "absent")
    store.create_bucket(Bucket=bucket)


def test_cors_rules_that_cannot_be_read_are_a_fault_not_a_lack(filled, proxy):
    proxy.fault = lambda request: Status(503) if "cors" in request.query else None
    with pytest.raises(errors.StoreUnavailable):
        bucket_state(filled, origins=["http://unlisted.example"])


def test_no_fault_logs_a_secret(filled, proxy, settings, caplog):
    caplog.set_level("INFO")
    settings.S3_MAX_ATTEMPTS = 2
    for fault in (CommitThenDrop(), Status(403, "SignatureDoesNotMatch"), Status(503)):
        proxy.fault = always(fault)
        for read in READS.values():
            with pytest.raises(errors.StoreError) as caught:
                read(filled)
            assert settings.S3_SECRET_ACCESS_KEY not in str(caught.value)
    for secret in (settings.S3_SECRET_ACCESS_KEY, settings.S3_ACCESS_KEY_ID, "Signature="):
        assert secret not in caplog.text
