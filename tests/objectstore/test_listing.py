"""Streams of any length, and stores that lead in circles."""

import pytest

from amiportal.core.errors import BucketMissing, StoreError
from amiportal.objectstore.listing import stream
from tests.store_variants import RepeatedListing

KEYS = sorted([f"dep000001/x/{number:03d}.jpg" for number in range(45)] + ["dep000001/x.jpg", "dep000002/a b+é%.jpg"])


@pytest.fixture(scope="module")
def filled(read_only) -> str:
    bucket, fill = read_only
    fill(KEYS)
    return bucket


@pytest.mark.parametrize("page_size", [1, 7, 45, 46, 1000])
def test_every_object_comes_once_over_any_number_of_pages(filled, proxy, page_size):
    objects = list(stream(filled, "dep", page_size=page_size))
    assert sorted(entry.key for entry in objects) == KEYS
    assert all(entry.size_bytes == len(entry.key.encode()) for entry in objects)
    assert len(proxy.seen) == -(-len(KEYS) // page_size)


def test_pages_are_fetched_as_they_are_read(filled, proxy):
    objects = stream(filled, "dep", page_size=5)
    for _ in range(6):
        next(objects)
    assert len(proxy.seen) in (2, 3)  # the third may be on its way
    objects.close()
    assert len(proxy.seen) <= 3


def test_a_prefix_without_objects_is_empty(filled):
    assert list(stream(filled, "dep000003/")) == []


def test_a_missing_bucket_is_not_an_empty_one():
    with pytest.raises(BucketMissing):
        list(stream("no-such-bucket", ""))


def test_a_listing_that_repeats_itself_is_an_error_not_a_circle(filled, proxy):
    proxy.variants = [RepeatedListing()]
    with pytest.raises(StoreError, match="does not advance"):
        list(stream(filled, "dep", page_size=5))
    assert len(proxy.seen) <= 3
