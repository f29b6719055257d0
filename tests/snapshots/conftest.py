"""What the tests of snapshots share."""

import socket

import pytest


@pytest.fixture
def storage(settings):
    """Change where django-storages keeps the portal's files, for one test."""

    def change(**options) -> None:
        default = settings.STORAGES["default"]
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {**default, "OPTIONS": {**default["OPTIONS"], **options}},
        }

    return change


@pytest.fixture
def storage_is_away(storage, settings) -> None:
    """Nobody listens where the storage should be."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.S3_MAX_ATTEMPTS = 1
        storage(endpoint_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        yield
