"""A bucket's CORS rules are its applications': the portal adds its own, and takes nobody's away."""

import pytest
from botocore.exceptions import ClientError

from amiportal.core.errors import StoreDenied
from amiportal.objectstore import cors
from amiportal.objectstore.buckets import bucket_state, ensure_bucket
from tests.faults import Status, always
from tests.store_variants import preflights_only_signed, takes_settings_for_new_buckets

ORIGIN, TRIAL, VIEWER = "http://portal.example:8000", "https://trial.example", "https://viewer.example"
OF_VIEWER = {"AllowedOrigins": [VIEWER], "AllowedMethods": ["GET"], "AllowedHeaders": ["range"], "MaxAgeSeconds": 60}
FOR_ALL = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": ["*"]}


def rules(store, bucket: str) -> list[dict]:
    return store.get_bucket_cors(Bucket=bucket)["CORSRules"]


def given(store, bucket: str, *rules: dict) -> None:
    store.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": list(rules)})


@pytest.mark.parametrize("of_others", [OF_VIEWER, FOR_ALL], ids=["one origin", "every origin"])
def test_rules_of_other_applications_stay(store, bucket, of_others):
    given(store, bucket, of_others)
    before = rules(store, bucket)
    assert ensure_bucket(bucket, origins=[ORIGIN]).cors_ok
    own, *kept = rules(store, bucket)
    assert kept == before
    assert own["AllowedOrigins"] == [ORIGIN]
    assert cors.preflight_allows(bucket, origin=ORIGIN)
    assert not cors.preflight_allows(bucket, origin="https://elsewhere.example")


def test_two_portals_on_one_bucket_do_not_lock_each_other_out(bucket):
    assert ensure_bucket(bucket, origins=[ORIGIN]).cors_ok
    assert ensure_bucket(bucket, origins=[TRIAL]).cors_ok
    assert bucket_state(bucket, origins=[ORIGIN, TRIAL]).cors_ok


def test_checking_again_writes_nothing(bucket, proxy):
    ensure_bucket(bucket, origins=[ORIGIN, TRIAL])
    written = len([request for request in proxy.seen if request.method == "PUT" and "cors" in request.query])
    assert written == 1
    ensure_bucket(bucket, origins=[TRIAL])
    assert len([request for request in proxy.seen if request.method == "PUT" and "cors" in request.query]) == written


def test_a_rule_that_hides_the_etag_is_not_enough(store, bucket):
    given(
        store, bucket, {"AllowedOrigins": [ORIGIN], "AllowedMethods": ["PUT", "GET", "HEAD"], "AllowedHeaders": ["*"]}
    )
    ensure_bucket(bucket, origins=[ORIGIN])
    assert rules(store, bucket)[0]["ExposeHeaders"] == ["ETag", "Retry-After"]


def test_rules_that_cannot_be_read_are_not_replaced(store, bucket, proxy):
    given(store, bucket, OF_VIEWER)
    before = rules(store, bucket)
    proxy.fault = always(Status(403, "AccessDenied"), method="GET", query={"cors": ""})
    with pytest.raises(StoreDenied):
        ensure_bucket(bucket, origins=[ORIGIN])
    assert rules(store, bucket) == before


def test_a_store_that_answers_preflights_of_signed_addresses_alone_is_open(bucket, proxy):
    ensure_bucket(bucket, origins=[ORIGIN])
    proxy.variants = [preflights_only_signed]
    proxy.fault = always(Status(501, "NotImplemented"), query={"cors": ""})
    assert cors.barred(bucket, [ORIGIN, TRIAL]) == [TRIAL]
    assert bucket_state(bucket, origins=[ORIGIN]).cors_ok


def test_a_store_that_takes_the_call_for_another_has_none(store, bucket, proxy):
    proxy.variants = [takes_settings_for_new_buckets]
    state = ensure_bucket(bucket, origins=[ORIGIN])
    assert (state.exists, state.cors_ok) == (True, False)
    assert "operator" in state.error
    with pytest.raises(ClientError, match="NoSuchCORSConfiguration"):
        rules(store, bucket)
