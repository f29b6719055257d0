"""A portal that listens, a Chromium that looks at it, and a partner who uses it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.objectstore.buckets import ensure_bucket
from amiportal.objectstore.models import StoreProbe
from amiportal.objectstore.probe import probe
from amiportal.wsgi import under_prefix
from deployments.models import Bucket, Deployment
from tests import chromium
from tests.browser.card import Card
from tests.browser.upload_page import UploadPage
from tests.faultproxy import FaultProxy
from tests.liveserver import listening

PASSWORD = "moth-lamp-1947"
PATIENCE_MS = 60_000  # for two busy cores; a state is waited for, never a time

# Reported by the browser itself, in page and workers; read back by the fixture `context`.
WATCH_CSP = """
addEventListener('securitypolicyviolation', (e) => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI));
"""


@dataclass
class Portal:
    """A running portal with a partner, a bucket in the store and two neighbouring deployments."""

    url: str
    partner: User
    bucket: Bucket
    deployment: Deployment
    neighbour: Deployment


@dataclass
class Watched:
    """What went wrong in the browser without anybody seeing it."""

    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)  # parts of messages that the test provokes

    def unexpected(self) -> list[str]:
        return [text for text in self.problems if not any(part in text for part in self.expected)]


_click = Locator.click


def click_what_stands_still(locator: Locator, **options) -> None:
    """A page's fonts come last and move what stands there: a button pressed before and released after does nothing.

    On a busy machine one click in some hundreds met that moment, which a person does not.
    """
    if not options.get("force"):
        locator.wait_for(timeout=options.get("timeout"))
        locator.page.wait_for_load_state()
    _click(locator, **options)


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Browser]:
    # Playwright's event loop marks this thread as asynchronous, whereupon Django refuses the database. Nothing
    # asynchronous of ours runs here: the loop is Playwright's own and never touches a connection.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        patch.setattr(Locator, "click", click_what_stands_still)
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def store_record(store) -> dict:
    store.create_bucket(Bucket="probe-for-browser")
    return probe("probe-for-browser", origins=["http://127.0.0.1"]).record


@pytest.fixture
def prefix() -> str:
    """The path under which a proxy serves the portal; tests may override it by parametrisation."""
    return ""


@pytest.fixture
def server(transactional_db, settings, prefix) -> Iterator[str]:
    """The address of the whole portal, middleware and static files included, as gunicorn would serve it.

    pytest-django's live_server answers for static files itself, without our headers; the hashing worker's
    Content-Security-Policy would go untested.
    """
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    settings.WHITENOISE_MAX_AGE = 0
    settings.FORCE_SCRIPT_NAME = prefix or None
    settings.STATIC_URL = f"{prefix}/static/"  # what wsgi.py makes of it when the process starts under a prefix
    with listening(under_prefix(WSGIHandler(), prefix)) as address:
        yield address + prefix


@pytest.fixture
def make_partner(transactional_db) -> Callable[..., User]:
    def make(username: str, **names) -> User:
        user = User.objects.create_user(username=username, password=PASSWORD, **names)
        user.groups.add(Group.objects.get(name=Role.PARTNERS))
        return user

    return make


@pytest.fixture
def portal(server, settings, bucket, store_record, make_partner) -> Iterator[Portal]:
    StoreProbe.objects.create(endpoint=settings.S3_ENDPOINT_URL, bucket="probe-for-browser", record=store_record)
    cache.clear()
    origin = "http://" + urlsplit(server).netloc
    assert ensure_bucket(bucket, origins=[origin]).cors_ok
    row = Bucket.objects.create(name=bucket, title="Panama", country_code="PAN")
    deployments = [
        Deployment.objects.create(
            deployment_id=deployment_id,
            bucket=row,
            location_name="Wetland North",
            camera_id=camera,
            system_id=system,
            first_day=first_day,
            status="active",
        )
        for deployment_id, camera, system, first_day in (
            ("dep000119", "6B46159A", "AMI-12", "2025-04-01"),
            ("dep000120", "A36D429E", "AMI-13", None),
        )
    ]
    partner = make_partner("ines", first_name="Inés", last_name="Moreno")
    partner.buckets.add(row)
    yield Portal(server, partner, row, *deployments)
    cache.clear()


@pytest.fixture
def proxy(settings) -> Iterator[FaultProxy]:
    """Stands between the browser and the store; the portal's own calls go past it. Ask for it before the page."""
    with FaultProxy(settings.S3_ENDPOINT_URL) as proxy:
        settings.S3_PUBLIC_ENDPOINT_URL = proxy.url
        directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | {"connect-src": ["'self'", proxy.url]}
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives}
        yield proxy


@pytest.fixture
def whole_proxy(proxy, settings) -> FaultProxy:
    """As `proxy`, and the portal's own calls (listings, HEADs, parts) go through it too. Ask for it before the page."""
    settings.S3_ENDPOINT_URL = proxy.url
    settings.S3_READ_TIMEOUT_S = 5
    return proxy


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def context(chromium_browser, watched, server) -> Iterator[BrowserContext]:
    """A fresh profile. A violated policy, an error in the console or in a script fails the test.

    Asks for the server so as to be closed before it: a page that still loads would else meet a closed port.
    """
    context = chromium_browser.new_context(
        locale="en-GB",
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",  # what moves is painted again by the processor, all the time
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(WATCH_CSP)
    context.on("console", lambda message: message.type == "error" and watched.problems.append(message.text))
    context.on("weberror", lambda error: watched.problems.append(str(error.error)))
    yield context
    context.close()
    assert watched.unexpected() == []


@pytest.fixture
def page(context) -> Page:
    page = context.new_page()
    # Intercepts choosers from now on: begun at the click, it may come after the dialog on a busy machine.
    page.on("filechooser", lambda chooser: None)
    return page


@pytest.fixture
def upload_page(page, portal) -> UploadPage:
    """The upload page, with the partner signed in and everything chosen but the files."""
    opened = UploadPage(page, portal.url)
    opened.sign_in("ines", PASSWORD)
    opened.choose(portal.deployment.deployment_id, "Snapshot images")
    return opened


@pytest.fixture
def card(tmp_path) -> Card:
    return Card(tmp_path / "card")


@pytest.fixture
def objects(store, portal) -> Callable[[], dict[str, bytes]]:
    """What the store really has in the bucket, {key: content}, read without any code of ours."""

    def read() -> dict[str, bytes]:
        pages = store.get_paginator("list_objects_v2").paginate(Bucket=portal.bucket.name)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {key: store.get_object(Bucket=portal.bucket.name, Key=key)["Body"].read() for key in keys}

    return read
