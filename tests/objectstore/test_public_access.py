"""Buckets are shut to the public where the store has the call, and uploads go on."""

import pytest

from amiportal.core.errors import StoreUnavailable
from amiportal.objectstore import public_access
from amiportal.objectstore.buckets import bucket_state, ensure_bucket
from amiportal.objectstore.public_access import PublicAccess
from amiportal.objectstore.roundtrip import round_trip
from tests.faults import Status, always
from tests.store_variants import takes_settings_for_new_buckets
from tests.trusting_stores import ShutsPublicAccess


@pytest.fixture
def shutting(proxy) -> ShutsPublicAccess:
    variant = ShutsPublicAccess()
    proxy.variants = [variant]
    return variant


def test_a_bucket_is_shut_when_it_is_made_or_checked(db, bucket, shutting):
    assert bucket_state(bucket, origins=[]).public_access == PublicAccess.OPEN
    assert ensure_bucket(bucket, origins=[]).public_access == PublicAccess.SHUT
    # Not BlockPublicAcls: with it Ceph refuses every upload.
    assert shutting.blocks[bucket] == {
        "BlockPublicAcls": False,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket_state(bucket, origins=[]).public_access == PublicAccess.SHUT
    round_trip(bucket)


def test_what_is_stricter_already_is_told_and_stays(bucket, shutting, proxy):
    strict = dict.fromkeys(public_access.BLOCK, True)
    shutting.blocks[bucket] = strict
    assert ensure_bucket(bucket, origins=[]).public_access == PublicAccess.SHUT_TO_UPLOADS
    assert shutting.blocks[bucket] == strict
    assert not any(request.method == "PUT" for request in proxy.seen)


def test_a_store_without_the_call_makes_buckets_all_the_same(bucket, proxy):
    assert ensure_bucket(bucket, origins=[]).public_access == PublicAccess.NO_CALL
    proxy.variants = [takes_settings_for_new_buckets]
    assert ensure_bucket(bucket, origins=[]).public_access == PublicAccess.NO_CALL
    proxy.fault = always(Status(400, "MalformedXML"), query={"publicAccessBlock": ""})
    assert ensure_bucket(bucket, origins=[]).public_access == PublicAccess.NO_CALL


def test_a_call_that_is_taken_without_effect_is_none(bucket, shutting, monkeypatch):
    monkeypatch.setattr(shutting, "blocks", Forgetful())
    assert ensure_bucket(bucket, origins=[]).public_access == PublicAccess.NO_CALL


class Forgetful(dict):
    def __setitem__(self, key, value) -> None:
        pass


def test_a_refusal_is_recorded_and_an_outage_is_raised(bucket, proxy, settings):
    settings.S3_MAX_ATTEMPTS = 1
    proxy.fault = always(Status(403, "AccessDenied"), query={"publicAccessBlock": ""})
    assert ensure_bucket(bucket, origins=[]).public_access == PublicAccess.REFUSED
    proxy.fault = always(Status(503), query={"publicAccessBlock": ""})
    with pytest.raises(StoreUnavailable):
        ensure_bucket(bucket, origins=[])
