"""What exists: the right answer, in few calls."""

from hashlib import md5

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from amiportal.core.errors import BucketMissing
from amiportal.objectstore import lookup as module
from amiportal.objectstore.lookup import content_md5, head, just_before, lookup
from tests.faults import ResetMidAnswer, once
from tests.store_variants import LateListing, deaf_listing, empty_listing, short_listing

PREFIX = "dep000001/snapshot_images/"
NAMES = [f"20240918{number:06d}-snapshot.jpg" for number in range(120)]
ODD_NAMES = ["a b+c%20d.jpg", "a&b='c'<.jpg", "é.jpg", "กล้อง 1.jpg", "🦋.jpg", "0", "~", "]x", "a]", "A0"]


def found(names, **more) -> set[str]:
    result = lookup(names=names, **{"prefix": PREFIX, "confirm_absent": False, **more})
    assert list(result) == list(names)
    for name, stored in result.items():
        if stored is not None:
            assert stored.key == PREFIX + name
            assert stored.size_bytes == len(stored.key.encode())
            assert stored.etag == md5(stored.key.encode()).hexdigest()
            assert stored.last_modified.tzinfo is not None
    return {name for name, stored in result.items() if stored is not None}


@pytest.fixture(scope="module")
def filled(read_only) -> str:
    bucket, fill = read_only
    fill(PREFIX + name for name in NAMES)
    fill([f"{PREFIX}folder/{NAMES[0]}", "dep000001/snapshot_images", "dep0000011/snapshot_images/x"])
    return bucket


def test_stored_and_absent_names_are_told_apart(filled, proxy):
    absent = [name.replace("snapshot", "other") for name in NAMES]
    assert found(absent + NAMES, bucket=filled) == set(NAMES)
    assert proxy.count(is_listing=True) == len(proxy.seen) == 2  # a short page, and all the rest


def test_many_names_that_are_not_there_take_one_short_page(filled, proxy):
    absent = [f"20000101{number:06d}-before.jpg" for number in range(1_000)]  # all of them before what is there
    assert found(absent, bucket=filled) == set()
    assert [request.query["max-keys"] for request in proxy.seen] == [str(module.FIRST_PAGE)]


@pytest.mark.parametrize("names", [NAMES[7:8], NAMES[:8], ["absent.jpg"]])
def test_few_names_are_asked_for_by_head(filled, proxy, names):
    assert found(names, bucket=filled) == set(names) & set(NAMES)
    assert proxy.count(is_listing=True) == 0
    assert proxy.count(method="HEAD", key=PREFIX + names[0]) == 1


def test_a_folder_that_is_large_against_the_question_is_not_read_whole(filled, proxy):
    assert found(NAMES[100:110], bucket=filled) == set(NAMES[100:110])
    assert [request.query["max-keys"] for request in proxy.seen] == ["26"]


def test_names_spread_thinly_are_asked_for_by_head(filled, proxy, monkeypatch):
    monkeypatch.setattr(module.listing, "MAX_KEYS", 40)
    assert found(NAMES[::11] + ["~"], bucket=filled) == set(NAMES[::11])
    assert proxy.count(is_listing=True) == 1
    assert proxy.count(method="HEAD") < len(NAMES[::11])


def test_dense_names_take_as_many_pages_as_they_fill(filled, proxy, monkeypatch):
    monkeypatch.setattr(module.listing, "MAX_KEYS", 50)
    assert found(NAMES, bucket=filled) == set(NAMES)
    assert len(proxy.seen) == 3


@pytest.mark.parametrize("confirm_absent", [True, False])
def test_odd_names_are_found_byte_for_byte(fill, bucket, confirm_absent):
    fill(PREFIX + name for name in ODD_NAMES)
    wanted = [*ODD_NAMES, "a b c%20d.jpg", "E\u0301.jpg", "e\u0301.jpg", "A b+c%20d.jpg"]
    assert found(wanted, bucket=bucket, confirm_absent=confirm_absent) == set(ODD_NAMES)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.sampled_from(NAMES + [f"{name}x" for name in NAMES] + ["0", "~", "é"]), max_size=80), st.integers(3, 60)
)
def test_any_question_on_any_page_size_is_answered(filled, monkeypatch, wanted, page_size):
    monkeypatch.setattr(module.listing, "MAX_KEYS", page_size)
    assert found(sorted(wanted), bucket=filled) == wanted & set(NAMES)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1))
