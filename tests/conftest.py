"""Starts the tests' own services before Django reads its settings; fixtures that any test may want."""

import os
import sys
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import boto3
import botocore.config
import django
import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase

from amiportal.legacy.meter import meter
from amiportal.sheets.signals import before_import
from tests import baseline, chromium, services

if services.are_needed(sys.argv[1:]):
    services.start()
else:
    services.name_none()
django.setup()  # now, because conftest.py files of folders import models
# A slow hash is what passwords need and what a thousand sign-ins of tests do not.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

pytest_plugins = ["tests.people", "tests.networkwatch", "tests.storelog"]
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
MARKER_OF_FOLDER = {"browser": pytest.mark.browser, "bench": pytest.mark.bench, "soak": pytest.mark.soak}

# A slow machine is no failure of the code; in CI the same examples every time.
hypothesis.settings.register_profile("portal", deadline=None, derandomize=IN_CI)
hypothesis.settings.load_profile("portal")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Else those that run the tests would read these settings before their own services have started."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    services.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        marker = MARKER_OF_FOLDER.get(item.path.relative_to(here).parts[0])
        if marker:
            item.add_marker(marker)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Else the name of a test would hold a whole file, of megabytes."""
    return f"{argname} of {len(val)}" if isinstance(val, str | bytes) and len(val) > 80 else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and chromium.find() is None:
        if IN_CI:
            pytest.fail("no Chromium found, and in CI the browser tests must run")
        pytest.skip("no Chromium found: install it, or name it in CHROMIUM")


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Each process has a server of its own, so all can call their database the same: it stands in the template."""


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The whole server is thrown away at the end; dropping one database before would wait for its sessions."""
    return True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """A transactional test ends with the tables as migrations left them: empty, but for roles, hardware and such."""
    with django_db_blocker.unblock():
        baseline.take()
    TransactionTestCase._fixture_teardown = lambda case: baseline.restore()


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Cache and meter are the process's: what one test put there is not the next one's."""
    yield
    cache.clear()
    meter.forget()


@pytest.fixture(scope="session")
def store():
    """A plain boto3 client of the tests' store: the judge that knows nothing of our own code."""
    return boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT_URL"],
        aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        region_name=os.environ["AWS_REGION"],
        config=botocore.config.Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@pytest.fixture(scope="session", autouse=True)
def _files_bucket(store) -> None:
    """As in any portal that was set up: an import takes a snapshot first, and that needs its place."""
    store.create_bucket(Bucket=settings.PORTAL_FILES_BUCKET)


@pytest.fixture
def bucket(store) -> Iterator[str]:
    """The name of a fresh, empty bucket of the store, without CORS rules; there is no row for it."""
    name = f"test-{uuid.uuid4().hex[:16]}"
    store.create_bucket(Bucket=name)
    yield name
    # SeaweedFS removes a bucket with all that is in it.
    store.delete_bucket(Bucket=name)


@pytest.fixture
def empty_queue(db) -> None:
    """No job and no worker: their tables are not Django's, so what an earlier test committed is still there."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


@pytest.fixture
def connect_before_import(monkeypatch) -> Callable[[Callable], None]:
    """Connects a receiver to `before_import` in place of all that are there, until the end of the test."""
    monkeypatch.setattr(before_import, "receivers", [])
    return partial(before_import.connect, weak=False)
