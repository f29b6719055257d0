"""The guide's protocols for when something is wrong."""

import pytest

from amiportal.objectstore.models import Allocation
from amiportal.objectstore.versions import forget_versions, keep_versions
from amiportal.operations.doctor.models import Finding
from tests.faultproxy import FaultProxy
from tests.faults import Status, always
from tests.uploads.test_history import make_file, make_session
from uploads.models import Drift, UploadFailure, UploadLog
from uploads.services.inventory import take_inventory

FIRST = "20250714220000-snapshot.jpg"


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


def test_changed_files(follow, portal, store, upload):
    where = {"Bucket": portal.bucket.name, "Key": f"{portal.deployment.deployment_id}/snapshot_images/{FIRST}"}
    assert keep_versions(portal.bucket.name)
    content = b"as it was"
    etag = store.put_object(**where, Body=content)["ETag"].strip('"')
    UploadLog.objects.filter(filename=FIRST).update(size_bytes=len(content), md5=etag, etag=etag)
    store.put_object(**where, Body=b"something else")
    take_inventory(deployment=portal.deployment, data_type="snapshot_images")
    with follow("changed-files") as walk:
        walk.menu("Changed files")
        walk.see("vanished")
        walk.see("changed")
        walk.picture("changed-files", "#result_list")
        walk.open_row(FIRST)
        walk.press("Bring back the older version")
        walk.press("Bring back")
        walk.see("in the store as before")
        walk.press("Settle")
        walk.fill("Why it may be settled", "Brought back from its older version.")
        walk.press("Settle")
    assert store.get_object(**where)["Body"].read() == content
    assert list(Drift.objects.filter(settled_at=None).values_list("kind", flat=True)) == ["vanished"]
    assert UploadLog.objects.get(filename=FIRST).status == "verified"
    forget_versions(portal.bucket.name, "")
