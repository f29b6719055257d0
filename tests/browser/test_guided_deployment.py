"""A new deployment as a maintainer makes it: by keyboard, on the map, and with scripts switched off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from amiportal.accounts.roles import Role
from deployments.models import Bucket, Deployment
from tests.browser.axe import violations
from tests.browser.conftest import PASSWORD, PATIENCE_MS
from tests.browser.upload_page import UploadPage
from tests.people import make_person

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def maintainer(portal):
    person = make_person("keller", Role.MAINTAINERS, is_staff=True)
    person.set_password(PASSWORD)
    person.save()
    Bucket.objects.filter(pk=portal.bucket.pk).update(exists_in_store=True)
    return person


@pytest.fixture
def unmade(store, settings, portal) -> Iterator[str]:
    """Iceland's bucket, which nobody has made."""
    settings.PORTAL_ORIGINS = [portal.url]
    yield "isl"
    if "isl" in {entry["Name"] for entry in store.list_buckets()["Buckets"]}:
        store.delete_bucket(Bucket="isl")


def opened(page: Page, portal) -> Page:
    UploadPage(page, portal.url).sign_in("keller", PASSWORD)
    page.wait_for_url("**/upload/")
    page.goto(f"{portal.url}/admin/deployments/deployment/")
    page.get_by_role("link", name="Add deployment").or_(page.locator("a[href$='/deployment/add/']")).first.click()
    expect(page.get_by_role("heading", name="Which bucket do its files go into?")).to_be_visible()
    return page


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_by_keyboard_from_a_new_bucket_to_the_deployment(page, portal, maintainer, store, unmade):
    opened(page, portal)
    page.get_by_role("radio", name="A bucket that is known").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Title")).to_be_visible()
    expect(page.get_by_label("Bucket", exact=True)).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Iceland")
    assert violations(page, ".guided") == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("(isl, ISO ISL)")).to_be_visible()
    page.get_by_role("textbox", name="Place*", exact=True).focus()
    page.keyboard.type("Skaftafell")
    for text in ("64.016", "-16.966"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    expect(page.get_by_label("Longitude")).to_have_value("-16.966")
    expect(page.locator(".leaflet-marker-icon")).to_be_visible()
    page.get_by_role("checkbox", name="Inés Moreno").focus()
    page.keyboard.press("Space")
    assert violations(page, ".guided") == []
    page.get_by_label("Camera ID").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is all of this right?")).to_be_visible()
    expect(page.get_by_text("Atlantic/Reykjavik")).to_be_visible()
    assert violations(page, ".guided") == []
    assert not Bucket.objects.filter(name=unmade).exists()
    page.get_by_role("button", name="Make the deployment").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/")
    made = Deployment.objects.get(bucket__name=unmade)
    expect(page.get_by_text(f"{made.deployment_id} is made. The store has the bucket isl.")).to_be_visible()
    assert (made.location_name, str(made.latitude), made.time_zone) == ("Skaftafell", "64.016000", "Atlantic/Reykjavik")
    assert made.created_by == maintainer
    assert portal.partner.buckets.filter(name=unmade).exists()
    assert store.get_bucket_cors(Bucket=unmade)["CORSRules"]


def test_a_click_on_the_map_sets_the_place_and_a_change_keeps_the_rest(page, portal, maintainer):
    opened(page, portal)
    page.get_by_label("Bucket", exact=True).select_option(label=str(portal.bucket))
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("textbox", name="Place*", exact=True).fill("Ladera")
    page.get_by_label("Camera ID").fill("NEW")
    page.locator(".leaflet-container").click()
    expect(page.get_by_label("Latitude")).not_to_have_value("")
    latitude = page.get_by_label("Latitude").input_value()
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Change: Bucket").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("textbox", name="Place*", exact=True)).to_have_value("Ladera")
    expect(page.get_by_label("Latitude")).to_have_value(latitude)
    page.get_by_role("textbox", name="Place*", exact=True).fill(portal.deployment.location_name)
    page.get_by_label("Camera ID").fill(portal.deployment.camera_id)
    page.get_by_role("button", name="Review").click()
    in_the_way = page.get_by_role("alert")
    expect(in_the_way.get_by_role("link", name=str(portal.deployment))).to_be_visible()
    in_the_way.get_by_role("link", name="its next season").click()
    expect(page.get_by_role("heading", name=f"Next season of {portal.deployment}")).to_be_visible()
    assert Deployment.objects.filter(bucket=portal.bucket).count() == 2


def test_the_map_begins_at_the_country_of_the_bucket(page, portal, maintainer):
    Bucket.objects.filter(pk=portal.bucket.pk).update(country_code="FRA")  # whose islands lie all over the world
    opened(page, portal)
    page.get_by_label("Bucket", exact=True).select_option(label=str(portal.bucket))
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".place-map path.world-land")).not_to_have_count(0)
    page.locator(".leaflet-container").click()
    expect(page.get_by_label("Latitude")).not_to_have_value("")
    assert 43 < float(page.get_by_label("Latitude").input_value()) < 51
    assert -4 < float(page.get_by_label("Longitude").input_value()) < 8


def test_without_scripts_and_on_a_phone(chromium_browser, portal, maintainer):
    context = chromium_browser.new_context(java_script_enabled=False, viewport=PHONE)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    UploadPage(page, portal.url).sign_in("keller", PASSWORD)
    page.goto(f"{portal.url}/admin/deployments/deployment/add/")
    page.get_by_label("Bucket", exact=True).select_option(label=str(portal.bucket))
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("textbox", name="Place*", exact=True).fill("Torre")
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Make the deployment").click()
    page.wait_for_url("**/change/")
    assert Deployment.objects.get(location_name="Torre").bucket == portal.bucket
    context.close()


def test_each_step_fits_a_phone(page, portal, maintainer):
    opened(page, portal)
    page.set_viewport_size(PHONE)
    assert fits(page)
    page.get_by_label("Bucket", exact=True).select_option(label=str(portal.bucket))
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("textbox", name="Place*", exact=True).fill("Torre")
    assert fits(page)
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("heading", name="Is all of this right?")).to_be_visible()
    assert fits(page)
