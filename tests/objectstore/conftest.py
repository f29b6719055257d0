"""A store that does wrong when told to, and quick ways to fill it."""

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache

from tests.faultproxy import FaultProxy


@pytest.fixture(autouse=True)
def _forgotten_capabilities() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def proxy(settings) -> Iterator[FaultProxy]:
    """The fault proxy, in the place of the store for everything that reads the settings."""
    with FaultProxy(os.environ["S3_ENDPOINT_URL"]) as proxy:
        settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = proxy.url
        yield proxy


@pytest.fixture
def nothing_listens(settings) -> None:
    """The store is down: its port is closed."""
    with FaultProxy(os.environ["S3_ENDPOINT_URL"]) as closed:
        settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = closed.url
    settings.S3_MAX_ATTEMPTS = 1


Fill = Callable[[Iterable[str]], None]


def filler(store, bucket: str) -> Fill:
    """Puts an object under each key; its body is the key."""

    def put(key: str) -> None:
        store.put_object(Bucket=bucket, Key=key, Body=key.encode())

    def fill(keys: Iterable[str]) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, keys))

    return fill


@pytest.fixture
def fill(store, bucket) -> Fill:
    return filler(store, bucket)


@pytest.fixture(scope="module")
def read_only(store) -> Iterator[tuple[str, Fill]]:
    """A bucket that a module fills once and its tests only read: the first object in a new bucket takes a second."""
    name = f"test-{uuid.uuid4().hex[:16]}"
    store.create_bucket(Bucket=name)
    yield name, filler(store, name)
    store.delete_bucket(Bucket=name)
