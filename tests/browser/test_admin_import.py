"""A maintainer's tables and second thoughts: import with a preview, export, and the way back to a version."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from deployments import services
from deployments.models import Deployment
from tests.browser.conftest import PASSWORD
from tests.browser.shots_page import keep_picture
from tests.deployments.sheets import GOOD, book_of

SIZES = {"desktop": {"width": 1440, "height": 900}, "tablet": {"width": 820, "height": 1180}}


@pytest.fixture
def maintainer(portal) -> User:
    person = User.objects.create_user(username="marta", password=PASSWORD, first_name="Marta", is_staff=True)
    person.groups.add(Group.objects.get(name=Role.MAINTAINERS))
    return person


@pytest.fixture
def admin(page, portal, maintainer, settings, tmp_path) -> Page:
    settings.VAR_DIR = tmp_path
    page.goto(f"{portal.url}/accounts/login/?next=/admin/deployments/deployment/")
    page.fill("#id_username", "marta")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="dep000119", exact=True)).to_be_visible()
    return page


def looked_at(page: Page, name: str) -> None:
    """Kept as pictures, where PAGE_SHOTS is set; at no width has one to scroll the page sideways."""
    before = page.viewport_size
    for width, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for scheme in ("light", "dark"):
            page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
            keep_picture(page, f"{name}-{width}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.evaluate("document.documentElement.classList.remove('dark')")
    page.set_viewport_size(before)


def choose(page: Page, path: Path) -> None:
    page.locator("#id_import_file").set_input_files(path)
    page.get_by_role("button", name="Preview").click()


def test_a_workbook_is_mended_previewed_and_imported(admin, portal, tmp_path):
    row = GOOD | {"country": "Panama", "country_code": portal.bucket.name, "location_name": "Khao Yai เขาใหญ่"}
    faulty, good = tmp_path / "faulty.xlsx", tmp_path / "good.xlsx"
    faulty.write_bytes(
        book_of(row | {"lat": "=A1", "status": "gone"}, row | {"deployment_id": "dep000078", "hardware_id": 99})
    )
    changed = {"deployment_id": "dep000119", "location_name": "Wetland South", "camera_id": "6B46159A"}
    good.write_bytes(book_of(row, row | changed | {"system_id": "AMI-12"}))

    admin.get_by_role("link", name="Import").click()
    looked_at(admin, "import")
    choose(admin, faulty)
    faults = admin.locator(".import-faults tbody tr")
    expect(faults).to_have_count(3)
    expect(faults.nth(0)).to_contain_text(re.compile("2.*lat.*formula", re.S))
    expect(faults.nth(2)).to_contain_text(re.compile("3.*hardware_id.*no hardware 99", re.S))
    expect(admin.get_by_role("button", name="Confirm import")).to_have_count(0)
    looked_at(admin, "import-faults")

    choose(admin, good)
    expect(admin.get_by_text("1 new, 1 changed, 0 unchanged")).to_be_visible()
    expect(admin.locator("ins", has_text="Wetland South")).to_be_visible()
    looked_at(admin, "import-preview")
    assert not Deployment.objects.filter(deployment_id=GOOD["deployment_id"]).exists()
    admin.get_by_role("button", name="Confirm import").click()
    expect(admin.get_by_text("Imported: 1 new, 1 changed")).to_be_visible()
    made = Deployment.objects.get(deployment_id=GOOD["deployment_id"])
    assert (made.location_name, made.created_by.username) == ("Khao Yai เขาใหญ่", "marta")
    assert Deployment.objects.get(deployment_id="dep000119").location_name == "Wetland South"


def test_the_filtered_list_is_exported_in_the_format_of_choice(admin, portal):
    admin.goto(f"{portal.url}/admin/deployments/deployment/?q=dep000120")
    admin.get_by_role("link", name=re.compile("Export$")).click()
    expect(admin.get_by_text("1 of 2")).to_be_visible()
    looked_at(admin, "export")
    admin.get_by_label("GeoJSON").check()
    with admin.expect_download() as download:
        admin.get_by_role("button", name="Export").click()
    text = Path(download.value.path()).read_text()
    assert download.value.suggested_filename.endswith(".geojson")
    assert "dep000120" in text
    assert "dep000119" not in text
    admin.get_by_role("link", name="Export all 2 instead").click()
    expect(admin.get_by_text("2 of 2", exact=True)).to_be_visible()
    expect(admin.get_by_text("for lack of coordinates (2)")).to_be_visible()


def test_a_mistake_is_seen_in_the_history_and_taken_back(admin, portal, maintainer):
    deployment = portal.deployment
    services.update_deployment(
        actor=maintainer, deployment=deployment, location_name="Wetlnad Nroth", camera_id="", latitude=9, longitude=-79
    )
    admin.goto(f"{portal.url}/admin/deployments/deployment/{deployment.pk}/history/")
    expect(admin.locator(".history > li")).to_have_count(2)
    expect(admin.locator(".history > li").first).to_contain_text("Marta")
    looked_at(admin, "history")
    admin.locator(".history > li").last.get_by_role("link").click()
    expect(admin.get_by_text("4 fields differ")).to_be_visible()
    looked_at(admin, "version")
    admin.get_by_label("Latitude").uncheck()
    admin.get_by_label("Longitude").press("Space")
    admin.get_by_role("button", name="Go back to this version").click()
    expect(admin.get_by_text("Place: Wetlnad Nroth → Wetland North")).to_be_visible()
    expect(admin.get_by_text("Latitude:")).to_have_count(0)
    looked_at(admin, "revert-asked")
    admin.get_by_role("button", name="Go back to this version").click()
    expect(admin.locator(".history > li").first).to_contain_text("Back to the version of")
    looked_at(admin, "history-after")
    deployment.refresh_from_db()
    assert (deployment.location_name, deployment.camera_id, deployment.latitude) == ("Wetland North", "6B46159A", 9)
