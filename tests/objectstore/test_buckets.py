"""Buckets are made once, and pages of the portal may PUT into them."""

import uuid
from collections.abc import Iterator
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from amiportal.core.errors import Conflict, StoreDenied
from amiportal.objectstore.buckets import bucket_state, ensure_bucket
from amiportal.objectstore.cors import preflight_allows
from tests.faults import Status, always
from tests.store_variants import no_cors

ORIGIN, OTHER = "http://portal.example:8000", "https://elsewhere.example"


@pytest.fixture
def unmade(store) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:16]}"
    yield name
    with suppress(store.exceptions.NoSuchBucket):
        store.delete_bucket(Bucket=name)


def test_a_missing_bucket_is_a_state_and_is_made(store, unmade):
    before = bucket_state(unmade, origins=[ORIGIN])
    assert (before.exists, before.cors_ok) == (False, None)
    assert unmade in before.error
    made = ensure_bucket(unmade, origins=[ORIGIN])
    assert (made.exists, made.created, made.cors_ok, made.error) == (True, True, True, "")
    (rule,) = store.get_bucket_cors(Bucket=unmade)["CORSRules"]
    assert rule["AllowedOrigins"] == [ORIGIN]
    assert set(rule["AllowedMethods"]) == {"PUT", "GET", "HEAD"}
    assert set(rule["AllowedHeaders"]) == {"content-type", "content-md5", "if-none-match"}
    assert (rule["ExposeHeaders"], rule["MaxAgeSeconds"]) == (["ETag", "Retry-After"], 86_400)
    assert preflight_allows(unmade, origin=ORIGIN)
    assert not preflight_allows(unmade, origin=OTHER)


def test_making_it_again_changes_nothing_but_the_rules(store, bucket):
    store.put_object(Bucket=bucket, Key="kept", Body=b"a")
    assert not ensure_bucket(bucket, origins=[ORIGIN]).created
    again = ensure_bucket(bucket, origins=[ORIGIN, OTHER])
    assert (again.created, again.cors_ok) == (False, True)
    assert store.get_object(Bucket=bucket, Key="kept")["Body"].read() == b"a"


def test_origins_that_may_not_upload_are_named(bucket):
    ensure_bucket(bucket, origins=[ORIGIN])
    state = bucket_state(bucket, origins=[ORIGIN, OTHER])
    assert (state.exists, state.cors_ok) == (True, False)
    assert OTHER in state.error
    assert ORIGIN not in state.error


def test_looking_changes_nothing(store, bucket):
    assert bucket_state(bucket, origins=[ORIGIN]).cors_ok is False
    with pytest.raises(ClientError, match="NoSuchCORSConfiguration"):
        store.get_bucket_cors(Bucket=bucket)


def test_a_store_without_cors_calls_is_reported_not_fatal(unmade, proxy):
    proxy.variants = [no_cors]
    state = ensure_bucket(unmade, origins=[ORIGIN])
    assert (state.exists, state.created, state.cors_ok) == (True, True, False)
    assert "operator" in state.error


def test_somebody_elses_bucket_is_a_conflict(unmade, proxy):
    proxy.fault = always(Status(409, "BucketAlreadyExists"), method="PUT")
    with pytest.raises(Conflict):
        ensure_bucket(unmade, origins=[ORIGIN])
    proxy.fault = always(Status(403, "AccessDenied"))
    with pytest.raises(Conflict):
        ensure_bucket(unmade, origins=[ORIGIN])


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed"])
def test_a_wrong_key_is_told_as_such_and_not_as_somebody_elses_bucket(unmade, proxy, code):
    proxy.fault = always(Status(403, code))
    with pytest.raises(StoreDenied, match=code):
        ensure_bucket(unmade, origins=[])


@pytest.mark.parametrize("code", ["BucketAlreadyExists", "BucketAlreadyOwnedByYou"])
def test_losing_the_race_for_ones_own_bucket_is_no_conflict(store, unmade, proxy, code):
    def decide(request):
        if request.method == "PUT" and "cors" not in request.query:
            store.create_bucket(Bucket=unmade)
            return Status(409, code)
        return None

    proxy.fault = decide
    state = ensure_bucket(unmade, origins=[])
    assert (state.exists, state.created) == (True, False)
