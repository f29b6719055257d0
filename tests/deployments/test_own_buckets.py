"""The bucket of the portal's own files becomes a bucket of uploads by no way in."""

import pytest
from django.core.exceptions import ValidationError

from amiportal.core.errors import Conflict
from amiportal.objectstore.own_files import USUAL_BUCKET
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import RestoreRefused, plan_restore, restore, take_snapshot
from amiportal.operations.snapshots.services.planning import Selection
from amiportal.sheets.plan import SheetRefused
from deployments import services
from deployments.models import Bucket, Deployment
from deployments.services.table_import import import_table
from tests.deployments.admin_pages import url
from tests.deployments.test_table import GOOD, table_of
from tests.people import PASSWORD, make_bucket, make_deployment, signed_in

pytestmark = pytest.mark.django_db
OWN = ["the-portals-own", USUAL_BUCKET, "portal-probe-0123456789abcdef"]
RESERVED = "reserved for the portal"


@pytest.fixture(autouse=True)
def _as_before(settings, store):
    """Whatever is tried, the store's buckets stay as they are, without rules for pages."""
    settings.PORTAL_FILES_BUCKET = OWN[0]
    before = {entry["Name"] for entry in store.list_buckets()["Buckets"]}
    yield
    assert {entry["Name"] for entry in store.list_buckets()["Buckets"]} == before
    assert not Bucket.objects.filter(name__in=OWN).exclude(title="Made before").exists()


@pytest.mark.parametrize("name", OWN)
def test_it_is_not_made_by_services_or_calls(client, maintainer, name):
    for make in (services.create_bucket, services.open_bucket):
        with pytest.raises(ValidationError, match=RESERVED):
            make(actor=maintainer, name=f" {name}", title="Files")
    answer = signed_in(maintainer).post("/api/v1/buckets/", {"name": name, "title": "Files"}, format="json")
    assert answer.status_code == 400
    assert RESERVED in str(answer.json()["fields"]["name"])
    form = {"username": maintainer.username, "password": PASSWORD, "bucket_name": name.upper()}
    answer = client.post("/create-bucket/", form)
    assert answer.status_code == 422
    assert RESERVED in answer.content.decode()


def test_it_is_not_made_in_the_admin(page):
    given = {"name": OWN[0], "title": "Files", "data_types": ["snapshot_images"]}
    assert RESERVED in page.post(url("bucket_add"), given).content.decode()
    guided = {"go": "place", "kind": "new", **given}
    assert RESERVED in page.post(url("deployment_add"), guided).content.decode()


def test_it_comes_with_no_table(maintainer):
    table = table_of(GOOD | {"country_code": OWN[0].upper()})
    assert RESERVED in table.faults[0].message
    with pytest.raises(SheetRefused):
        import_table(actor=maintainer, table=table)
    assert not Deployment.objects.filter(deployment_id=GOOD["deployment_id"]).exists()


def test_no_snapshot_brings_it_back(maintainer, settings):
    settings.PORTAL_FILES_BUCKET = USUAL_BUCKET
    row = Bucket.objects.create(name=OWN[2], title="Put there by hand")
    snapshot = take_snapshot(actor=None, reason=Snapshot.Reason.HAND)
    row.delete()
    everything = Selection.everything()
    plan = plan_restore(actor=maintainer, snapshot=snapshot, chosen=everything)
    assert any(RESERVED in fault for fault in plan.faults)
    with pytest.raises(RestoreRefused, match=RESERVED):
        restore(actor=maintainer, snapshot=snapshot, chosen=everything, digest=plan.digest)


@pytest.fixture
def made_before(maintainer) -> Deployment:
    """The setting was changed to the name of a bucket that had taken uploads."""
    return make_deployment("dep000077", make_bucket(OWN[0], "Made before"), status="active")


def test_a_row_from_before_the_setting_was_changed_is_not_opened(page, maintainer, made_before):
    with pytest.raises(Conflict, match="portal's own files"):
        services.make_bucket_in_store(actor=maintainer, bucket=made_before.bucket)
    page.post(url("bucket_open_in_store", made_before.bucket.pk))
    with pytest.raises(ValidationError, match=RESERVED):
        services.update_bucket(actor=maintainer, bucket=made_before.bucket, title="Files")


def test_nothing_is_granted_in_a_row_from_before(client, maintainer, made_before):
    http = signed_in(maintainer)
    opened = http.post(
        "/api/v1/uploads/sessions/",
        {"deployment": made_before.deployment_id, "data_type": "snapshot_images", "uploader_name": "M", "client": "t"},
        format="json",
    )
    assert (opened.status_code, opened.json()["code"]) == (403, "bucket_reserved")
    form = {
        "username": maintainer.username,
        "password": PASSWORD,
        "name": "M",
        "country": OWN[0],
        "deployment": made_before.deployment_id,
        "data_type": "snapshot_images",
        "filename": "20240918032339-snapshot.jpg",
        "file_type": "image/jpeg",
    }
    answer = client.post("/generate-presigned-url/", form)
    assert answer.status_code == 403
    assert "X-Amz-Signature" not in answer.content.decode()
