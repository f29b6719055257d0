"""Row 36: the probe tells the truth of a real store, and of others that the fault proxy poses as."""

import os
from collections.abc import Iterator

import pytest
from django.core.cache import cache

from amiportal.core.errors import BucketMissing, StoreUnavailable
from amiportal.objectstore.capabilities import (
    IDEAL_VALUES,
    Capabilities,
    capabilities_of,
    current_capabilities,
    shortcomings,
)
from amiportal.objectstore.models import StoreProbe
from amiportal.objectstore.probe import CHECKS, ProbeResult, probe, record_probe
from tests import store_variants
from tests.faults import Status, always

ORIGIN = "http://portal.example:8000"
# What SeaweedFS does otherwise than one could wish; the portal signs no such keys, and leaves encryption off.
OF_SEAWEEDFS = {"odd_keys", "bucket_encryption"}


@pytest.fixture(scope="module")
def probed(store, read_only) -> Iterator[str]:
    """A bucket that pages may upload into, seen to be as empty after each probe as before it."""
    bucket, _ = read_only
    rule = {
        "AllowedOrigins": [ORIGIN],
        "AllowedMethods": ["PUT", "GET", "HEAD"],
        "AllowedHeaders": ["content-type", "content-md5", "if-none-match"],
        "ExposeHeaders": ["ETag", "Retry-After"],
    }
    store.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    return bucket


@pytest.fixture(autouse=True)
def _nothing_is_left(store, probed) -> Iterator[None]:
    buckets = {entry["Name"] for entry in store.list_buckets()["Buckets"]}
    yield
    assert "Contents" not in store.list_objects_v2(Bucket=probed)
    assert "Uploads" not in store.list_multipart_uploads(Bucket=probed)
    assert {entry["Name"] for entry in store.list_buckets()["Buckets"]} <= buckets


def values(result: ProbeResult) -> dict[str, str]:
    return {name: finding["value"] for name, finding in result.record.items()}


def test_seaweedfs_is_classified(probed):
    result = probe(probed, origins=[ORIGIN])
    assert result.errors == {}
    assert list(result.record) == [check.__name__ for check in CHECKS]
    assert set(shortcomings(result.record)) == OF_SEAWEEDFS, result.record
    capabilities = capabilities_of(result.record)
    assert capabilities.honours_if_none_match
    assert capabilities.listing_is_immediate
    assert capabilities.etag_is_md5
    assert capabilities.verifies_content_md5
    assert capabilities.refuses_expired_urls
    assert capabilities.refuses_altered_urls
    assert not capabilities.makes_missing_buckets


def posing_as(name: str, store):
    made = getattr(store_variants, name)
    return made(store) if name in ("IgnoresConditions", "MakesBuckets", "Credulous") else made


IGNORED = dict.fromkeys(
    ["put_if_none_match", "url_if_none_match", "copy_if_match", "copy_if_none_match", "multipart_if_none_match"],
    "ignored",
)


@pytest.mark.parametrize(
    ("variant", "differing", "capabilities"),
    [
        ("IgnoresConditions", IGNORED, {"honours_if_none_match": False, "honours_copy_if_match": False}),
        (
            "refuses_conditions",
            {"put_if_none_match": "refused", "url_if_none_match": "refused", "copy_if_none_match": "refused"},
            {"honours_if_none_match": False},
        ),
        (
            "opaque_etags",
            {"put_etag": "other", "multipart_etag": "other"},
            {"etag_is_md5": False},
        ),
        ("deaf_listing", {"start_after": "ignored"}, {"listing_is_immediate": False}),
        ("descending_listing", {"listing_order": "other"}, {"listing_is_immediate": False}),
        (
            "short_listing",
            {"listing_after_put": "late", "listed_names": "rewritten", "paging": "broken"},
            {"listing_is_immediate": False},
        ),
        (
            "no_cors",
            {
                "cors_api": "missing",
                "cors_preflight": "barred",
                "cors_on_success": "lacking",
                "cors_on_errors": "lacking",
            },
            {"cors_is_settable": False, "cors_on_errors": False},
        ),
        ("no_cors_on_errors", {"cors_on_errors": "lacking"}, {"cors_is_settable": True, "cors_on_errors": False}),
        ("MakesBuckets", {"missing_bucket_on_put": "created"}, {"makes_missing_buckets": True}),
        (
            "Credulous",
            {
                "content_md5": "ignored",
                "checksum_sha256": "absent",
                "unsigned_acl": "applied",
                "unsigned_copy_source": "applied",
                "copy_onto_stored": "overwritten",
                "copy_of_portal_files": "applied",
                "expired_url": "accepted",
                "altered_url": "accepted",
                "cors_on_errors": "unknown",
            },
            {
                "verifies_content_md5": False,
                "applies_unsigned_acl": True,
                "applies_unsigned_copy_source": True,
                "refuses_expired_urls": False,
                "refuses_altered_urls": False,
            },
        ),
    ],
)
def test_another_store_is_classified(probed, proxy, store, variant, differing, capabilities):
    proxy.variants = [posing_as(variant, store)]
    result = probe(probed, origins=[ORIGIN])
    found = values(result)
    assert {name: found[name] for name in set(shortcomings(result.record)) - OF_SEAWEEDFS} == differing
    assert {name: getattr(capabilities_of(result.record), name) for name in capabilities} == capabilities


