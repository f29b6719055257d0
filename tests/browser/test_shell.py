"""Signing in and out, what a partner without a bucket sees, the keyboard, and a portal under a path prefix."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from deployments.models import Bucket, Deployment
from tests.browser.conftest import PASSWORD
from tests.browser.upload_page import UploadPage
from uploads.models import UploadLog


def test_in_and_out_again(page, portal):
    opened = UploadPage(page, portal.url)
    opened.sign_in("ines", "a wrong one")
    expect(page.get_by_role("alert")).to_contain_text("Wrong user name or password")
    opened.sign_in("ines", PASSWORD)
    expect(page).to_have_url(portal.url + "/upload/")
    expect(page.get_by_role("navigation", name="Portal")).not_to_contain_text("Admin")
    expect(page.locator("#steps")).to_have_attribute("aria-busy", "false")  # its calls would be answered with 401
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(portal.url + "/upload/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/upload/$"))


def test_staff_are_shown_the_way_to_the_admin(page, portal):
    portal.partner.is_staff = True
    portal.partner.save()
    UploadPage(page, portal.url).sign_in("ines", PASSWORD)
    expect(page.get_by_role("navigation", name="Portal").get_by_role("link", name="Admin")).to_have_attribute(
        "href", "/admin/"
    )


def test_ten_wrong_passwords_lock_the_account_and_say_what_to_do(page, portal, watched):
    watched.expected.append("the server responded with a status of 429")
    opened = UploadPage(page, portal.url)
    for _ in range(10):
        opened.sign_in("ines", "a wrong one")
    expect(page.get_by_role("heading", name="This account is locked for an hour")).to_be_visible()
    opened.sign_in("ines", PASSWORD)
    expect(page.get_by_text("ask a maintainer of the portal to unlock the account")).to_be_visible()


def test_a_partner_without_buckets_is_told_so(page, portal, make_partner):
    make_partner("newcomer")
    UploadPage(page, portal.url).sign_in("newcomer", PASSWORD)
    expect(page.get_by_role("heading", name="Nothing to upload into yet")).to_be_visible()
    expect(page.get_by_role("button", name="Choose a folder")).to_have_count(0)


def test_only_what_may_be_uploaded_into_is_offered(page, portal):
    foreign = Bucket.objects.create(name="foreign-bucket", title="Elsewhere")
    Deployment.objects.create(deployment_id="dep000300", bucket=foreign, location_name="Far away", status="active")
    Deployment.objects.filter(pk=portal.neighbour.pk).update(status="inactive")
    UploadPage(page, portal.url).sign_in("ines", PASSWORD)
    expect(page.get_by_label("Country or project").locator("option:checked")).to_have_text("Panama")
    choices = page.locator("#deployment-list").get_by_role("radio")
    expect(choices).to_have_count(1)
    expect(page.locator("#deployment-list")).to_contain_text("Camera 6B46159A · System AMI-12 · Season from 1 Apr 2025")
    expect(page.get_by_role("button", name="Start the upload")).to_be_disabled()
    page.get_by_label("Search place, camera, system or id").fill("nowhere")
    expect(page.get_by_text("No deployment here matches “nowhere”")).to_be_visible()


def test_all_by_keyboard(page, portal, card):
    card.add_snapshots(3)
    page.goto(portal.url + "/")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("ines")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#deployment-list").get_by_role("radio")).to_have_count(2)

    def tab_to(locator):
        for _ in range(30):
            if locator.evaluate("element => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"the keyboard does not reach {locator}")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab_to(page.get_by_label("Search place, camera, system or id"))
    page.keyboard.type("ami-13 wet")
    expect(page.locator("#deployment-list").get_by_role("radio")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    tab_to(page.get_by_role("radio", name="Snapshot images"))
    page.keyboard.press("Space")
    folder = page.get_by_role("button", name="Choose a folder")
    tab_to(folder)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(card.root)
    start = page.get_by_role("button", name="Start the upload")
    expect(start).to_be_enabled()
    tab_to(start)
    page.keyboard.press("Enter")
    verdict = page.get_by_role("heading", name="3 files stored and verified; they may be wiped")
    expect(verdict).to_be_focused()
    assert set(UploadLog.objects.values_list("deployment__deployment_id", "status")) == {("dep000120", "verified")}


@pytest.mark.parametrize("prefix", ["/ami-data-upload"])
def test_under_a_path_prefix(portal, page, card, objects, prefix):
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url)))
    upload_page = UploadPage(page, portal.url)
    upload_page.sign_in("ines", PASSWORD)
    upload_page.choose("dep000119", "Snapshot images")
    card.add_snapshots(3)
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("3 files stored and verified; they may be wiped")
    assert len(objects()) == 3
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(portal.url + "/accounts/login/")
    own = [url.path for url in asked if url.netloc == urlsplit(portal.url).netloc]
    assert [path for path in own if not path.startswith(prefix + "/")] == []
