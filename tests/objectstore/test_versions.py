"""What is overwritten can be had again where the store keeps versions; whether it does is tried, not believed."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from amiportal.objectstore.capabilities import capabilities_of
from amiportal.objectstore.probe.versions import bucket_versioning
from amiportal.objectstore.probe.workbench import Workbench
from amiportal.objectstore.versions import forget_versions, keep_versions, keeps_versions, versions
from tests.faults import Answer, error_answer

KEY = "dep000001/snapshot_images/a.jpg"


def knows_no_versioning(request, forward) -> Answer:
    return error_answer(501, "NotImplemented") if {"versioning", "versions"} & set(request.query) else forward(request)


def forgets_versions(request, forward) -> Answer:
    """Takes the setting, and keeps nothing."""
    if "versioning" in request.query and request.method == "PUT":
        return Answer(200, [], b"")
    answer = forward(request)
    if "versioning" in request.query:
        return answer.with_body(b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
    return answer


def says_suspended(request, forward) -> Answer:
    if "versioning" in request.query and request.method == "PUT":
        return replace(Answer(200, [], b""))
    return forward(request)


@pytest.fixture
def keeping(store, bucket) -> Iterator[str]:
    """A bucket that keeps versions."""
    assert keep_versions(bucket)
    yield bucket
    forget_versions(bucket, "")


def found(bucket: str, store) -> str:
    before = {entry["Name"] for entry in store.list_buckets()["Buckets"]}
    with Workbench(bucket, origins=[]) as bench:
        finding = bucket_versioning(bench)
    assert {entry["Name"] for entry in store.list_buckets()["Buckets"]} == before
    record = {"bucket_versioning": {"value": finding.value, "detail": finding.detail}}
    assert capabilities_of(record).can_keep_versions == (finding.value == "kept")
    return finding.value


def test_seaweedfs_keeps_them(store, bucket):
    assert found(bucket, store) == "kept"
    assert keeps_versions(bucket) is False  # the bucket that was probed is as before


@pytest.mark.parametrize(
    ("variant", "value"), [(knows_no_versioning, "missing"), (forgets_versions, "ignored"), (says_suspended, "missing")]
)
def test_other_stores_are_told_apart(store, bucket, proxy, variant, value):
    proxy.variants = [variant]
    assert found(bucket, store) == value


def test_a_store_that_does_not_say_is_no_fault(bucket, proxy):
    proxy.variants = [knows_no_versioning]
    assert keeps_versions(bucket) is None
    assert keep_versions(bucket) is False


def test_versions_are_those_of_one_key_the_newest_first(store, keeping):
    for body in (b"1", b"22", b"333"):
        store.put_object(Bucket=keeping, Key=KEY, Body=body)
    store.put_object(Bucket=keeping, Key=f"{KEY}.old", Body=b"x")
    store.delete_object(Bucket=keeping, Key=KEY)
    kept = list(versions(keeping, KEY))
    assert [(version.size_bytes, version.is_current) for version in kept] == [(3, False), (2, False), (1, False)]
    assert list(versions(keeping, "dep000001/snapshot_images/b.jpg")) == []
