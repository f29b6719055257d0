"""A maintainer takes a snapshot, spoils the table, looks at what differs and goes back.

PAGE_SHOTS=/some/folder keeps pictures of the pages, light and dark, on a desk and on a tablet.
"""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.operations.snapshots.models import Snapshot
from deployments.models import Bucket, Deployment, HardwareConfig
from tests.browser.axe import RULES
from tests.browser.conftest import PASSWORD

SHOTS = os.environ.get("PAGE_SHOTS", "")
SIZES = {"desktop": {"width": 1440, "height": 900}, "tablet": {"width": 820, "height": 1100}}


@pytest.fixture
def desk(page, portal) -> Page:
    """The admin's front page, with a maintainer signed in."""
    person = User.objects.create_user("mara", password=PASSWORD, first_name="Mara", is_staff=True)
    person.groups.add(Group.objects.get(name=Role.MAINTAINERS))
    page.goto(f"{portal.url}/accounts/login/?next=/admin/")
    page.fill("#id_username", "mara")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="history Snapshots")).to_be_visible()
    return page


def look(page: Page, name: str) -> None:
    """What is ours is judged by axe; pictured where that was asked for."""
    if page.locator(".snap").count():
        found = Axe().run(page, context=".snap", options=RULES).response["violations"]
        assert [(v["id"], node["html"]) for v in found for node in v["nodes"]] == []
    if not SHOTS:
        return
    before = page.viewport_size
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for scheme in ("light", "dark"):
            page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
            page.screenshot(path=Path(SHOTS) / f"{name}-{size}-{scheme}.png", full_page=True)
    page.evaluate("document.documentElement.classList.remove('dark')")
    page.set_viewport_size(before)


def spoil(portal) -> None:
    """What a bad hour does: places renamed, hardware lost, a season opened that should not be."""
    Deployment.objects.filter(pk=portal.deployment.pk).update(
        location_name="Wetland S", latitude=Decimal("9.1"), longitude=Decimal("-79.5"), first_day=date(2025, 5, 1)
    )
    HardwareConfig.objects.filter(number=7).delete()
    cri = Bucket.objects.create(name="cri", title="Costa Rica", country_code="CRI")
    Deployment.objects.create(deployment_id="dep000131", bucket=cri, location_name="Playa", status="active")
    User.objects.filter(username="ines").update(organisation="Another institute", is_active=False)


def test_take_compare_and_restore(desk, portal):
    desk.get_by_role("link", name="history Snapshots").click()
    look(desk, "list-empty")
    desk.get_by_role("link", name="Take one now").click()
    desk.get_by_role("button", name="Take it").click()
    expect(desk.get_by_text("is taken")).to_be_visible()
    look(desk, "one")
    desk.get_by_role("link", name="Compare with now").click()
    expect(desk.get_by_role("heading", name="No difference")).to_be_visible()
    look(desk, "no-difference")

    spoil(portal)
    desk.reload()
    row = desk.locator("li", has_text="dep000119")
    expect(row.locator("del", has_text="Wetland North")).to_be_visible()
    expect(row.locator("ins", has_text="Wetland S")).to_be_visible()
    look(desk, "compare")

    row.get_by_role("checkbox").check()
    desk.get_by_role("button", name="Restore the ticked rows").click()
    expect(desk.get_by_text("This is all that would change")).to_be_visible()
    portal.deployment.refresh_from_db()
    assert portal.deployment.location_name == "Wetland S"
    desk.get_by_role("button", name="Restore 1 row").click()
    expect(desk.get_by_text("1 row is restored")).to_be_visible()
    portal.deployment.refresh_from_db()
    assert (portal.deployment.location_name, portal.deployment.latitude) == ("Wetland North", None)
    assert not HardwareConfig.objects.filter(number=7).exists()

    desk.get_by_role("button", name="Everything").click()
    expect(desk.get_by_text("Comes back").or_(desk.get_by_text("Brought back")).first).to_be_visible()
    look(desk, "preview")
    desk.get_by_role("button", name="Restore 3 rows").click()
    expect(desk.get_by_text("3 rows are restored")).to_be_visible()
    look(desk, "after")
    assert HardwareConfig.objects.filter(number=7).exists()
    assert Deployment.objects.get(deployment_id="dep000131").status == "inactive"
    portal.partner.refresh_from_db()
    assert (portal.partner.organisation, portal.partner.is_active) == ("", False)

    desk.get_by_role("link", name="history Snapshots").click()
    look(desk, "list")
    assert list(Snapshot.objects.values_list("reason", flat=True)) == ["restore", "restore", "hand"]


def test_two_chosen_in_the_list_by_keyboard(desk, portal):
    for title in ("Panama", "Panamá"):
        Bucket.objects.filter(pk=portal.bucket.pk).update(title=title)
        desk.goto(f"{portal.url}/admin/snapshots/snapshot/take_one")
        desk.get_by_role("button", name="Take it").click()
        expect(desk.get_by_text("is taken")).to_be_visible()
    desk.goto(f"{portal.url}/admin/snapshots/snapshot/")
    for box in desk.locator("#result_list tbody input[type=checkbox]").all():
        box.focus()
        desk.keyboard.press("Space")
    desk.locator("select[name=action]").select_option(label="Compare (two, or one with now)")
    desk.get_by_role("button", name="Run").click()
    expect(desk.locator("ins", has_text="Panamá")).to_be_visible()
    assert desk.get_by_role("checkbox").count() == 0
