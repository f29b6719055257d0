"""The whole upload in Spanish, numbers and dates as they are written there, and failures that tell themselves."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.card import Card
from tests.browser.conftest import PASSWORD
from tests.browser.shots_page import Stage, neighbour
from tests.browser.upload_page import UploadPage
from uploads.models import UploadFailure


@pytest.fixture
def spanish(page, portal, card, store) -> Stage:
    portal.partner.language = "es"
    portal.partner.save()
    UploadPage(page, portal.url).sign_in("ines", PASSWORD)
    expect(page.locator("html")).to_have_attribute("lang", "es")
    return Stage(page, portal, card, store)


def test_an_upload_in_spanish(spanish, page, card):
    card.add_snapshots(3)
    card.add("snapshots/Thumbs.db", b"windows")
    spanish.open()
    expect(page.locator("#deployment-list")).to_contain_text(
        "Cámara 6B46159A · Sistema AMI-12 · Temporada desde 1 abr 2025"
    )
    spanish.choose()
    expect(page.locator("#review")).to_contain_text("se enviarán a Wetland North (dep000119), Imágenes programadas.")
    expect(page.locator("#review")).to_contain_text("Se deja fuera 1 archivo")
    page.get_by_role("button", name="Empezar la carga").click()
    expect(page.locator("#verdict-title")).to_have_text("3 archivos almacenados y comprobados; se pueden borrar")
    expect(page).to_have_title("Se puede borrar")


def test_the_season_in_spanish(spanish, page, card):
    neighbour(spanish)
    for month in (5, 6, 7):
        card.add(f"a/20240{month}01220000.jpg", card.jpeg(600))
    spanish.open()
    spanish.choose()
    expect(page.locator("#season")).to_contain_text(
        "3 de 3 archivos son de mayo a julio de 2024; dep000119 empezó el 1 de abril de 2025. dep000041 sí corresponde."
    )


def test_what_the_portal_says_in_english_is_said_in_the_pages_language(spanish, page, card, portal, store):
    names = card.add_snapshots(2)
    store.put_object(Bucket=portal.bucket.name, Key=f"dep000119/snapshot_images/{names[0]}", Body=b"other")
    spanish.open()
    spanish.choose()
    spanish.start()
    spanish.verdict("bad")
    expect(page.locator("#verdict")).to_contain_text("El almacén ya tiene otro archivo con este nombre")
    expect(page.locator("#verdict")).not_to_contain_text("The store")


def test_a_list_that_cannot_be_loaded_is_told_with_a_code_and_reported(page: Page, portal, watched):
    watched.expected += ["Failed to load resource", "ApiError"]
    answers = [{"status": 500, "body": "{}"}]
    page.route(
        "**/api/v1/deployments/**", lambda route: route.fulfill(**answers.pop()) if answers else route.fallback()
    )
    UploadPage(page, portal.url).sign_in("ines", PASSWORD)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The list of deployments could not be loaded.")
    expect(alert).to_contain_text("Code to quote: http_500")
    with page.expect_response("**/uploads/failures/"):
        alert.get_by_role("button", name="Load again").click()
        page.evaluate("setTimeout(() => { throw new Error('a fault of the page') })")
        watched.expected.append("a fault of the page")
    expect(alert).to_contain_text("Something unexpected happened.")
    expect(page.get_by_role("radio", name="dep000119")).to_be_visible()
    expect(alert).to_contain_text("Code to quote: page_")
    code = alert.locator(".code").inner_text().rpartition(" ")[2]
    failures = {failure.code: failure for failure in UploadFailure.objects.all()}
    assert failures.keys() == {"http_500", code}
    told = failures[code]
    assert (told.account, told.step, told.client) == (portal.partner, "page", "upload page 2.0")
    assert "a fault of the page" in told.message
    assert told.link.startswith("online")
    assert "Chrome" in told.user_agent


def test_a_failing_file_reaches_the_maintainers_with_its_step_and_link(upload_page, card: Card, page, watched):
    watched.expected += ["Failed to load resource"]
    names = card.add_snapshots(2)
    page.route(
        f"**/{names[0]}?*",
        lambda route: route.fulfill(status=400, headers={"Access-Control-Allow-Origin": "*"}),
    )
    upload_page.upload(card.root)
    failure = UploadFailure.objects.get()
    assert (failure.filename, failure.code, failure.step) == (names[0], "http_400", "send")
    assert failure.link.startswith("online")