def test_a_late_listing_is_classified(probed, proxy):
    proxy.variants = [store_variants.LateListing()]
    result = probe(probed, origins=[ORIGIN])
    assert result.record["listing_after_put"]["value"] == "late"
    assert not capabilities_of(result.record).listing_is_immediate


def test_deleted_objects_that_are_still_listed_are_noticed(probed, proxy):
    proxy.variants = [store_variants.Ghosts()]
    result = probe(probed, origins=[ORIGIN])
    assert set(shortcomings(result.record)) - OF_SEAWEEDFS == {"listing_after_delete"}
    assert not capabilities_of(result.record).listing_is_immediate


def test_one_failing_capability_does_not_end_the_rest(probed, proxy):
    proxy.fault = lambda request: Status(500, "InternalError") if "uploads" in request.query else None
    result = probe(probed, origins=[ORIGIN])
    assert set(result.errors) == {"multipart_etag", "multipart_if_none_match"}
    assert result.record["multipart_etag"]["value"] == "error"
    assert not capabilities_of(result.record).honours_multipart_if_none_match
    assert set(shortcomings(result.record)) == OF_SEAWEEDFS | set(result.errors)


def test_there_is_nothing_to_probe_in_a_missing_bucket_or_a_store_that_is_down(proxy):
    with pytest.raises(BucketMissing):
        probe("no-such-bucket", origins=[ORIGIN])
    proxy.fault = always(Status(503))
    with pytest.raises(StoreUnavailable):
        probe("no-such-bucket", origins=[ORIGIN])


def test_nothing_is_relied_upon_that_was_not_seen(db):
    capabilities = current_capabilities()
    assert capabilities == Capabilities()
    assert capabilities.probed_at is None
    assert not any(
        (
            capabilities.honours_if_none_match,
            capabilities.listing_is_immediate,
            capabilities.etag_is_md5,
            capabilities.deletes_in_batches,
        )
    )
    assert capabilities_of({}) == Capabilities()


def test_behaviour_follows_the_newest_record_of_this_endpoint(db, settings):
    def record(bucket: str, value: str, endpoint: str = os.environ["S3_ENDPOINT_URL"]) -> StoreProbe:
        made = {"url_if_none_match": {"value": value, "detail": ""}}
        return record_probe(ProbeResult(endpoint=endpoint, bucket=bucket, record=made))

    assert not current_capabilities("a").honours_if_none_match
    record("a", "honoured")
    assert current_capabilities("a").honours_if_none_match  # at once, in the process that probed
    newest = record("b", "ignored")
    assert current_capabilities("a").honours_if_none_match
    assert not current_capabilities("b").honours_if_none_match
    assert current_capabilities("unprobed").probed_at == newest.made_at
    record("a", "honoured", "http://another.example")
    cache.clear()
    assert not current_capabilities().honours_if_none_match
    with pytest.raises(TypeError):
        newest.save()


def test_every_judged_capability_is_tried():
    assert set(IDEAL_VALUES) <= {check.__name__ for check in CHECKS}
