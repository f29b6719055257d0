"""Row 24 in short: an upload URL is good for its upload, and for nothing else, on stores that obey too much as well."""

import uuid
from collections.abc import Iterator

import pytest
from django.core.cache import cache

from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.models import StoreProbe
from tests.trusting_stores import HeedsUnsigned
from tests.uploads.legacy_client import LegacyClient
from tests.uploads.url_uses import OTHER, USES, Granted, grant_many, hashes, misuse

COUNT = 2
NAME = "20240918032339-snapshot.jpg"


@pytest.fixture
def other_bucket(store) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:16]}"
    store.create_bucket(Bucket=name)
    yield name
    store.delete_bucket(Bucket=name)


@pytest.fixture
def heeding(proxy, store):
    """A store that heeds what a URL does not bind, as Ceph; whose probe saw what can be done about it, or not."""

    def learnt(value: str) -> None:
        record = StoreProbe.objects.first().record | {"absent_headers": {"value": value, "detail": ""}}
        StoreProbe.objects.create(endpoint=proxy.url, bucket="probe-for-tests", record=record)
        cache.clear()

    proxy.variants = [HeedsUnsigned(store)]
    return learnt


def test_the_real_store(uploader, store, site, other_bucket):
    assert misuse(uploader, store, site, other_bucket, count=COUNT) == 2 * COUNT * len(USES)


def test_a_store_that_heeds_unbound_headers_by_addresses_that_forbid_them(uploader, store, site, other_bucket, heeding):
    heeding("bound")
    assert current_capabilities().binds_absent_headers
    assert misuse(uploader, store, site, other_bucket, count=COUNT) == 2 * COUNT * len(USES)


def test_what_could_be_done_to_a_verified_file_while_nothing_was_learnt(uploader, store, site, other_bucket, heeding):
    """The attack is a real one: without the bound headers it works."""
    heeding("refused")
    store.put_object(Bucket=other_bucket, Key="secret", Body=OTHER)
    (it,) = grant_many(uploader, {NAME: b"the bytes of the card"})
    assert it.sent() == 200
    assert uploader.results("confirm", files=[NAME])[0]["status"] == "verified"
    assert USES["a copy of another object"](it, f"/{other_bucket}/secret", other_bucket) == 200
    assert store.get_object(Bucket=site.bucket.name, Key=site.key(NAME))["Body"].read() == OTHER


def test_a_field_clients_address_reads_nobody_elses_object(account, site, store, other_bucket, heeding):
    heeding("bound")
    store.put_object(Bucket=other_bucket, Key="secret", Body=OTHER)
    answer = LegacyClient(account, site).post("generate-presigned-url", filename=NAME, file_type="image/jpeg")
    url = answer.json()
    it = Granted(NAME, b"the bytes of the card", url, {"Content-Type": "image/jpeg"})
    for use in ("a copy of another object", "a copy, with the bound bytes", "made public", "read", "deleted"):
        assert USES[use](it, f"/{other_bucket}/secret", other_bucket) == 403, use
    assert hashes(store, site.bucket.name) == {}
    assert it.sent() == 200
    assert store.get_object(Bucket=site.bucket.name, Key=site.key(NAME))["Body"].read() == it.content