@example("\0")
@example("0")
@example("]")
@example("\ue000")
def test_just_before_is_before_and_seeks_in_no_folder(name):
    assert just_before(name) < name
    assert just_before(name).count("/") == 0
    assert "\\" not in just_before(name)[len(name) - 1 :]


def test_names_of_another_folder_are_refused():
    for names, prefix in ((["a/b"], PREFIX), ([""], PREFIX), (["a"], "dep000001/snapshot_images")):
        with pytest.raises(ValueError):
            lookup(bucket="x", prefix=prefix, names=names, confirm_absent=False)


def test_no_names_take_no_call(proxy):
    assert lookup(bucket="x", prefix=PREFIX, names=[], confirm_absent=True) == {}
    assert proxy.seen == []


@pytest.mark.parametrize("variant", [LateListing(), short_listing, empty_listing])
def test_absence_is_confirmed_where_listings_are_no_proof(proxy, bucket, variant):
    proxy.variants = [variant]
    for name in NAMES[:20]:
        put_through_the_proxy(bucket, PREFIX + name)
    wanted = [*NAMES[:20], "absent-1.jpg", "absent-2.jpg"]
    assert found(wanted, bucket=bucket) != set(NAMES[:20])
    assert found(wanted, bucket=bucket, confirm_absent=True) == set(NAMES[:20])


def test_a_store_that_does_not_seek_is_asked_by_head(filled, proxy):
    proxy.variants = [deaf_listing]
    assert found(NAMES[50:70], bucket=filled) == set(NAMES[50:70])
    assert proxy.count(method="HEAD") == 20


@pytest.mark.parametrize("names", [["a"], NAMES])
@pytest.mark.parametrize("confirm_absent", [True, False])
def test_a_missing_bucket_is_not_an_absent_key(names, confirm_absent):
    with pytest.raises(BucketMissing):
        lookup(bucket="no-such-bucket", prefix=PREFIX, names=names, confirm_absent=confirm_absent)
    with pytest.raises(BucketMissing):
        head("no-such-bucket", PREFIX + names[0])
    with pytest.raises(BucketMissing):
        content_md5("no-such-bucket", PREFIX + names[0])


def test_the_bucket_is_proven_once_for_many_absent_keys(bucket, proxy):
    for number in range(5):
        assert head(bucket, f"absent-{number}") is None
    assert proxy.count(method="HEAD", key="") == 1


def test_head_and_content_md5_tell_of_one_object(store, bucket):
    body = bytes(range(256)) * 20_000
    store.put_object(Bucket=bucket, Key="a b/é", Body=body)
    stored = head(bucket, "a b/é")
    assert (stored.key, stored.size_bytes, stored.etag) == ("a b/é", len(body), md5(body).hexdigest())
    assert content_md5(bucket, "a b/é") == md5(body).hexdigest()
    assert head(bucket, "absent") is None
    assert content_md5(bucket, "absent") is None


def test_content_md5_begins_anew_when_the_stream_breaks(store, bucket, proxy):
    body = bytes(range(256)) * 20_000
    store.put_object(Bucket=bucket, Key="large", Body=body)
    proxy.fault = once(ResetMidAnswer(1_000_000), method="GET")
    assert content_md5(bucket, "large") == md5(body).hexdigest()
    assert proxy.count(method="GET") == 2


def put_through_the_proxy(bucket: str, key: str) -> None:
    """With our own client, whose store the proxy is, so that its variant knows of it."""
    answer = module.call("PUT", bucket=bucket, key=key, body=key.encode())
    assert answer.status == 200
