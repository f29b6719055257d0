"""A maintainer filters the ledger, orders an export, watches it without loading the page again, and fetches it.

PAGE_SHOTS=/some/folder keeps pictures of the pages, light and dark, on a desk and on a phone.
"""

import json
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from tests.browser.axe import RULES
from tests.browser.conftest import PASSWORD
from tests.uploads.ledger_rows import fill, make_session
from uploads.models import Export, UploadLog
from uploads.services.exports import run_export

SHOTS = os.environ.get("PAGE_SHOTS", "")
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
OURS = ("#exports-said", ".export-progress", "nav[aria-label=Pages]", "[data-chips]")


@pytest.fixture
def desk(page, portal) -> Page:
    """The ledger's list, with a maintainer signed in and 300 files of two partners' sessions."""
    person = User.objects.create_user("mara", password=PASSWORD, first_name="Mara", is_staff=True)
    person.groups.add(Group.objects.get(name=Role.MAINTAINERS))
    fill([make_session(portal.partner, portal.deployment), make_session(person, portal.neighbour, day=1)], 300)
    page.goto(f"{portal.url}/accounts/login/?next=/admin/uploads/uploadlog/")
    page.fill("#id_username", "mara")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    return page


def look(page: Page, name: str) -> None:
    for part in OURS:
        if page.locator(part).count():
            found = Axe().run(page, context=part, options=RULES).response["violations"]
            assert [(v["id"], node["html"]) for v in found for node in v["nodes"]] == []
    if not SHOTS:
        return
    before = page.viewport_size
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for scheme in ("light", "dark"):
            page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
            page.screenshot(path=Path(SHOTS) / f"{name}-{size}-{scheme}.png")
    page.evaluate("document.documentElement.classList.remove('dark')")
    page.set_viewport_size(before)


def test_from_the_filters_to_the_file(desk, portal):
    pages = desk.get_by_role("navigation", name="Pages")
    newest = UploadLog.objects.order_by("-id").first().filename
    expect(desk.locator("#result_list tbody").first).to_contain_text(newest)
    pages.get_by_role("link", name="Next").click()
    expect(pages.get_by_role("link", name="Previous")).to_be_visible()
    pages.get_by_role("link", name="Last").click()
    expect(pages.get_by_role("link", name="Next")).to_have_count(0)
    pages.get_by_role("link", name="First").click()
    expect(pages.get_by_role("link", name="Previous")).to_have_count(0)
    expect(desk.locator("#result_list tbody").first).to_contain_text(newest)
    look(desk, "ledger")

    asked = f"status__exact=failed&deployment__id__exact={portal.deployment.pk}"
    desk.goto(f"{portal.url}/admin/uploads/uploadlog/?{asked}")
    expect(desk.locator("[data-chips] a")).to_have_count(3)
    look(desk, "ledger-filtered")
    desk.get_by_role("link", name="Export this selection").click()
    expect(desk.locator("form").get_by_text("deployment dep000119, state failed")).to_be_visible()
    desk.locator("#id_format").select_option("ndjson")
    look(desk, "export-order")
    desk.get_by_role("button", name="Export", exact=True).click()

    export = Export.objects.get()
    cell = desk.locator(f'[data-export="{export.pk}"]')
    expect(cell).to_contain_text("Waiting for a worker")
    expect(desk.get_by_role("link", name="Cancel", exact=True)).to_be_visible()
    expect(desk.get_by_role("link", name="Download", exact=True)).to_have_count(0)
    desk.evaluate("window.sameDocument = true")
    Export.objects.update(state="running", rows_done=5, rows_estimated=10)
    expect(cell).to_contain_text("5 of about 10 rows")
    expect(cell.locator("progress")).to_have_attribute("value", "50")
    look(desk, "exports-running")
    run_export(export.pk)
    expect(cell).to_contain_text("Ready: 15 rows")
    expect(cell.locator("progress")).to_be_hidden()
    expect(desk.get_by_role("link", name="Cancel", exact=True)).to_have_count(0)
    expect(desk.locator("#exports-said")).to_have_text(f"Export {export.pk}: {cell.inner_text().strip()}")
    assert desk.evaluate("window.sameDocument")
    look(desk, "exports-ready")

    with desk.expect_download() as download:
        desk.get_by_role("link", name="Download", exact=True).click()
    rows = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
    wanted = UploadLog.objects.filter(status="failed", deployment=portal.deployment)
    assert {row["id"] for row in rows} == set(wanted.values_list("pk", flat=True))


def test_cancelled_and_run_again(desk, portal):
    desk.goto(f"{portal.url}/admin/uploads/export/order/")
    desk.get_by_role("button", name="Export", exact=True).click()
    desk.get_by_role("link", name="Cancel", exact=True).click()
    desk.get_by_role("button", name="Cancel it").click()
    expect(desk.locator("[data-export]")).to_contain_text("Cancelled")
    desk.get_by_role("link", name="Run again").click()
    desk.get_by_role("button", name="Export", exact=True).click()
    expect(desk.locator("[data-export]").first).to_contain_text("Waiting for a worker")
    assert list(Export.objects.order_by("id").values_list("state", flat=True)) == ["cancelled", "waiting"]
    desk.goto(f"{portal.url}/admin/uploads/export/{Export.objects.first().pk}/change/")
    expect(desk.get_by_role("rowheader", name="device_time")).to_be_visible()
    look(desk, "export-columns")
