"""The pages around the upload: nothing for axe to find, no sideways scrolling on a phone, and the language switch."""

import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import PASSWORD
from tests.browser.guide_pictures import take_pictures
from tests.browser.upload_page import UploadPage
from tests.uploads.test_history import make_file, make_session
from uploads.models import UploadSession
from uploads.services.verdicts import keep_given

PHONE = {"width": 360, "height": 740}
PAGES = {
    "history": "/uploads/",
    "empty history": "/uploads/?before=1",
    "receipt": "/uploads/{safe}/",
    "receipt of an unproven one": "/uploads/{unproven}/",
    "unfinished": "/uploads/{open}/",
    "found none": "/uploads/{safe}/?name=zzz",
    "receipt key": "/receipts/key/",
    "script": "/script/",
    "tokens": "/accounts/tokens/",
    "guide": "/guide/",
    "nothing there": "/no-such-page",
}


@pytest.fixture
def sessions(portal) -> dict[str, int]:
    """One session in each state, by name."""
    now = timezone.now()
    safe = make_session(portal.partner, portal.deployment, declared_files=40, declared_bytes=2e9, finished_at=now)
    for number in range(40):
        name = f"20250714{number:06d}-snapshot.jpg"
        make_file(safe, name, path_on_card=f"CARD/DCIM/100MEDIA/{name}", size_bytes=4_210_000)
    unproven = make_session(
        portal.partner,
        portal.deployment,
        declared_files=5,
        finished_at=now,
        client="upload page 2.0",
        season_reason="The label on the device was wrong; the camera stood here since March.",
    )
    make_file(unproven, "a.jpg", "present")
    make_file(unproven, "b-lost.jpg", "missing", error_code="vanished", verified_at=now)
    make_file(unproven, "c-failed.jpg", "failed", error_code="network")
    for session, proven in ((safe, 40), (unproven, 2)):
        said = {"files": 40, "verified": proven, "stored_before": 0, "unproven": 0, "safe_to_wipe": True}
        keep_given(session=session, how="finish", at=now, **said)
    waiting = make_session(portal.partner, portal.neighbour, last_seen_at="2025-07-01T00:00:00Z", declared_files=9)
    UploadSession.objects.filter(pk=waiting.pk).update(started_at="2025-06-30T00:00:00Z")
    make_session(portal.partner, portal.neighbour)
    make_session(portal.partner, portal.deployment, is_legacy=True)
    return {"safe": safe.pk, "unproven": unproven.pk, "open": waiting.pk}


@pytest.fixture
def signed_in(page, portal, sessions, watched) -> Page:
    watched.expected.append("404")
    UploadPage(page, portal.url).sign_in("ines", PASSWORD, "/uploads/")
    expect(page.get_by_role("heading", level=1)).to_have_text("My uploads")
    return page


def overflows(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_in_every_language(signed_in, portal, sessions, language):
    portal.partner.language = language
    portal.partner.save()
    for name, path in PAGES.items():
        signed_in.goto(portal.url + path.format(**sessions))
        assert signed_in.locator("html").get_attribute("lang") == language, name
        take_pictures(signed_in, f"{name} page", language)
        if language == "en":
            assert violations(signed_in) == [], name
        signed_in.set_viewport_size(PHONE)
        assert not overflows(signed_in), name
        if language == "es":
            assert violations(signed_in) == [], f"{name} on a phone"
        signed_in.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_pages_of_strangers(page, portal, language):
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": portal.url}])
    for path in ("/accounts/login/", "/guide/", "/receipts/key/"):
        page.goto(portal.url + path)
        assert page.locator("html").get_attribute("lang") == language
        assert violations(page) == [], path
    page.set_viewport_size(PHONE)
    assert not overflows(page)


def test_the_language_is_switched_by_keyboard_and_stays(signed_in, portal, sessions):
    page = signed_in
    page.locator("summary", has_text="Language:").focus()
    page.keyboard.press("Enter")
    spanish = page.get_by_role("button", name="Español")
    expect(spanish).to_be_visible()
    assert violations(page) == []
    spanish.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mis cargas")
    assert urlsplit(page.url).path == "/uploads/"
    page.get_by_role("button", name="Cerrar sesión").click()
    expect(page.get_by_role("button", name="Iniciar sesión")).to_be_visible()
    portal.partner.refresh_from_db()
    assert portal.partner.language == "es"


def test_the_current_page_is_marked(signed_in, portal, sessions):
    current = signed_in.get_by_role("navigation", name="Portal").locator("[aria-current=page]")
    expect(current).to_have_text("My uploads")
    signed_in.get_by_role("link", name="Guide").first.click()
    expect(current).to_have_text("Guide")


def test_from_the_list_to_the_receipt_and_a_file_by_its_name(signed_in, portal, sessions):
    page = signed_in
    page.locator(f'a[href="/uploads/{sessions["safe"]}/"]').first.click()
    expect(page.get_by_role("heading", name="Safe to wipe")).to_be_visible()
    page.get_by_label("Names that begin with").fill("20250714000007")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("section[aria-labelledby='files-title'] tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="List of files (CSV)").click()
    assert re.fullmatch(r"receipt-\d+\.csv", download.value.suggested_filename)


def test_a_printed_receipt_has_its_address_and_all_its_rows(signed_in, portal, sessions):
    page = signed_in
    page.goto(f"{portal.url}/uploads/{sessions['safe']}/")
    page.emulate_media(media="print")
    expect(page.locator(".print-only")).to_contain_text(page.url)
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(page.get_by_role("link", name="List of files (CSV)")).to_be_hidden()
    table = page.locator(".receipt-files")
    assert table.evaluate("box => box.scrollHeight <= box.clientHeight")
