"""The command and the admin page of the probe."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from amiportal.objectstore.admin import StoreProbeAdmin
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.models import StoreProbe
from amiportal.objectstore.probe import CHECKS

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    printed = StringIO()
    call_command("probe_store", *arguments, stdout=printed)
    return printed.getvalue()


def test_it_records_what_it_prints(bucket, settings):
    settings.PORTAL_ORIGINS = []
    printed = run(bucket)
    row = StoreProbe.objects.get()
    assert (row.bucket, row.endpoint) == (bucket, settings.S3_ENDPOINT_URL)
    for name, finding in row.record.items():
        assert f"{name} " in printed
        assert finding["detail"] in printed
    assert len(row.record) == len(CHECKS)
    assert current_capabilities(bucket).probed_at == row.made_at


def test_it_prints_no_secret(bucket, settings):
    printed = run(bucket) + str(StoreProbe.objects.get().record)
    for secret in (settings.S3_SECRET_ACCESS_KEY, settings.S3_ACCESS_KEY_ID, "X-Amz-Signature", "X-Amz-Credential"):
        assert secret not in printed


def test_without_a_bucket_it_says_so_and_records_nothing():
    with pytest.raises(CommandError, match='no bucket "no-such-bucket"') as caught:
        run("no-such-bucket")
    assert caught.value.returncode == 1
    assert not StoreProbe.objects.exists()


def test_a_store_that_is_down_ends_it_and_records_nothing(nothing_listens):
    with pytest.raises(CommandError, match="cannot be reached"):
        run("test-upload")
    assert not StoreProbe.objects.exists()


@pytest.fixture
def row() -> StoreProbe:
    record = {
        "listing_order": {"value": "bytes", "detail": "In order."},
        "put_etag": {"value": "other", "detail": "Not the <MD5>."},
    }
    return StoreProbe.objects.create(endpoint="http://store.example", bucket="gbr", record=record)


def test_maintainers_read_it_and_change_nothing(admin_client, row):
    listed = admin_client.get(reverse("admin:objectstore_storeprobe_changelist"))
    assert listed.status_code == 200
    assert b"http://store.example" in listed.content
    shown = admin_client.get(reverse("admin:objectstore_storeprobe_change", args=[row.pk]))
    assert shown.content.index(b"Not the &lt;MD5&gt;.") < shown.content.index(b"In order.")
    assert b"_save" not in shown.content
    for step, arguments in (("add", []), ("delete", [row.pk])):
        assert admin_client.get(reverse(f"admin:objectstore_storeprobe_{step}", args=arguments)).status_code == 403
    changed = admin_client.post(reverse("admin:objectstore_storeprobe_change", args=[row.pk]), {"bucket": "x"})
    assert changed.status_code == 403
    row.refresh_from_db()
    assert row.bucket == "gbr"


def test_the_list_counts_what_differs(row):
    assert StoreProbeAdmin.differing(None, row) == 1
