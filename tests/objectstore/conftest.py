"""A store that does wrong when told to, and quick ways to fill it."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache

from tests.faultproxy import FaultProxy


@pytest.fixture(autouse=True)
def _forgotten_habits() -> Iterator[None]:
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


@pytest.fixture
def fill(store, bucket) -> Callable[[Iterable[str]], None]:
    """Puts an object under each key; its body is the key."""

    def put(key: str) -> None:
        store.put_object(Bucket=bucket, Key=key, Body=key.encode())

    def fill(keys: Iterable[str]) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, keys))

    return fill
