"""A copy overwrites nothing, and is believed only when both keys show that it is one."""

from dataclasses import replace

import pytest

from amiportal.core.errors import Conflict, StoreError
from amiportal.objectstore import copying
from amiportal.objectstore.lookup import head
from tests.faults import Answer

pytestmark = pytest.mark.django_db
SOURCE, TARGET = "_beside/1/a.jpg", "dep000001/snapshot_images/a.jpg"
CARD, OTHER = b"one night", b"ten night"


@pytest.fixture
def put(store, bucket):
    return lambda key, body: store.put_object(Bucket=bucket, Key=key, Body=body)


@pytest.fixture
def source(bucket, put):
    put(SOURCE, CARD)
    return head(bucket, SOURCE)


@pytest.fixture
def contents(store, bucket):
    def read() -> dict[str, bytes]:
        keys = [entry["Key"] for entry in store.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {key: store.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    return read


def copy(bucket: str, source):
    return copying.copy(bucket=bucket, source=source, key=TARGET)


def test_it_may_be_repeated(bucket, source, contents):
    made = [copy(bucket, source) for _ in range(2)]
    assert [(stored.key, stored.size_bytes) for stored in made] == [(TARGET, len(CARD))] * 2
    assert contents() == {SOURCE: CARD, TARGET: CARD}


def test_other_content_at_the_key_stays(bucket, source, put, contents):
    put(TARGET, OTHER)
    with pytest.raises(Conflict, match="holds other content"):
        copy(bucket, source)
    assert contents() == {SOURCE: CARD, TARGET: OTHER}


def test_what_has_changed_since_it_was_seen_is_not_copied(bucket, source, put, contents):
    put(SOURCE, OTHER)
    with pytest.raises(Conflict, match="has changed meanwhile"):
        copy(bucket, source)
    assert contents() == {SOURCE: OTHER}


def test_what_changes_in_that_moment_is_not_called_a_copy(bucket, source, put, proxy):
    def overtaken(request, forward):
        if "x-amz-copy-source" in request.headers:
            put(SOURCE, OTHER)
        return forward(request)

    proxy.variants = [overtaken]
    with pytest.raises(Conflict, match="has changed meanwhile"):
        copy(bucket, source)


@pytest.mark.parametrize(("made", "error"), [(OTHER, Conflict), (None, StoreError)], ids=["other bytes", "none"])
def test_a_copy_that_the_store_says_it_made_is_looked_at(bucket, source, put, proxy, made, error):
    def untrue(request, forward):
        if "x-amz-copy-source" not in request.headers:
            return forward(request)
        if made:
            put(TARGET, made)
        return Answer(200, [("Content-Type", "application/xml")], b"<CopyObjectResult/>")

    proxy.variants = [untrue]
    with pytest.raises(error):
        copy(bucket, source)


def test_where_etags_tell_nothing_both_are_read(bucket, source, put):
    put(TARGET, CARD)
    put("b.jpg", OTHER)
    same, other = (replace(head(bucket, key), etag="0" * 32) for key in (TARGET, "b.jpg"))
    assert copying.is_equal(bucket, source, same)
    assert not copying.is_equal(bucket, same, other)
