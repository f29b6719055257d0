"""The guide's protocols for when something is wrong."""

import pytest

from amiportal.doctor.models import Finding
from amiportal.objectstore.models import Allocation
from tests.faultproxy import FaultProxy
from tests.faults import Status, always
from tests.uploads.test_history import make_file, make_session
from uploads.models import UploadFailure


@pytest.fixture
def upload(portal):
    """A night of three files, of which one did not get through."""
    session = make_session(portal.partner, portal.deployment, declared_files=3, declared_bytes=12_630_000)
    for minute in (0, 10):
        make_file(session, f"2025071422{minute:02}00-snapshot.jpg", size_bytes=4_210_000)
    name = "20250714222000-snapshot.jpg"
    make_file(session, name, "failed", error_code="network")
    UploadFailure.objects.create(
        account=portal.partner,
        session=session,
        deployment=portal.deployment,
        step="send",
        code="network",
        filename=name,
        message="The store could not be reached, though it was tried many times.",
        attempts=12,
        client="upload page 1.0",
    )
    return session


def test_upload_failed(follow, portal, upload):
    with follow("upload-failed") as walk:
        walk.menu("Failures")
        walk.picture("failures", "#result_list")
        walk.open_row("network")
        walk.press("Session", of=str(upload))
        walk.press("Files of this session")
        walk.see("Verified")
        walk.list_has(rows=3)


def test_store_unreachable(follow, portal, settings):
    honest = settings.S3_ENDPOINT_URL
    settings.S3_MAX_ATTEMPTS = 1
    with FaultProxy(honest, fault=always(Status(503))) as away, follow("store-unreachable") as walk:
        settings.S3_ENDPOINT_URL = away.url
        walk.menu("Health")
        walk.press("Look now")
        walk.see("Object store: Broken")
        assert Finding.objects.get(subject="store").state == "bad"
        walk.picture("health", "#content h2", walk.main.get_by_role("listitem").filter(has_text="Object store: Broken"))
        walk.see("The store does not answer.")
        settings.S3_ENDPOINT_URL = honest
        walk.press("Look now")
        walk.see("Object store: Well")
        assert Finding.objects.get(subject="store").state == "ok"
        walk.menu("Sessions")


def test_allocation(follow, portal):
    with follow("allocation") as walk:
        walk.page.goto(f"{walk.url}/admin/")
        walk.picture("storage", walk.main.locator("section").filter(has_text="The grant ends on"))
        walk.menu("Allocation")
        walk.fill("Size", "320")
        walk.fill("Ends on", "2028-03-31")
        walk.press("Save")
    assert str(Allocation.objects.get()) == "320 TB until 2028-03-31"
