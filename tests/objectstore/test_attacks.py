"""What a store does for the holder of an upload URL is found out, and what the portal then signs makes it harmless."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from amiportal.objectstore import presign
from amiportal.objectstore.capabilities import capabilities_of, current_capabilities, shortcomings
from amiportal.objectstore.probe import ProbeResult, attacks, probe, record_probe
from amiportal.objectstore.probe.workbench import Workbench
from tests.faults import error_answer
from tests.trusting_stores import HeedsUnsigned, ShutsPublicAccess

pytestmark = pytest.mark.django_db
BY_HOLDERS = [check.__name__ for check in attacks.BY_HOLDERS]


@pytest.fixture(autouse=True)
def _nothing_is_left(store, bucket, settings) -> Iterator[None]:
    yield
    for name in (bucket, settings.PORTAL_FILES_BUCKET):
        kept = store.list_objects_v2(Bucket=name, Prefix=".portal-probe-")
        assert "Contents" not in kept


def attacked(bucket: str) -> dict[str, str]:
    with Workbench(bucket, signer=presign.signer()) as bench:
        return {check.__name__: check(bench).value for check in attacks.BY_HOLDERS}


def test_a_store_that_heeds_unbound_headers_is_found_out(bucket, proxy, store):
    proxy.variants = [HeedsUnsigned(store)]
    assert attacked(bucket) == {
        "copy_onto_stored": "overwritten",
        "unsigned_copy_source": "applied",
        "copy_of_portal_files": "applied",
        "unsigned_acl": "applied",
    }
    with Workbench(bucket) as bench:
        told = attacks.copy_onto_stored(bench).detail
    # With a condition, too: a copy asks for none.
    assert all(form in told for form in attacks.FORMS)


def test_what_the_probe_learns_of_it_binds_the_next_addresses(bucket, proxy, store):
    proxy.variants = [HeedsUnsigned(store)]
    record_probe(probe(bucket, origins=[]))
    assert current_capabilities().binds_absent_headers
    assert set(attacked(bucket).values()) == {"refused"}
    # Whoever signs plainly is as open as before: it is the addresses that changed, not the store.
    with Workbench(bucket) as bench:
        assert attacks.unsigned_copy_source(bench).value == "applied"


def test_the_record_is_of_the_addresses_that_are_signed_by_it(bucket, proxy, store):
    proxy.variants = [HeedsUnsigned(store)]
    bound = probe(bucket, origins=[]).record
    assert {name: bound[name]["value"] for name in ["absent_headers", *BY_HOLDERS]} == {
        "absent_headers": "bound",
        **dict.fromkeys(BY_HOLDERS, "refused"),
    }
    proxy.variants = [HeedsUnsigned(store, binds_absent=False)]
    unbound = probe(bucket, origins=[]).record
    assert unbound["absent_headers"]["value"] == "refused"
    assert set(BY_HOLDERS) <= set(shortcomings(unbound))
    assert not capabilities_of(unbound).binds_absent_headers


def test_a_store_that_does_not_look_at_absent_headers_is_not_relied_upon(bucket, proxy, store):
    class Careless(HeedsUnsigned):
        def _is_signed(self, request) -> bool:
            return True

    proxy.variants = [Careless(store)]
    record = probe(bucket, origins=[]).record
    assert record["absent_headers"]["value"] == "ignored"
    assert record["unsigned_copy_source"]["value"] == "applied"
    assert not capabilities_of(record).binds_absent_headers


def test_the_real_store_refuses_all_of_it_by_itself(bucket):
    assert set(attacked(bucket).values()) == {"refused"}
    assert not capabilities_of(probe(bucket, origins=[]).record).binds_absent_headers


class Deaf(ShutsPublicAccess):
    """Takes the block and heeds it not."""

    def __call__(self, request, forward):
        return super().__call__(request, forward) if "publicAccessBlock" in request.query else forward(request)


class Strict(ShutsPublicAccess):
    """Refuses every upload into a bucket that is shut, as Ceph would with BlockPublicAcls."""

    def __call__(self, request, forward):
        block = self.blocks.get(request.bucket, {})
        if block and request.method == "PUT" and request.key:
            return error_answer(403, "AccessDenied")
        return super().__call__(request, forward)


@pytest.mark.parametrize(
    ("variant", "value"),
    [(ShutsPublicAccess, "works"), (Deaf, "ineffective"), (Strict, "breaks_uploads"), (None, "missing")],
)
def test_what_becomes_of_a_bucket_that_is_shut(bucket, proxy, store, variant, value):
    proxy.variants = [*([variant()] if variant else []), HeedsUnsigned(store)]
    with Workbench(bucket) as bench:
        finding = attacks.public_access_block(bench)
    assert finding.value == value
    record = {"public_access_block": {"value": value, "detail": ""}}
    assert capabilities_of(record).takes_uploads_when_shut is (value != "breaks_uploads")
    assert bool(shortcomings(record)) is (value in ("ineffective", "breaks_uploads"))


def test_a_url_names_what_must_not_come_and_signs_what_does(settings):
    made = presign.binding_signer().put_url(
        bucket="pan",
        key="a",
        signed_headers={"Content-Type": "image/jpeg", "x-amz-acl": "private"},
        expires_in_s=60,
        now=timezone.now(),
    )
    names = made.partition("X-Amz-SignedHeaders=")[2].partition("&")[0].split("%3B")
    assert names == sorted({"content-type", "host", *presign.BOUND_TO_BE_ABSENT})
    with pytest.raises(presign.NotSignable):
        presign._check_signed_headers(made, {"Content-Type": "image/jpeg"}, frozenset())


def test_nothing_is_recorded_is_nothing_bound(bucket, settings):
    assert presign.signer() is presign.plain_signer()
    record_probe(ProbeResult(settings.S3_ENDPOINT_URL, bucket, {"absent_headers": {"value": "bound", "detail": ""}}))
    assert presign.signer() is presign.binding_signer()
