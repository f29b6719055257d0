"""The way back for buckets, hardware and the allocation; and who may go it."""

import datetime
from decimal import Decimal

import pytest

from amiportal.objectstore.allocation import update_allocation
from amiportal.objectstore.models import Allocation
from deployments import services
from deployments.models import HardwareConfig
from tests.deployments.test_revert import go_back, history, page, said, version

__all__ = ["page"]

pytestmark = pytest.mark.django_db


def test_a_bucket_goes_back_but_for_its_name(page, maintainer):
    bucket = services.create_bucket(actor=maintainer, name="pan", title="Panama", country_code="PAN")
    services.update_bucket(actor=maintainer, bucket=bucket, title="Panamá", data_types=["snapshot_images"])
    text = page.get(history(bucket)).content.decode()
    assert "<ins>Snapshot images</ins>" in text
    go_back(page, bucket)
    bucket.refresh_from_db()
    assert (bucket.title, bucket.name, len(bucket.data_types)) == ("Panama", "pan", 4)
    assert bucket.history.first().history_change_reason.startswith("Back to the version of ")


def test_a_title_that_another_bucket_took_is_refused(page, maintainer, kenya):
    bucket = services.create_bucket(actor=maintainer, name="pan", title="Panama")
    services.update_bucket(actor=maintainer, bucket=bucket, title="Panamá")
    services.update_bucket(actor=maintainer, bucket=kenya, title="Panama")
    assert "Nothing was changed." in said(go_back(page, bucket))
    bucket.refresh_from_db()
    assert bucket.title == "Panamá"


def test_hardware_goes_back(page, maintainer):
    hardware = services.create_hardware(
        actor=maintainer, number=99, attractant_light="UV", camera="Pi", camera_lights="none", microphone="none"
    )
    services.update_hardware(actor=maintainer, hardware=hardware, camera="Webcam")
    go_back(page, hardware)
    hardware.refresh_from_db()
    assert hardware.camera == "Pi"
    assert hardware.history.first().history_user == maintainer


def test_deleted_hardware_is_still_told_of_and_not_gone_back_to(page, maintainer):
    hardware = services.create_hardware(
        actor=maintainer, number=99, attractant_light="UV", camera="Pi", camera_lights="none", microphone="none"
    )
    gone = HardwareConfig(pk=hardware.pk)
    address = version(hardware)
    hardware.delete()
    assert "Deleted</strong>" in page.get(history(gone)).content.decode()
    looked = page.get(address)
    assert "It was deleted since" in looked.content.decode()
    assert (
        page.post(address, {"newest": looked.context["newest"], "field": ["camera"], "apply": "1"}).status_code == 302
    )
    assert not HardwareConfig.objects.filter(number=99).exists()


def test_the_allocation_goes_back(page, maintainer):
    before = Allocation.objects.get()
    update_allocation(actor=maintainer, size_tb=Decimal(1), ends_on=datetime.date(2030, 1, 1))
    update_allocation(actor=maintainer, size_tb=Decimal(2))
    assert "<del>1</del>" in page.get(history(before)).content.decode()
    go_back(page, before, "size_tb", number=1)
    assert (Allocation.objects.get().size_tb, Allocation.objects.get().ends_on) == (1, datetime.date(2030, 1, 1))
    assert Allocation.history.first().history_user == maintainer


def test_the_history_is_for_maintainers(client, colleague, ladera):
    client.force_login(colleague)
    for address in (history(ladera), version(ladera)):
        assert client.get(address).status_code == 302
        assert client.post(address, {"field": ["location_name"], "apply": "1"}).status_code == 302


@pytest.mark.parametrize("number", ["0", "99999999", "x", "9" * 30])
def test_a_version_that_does_not_exist(page, ladera, number):
    assert page.get(f"{history(ladera)}{number}/").status_code == 404


def test_a_record_that_never_was(page):
    assert page.get("/admin/deployments/deployment/999999/history/").status_code == 404
    assert page.get("/admin/deployments/deployment/abc/history/").status_code == 404
