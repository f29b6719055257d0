"""The doctor on what a store lets the holders of upload addresses do."""

import os
from collections.abc import Iterator

import pytest

from amiportal.doctor.observations import Observation, State
from amiportal.doctor.store import examine_store
from amiportal.objectstore.buckets import ensure_bucket
from deployments.models import Bucket
from tests.faultproxy import FaultProxy
from tests.guises import ShutsPublicAccess


@pytest.fixture
def trials(empty_queue, bucket, settings) -> Bucket:
    ensure_bucket(bucket, origins=settings.PORTAL_ORIGINS)
    return Bucket.objects.create(name=bucket, title="Trials", is_test=True)


@pytest.fixture
def proxy(settings) -> Iterator[FaultProxy]:
    with FaultProxy(os.environ["S3_ENDPOINT_URL"]) as proxy:
        settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = proxy.url
        yield proxy


def seen(subject: str) -> Observation:
    return {observation.subject: observation for observation in examine_store()}[subject]


def test_a_bucket_that_could_be_shut_to_the_public_is_warned_of(trials, proxy, settings):
    proxy.guises = [ShutsPublicAccess()]
    of_bucket = seen(f"bucket {trials.name}")
    assert (of_bucket.state, "not shut to the public" in of_bucket.told) == (State.WARN, True)
    assert "Create or check in the store" in of_bucket.remedy
    ensure_bucket(trials.name, origins=settings.PORTAL_ORIGINS)
    assert seen(f"bucket {trials.name}").state == State.OK


def test_a_block_by_which_the_store_refuses_uploads_is_bad(trials, proxy, store):
    guise = ShutsPublicAccess()
    guise.blocks[trials.name] = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    proxy.guises = [guise]
    of_bucket = seen(f"bucket {trials.name}")
    assert (of_bucket.state, of_bucket.is_certain) == (State.BAD, True)
    assert "BlockPublicAcls false" in of_bucket.remedy
    assert "Contents" not in store.list_objects_v2(Bucket=trials.name)
