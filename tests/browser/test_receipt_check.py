"""A signed receipt on the page of the key: dropped or chosen, by a stranger, checked by the portal."""

import threading

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.uploads.test_history import make_file, make_session
from uploads.pages import receipts
from uploads.services.receipts import receipt

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def genuine(portal) -> bytes:
    """Of three thousand files: the page packs them."""
    return genuine_of(portal, files=3_000)


def genuine_of(portal, files: int = 1) -> bytes:
    session = make_session(portal.partner, portal.deployment, declared_files=files, finished_at=timezone.now())
    for number in range(files):
        make_file(session, f"20250714{number:06d}-snapshot.jpg")
    return "".join(receipt(session)).encode()


@pytest.fixture
def key_page(page, portal) -> Page:
    page.goto(f"{portal.url}/receipts/key/")
    return page


def choose(page: Page, content: bytes, name: str = "receipt.json") -> None:
    page.locator("#file").set_input_files({"name": name, "mimeType": "application/json", "buffer": content})


def test_a_genuine_receipt_says_what_it_said_and_a_forged_one_nothing(key_page, genuine):
    choose(key_page, genuine)
    told = key_page.locator("#told")
    expect(told.get_by_role("heading", name="Genuine: receipt.json")).to_be_visible()
    expect(told).to_contain_text("Then it was safe to wipe the card.")
    expect(told).to_contain_text("3,000 of 3,000 files proven")
    expect(told.get_by_role("link")).to_have_attribute("href", f"/uploads/{session_of(genuine)}/")
    assert violations(key_page) == []
    choose(key_page, genuine.replace(b'"safe_to_wipe":true', b'"safe_to_wipe":false'), "<b>forged.json")
    expect(told.get_by_role("heading", name="Not valid: <b>forged.json")).to_be_visible()
    expect(told).to_contain_text("the summary was changed")
    expect(told).not_to_contain_text("safe to wipe")
    assert violations(key_page) == []
    key_page.set_viewport_size(PHONE)
    assert not key_page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_a_genuine_one_that_does_not_say_safe_does_not_look_so(key_page, portal):
    session = make_session(portal.partner, portal.deployment, declared_files=2, finished_at=timezone.now())
    make_file(session, "20250714220000-snapshot.jpg")
    make_file(session, "20250714221000-snapshot.jpg", "failed", error_code="network")
    choose(key_page, "".join(receipt(session)).encode())
    told = key_page.locator("#told.bad")
    expect(told.get_by_role("heading", name="Genuine, and it does not say “safe”: receipt.json")).to_be_visible()
    expect(told).to_contain_text("Then it was not safe to wipe the card.")
    assert violations(key_page) == []
    choose(key_page, genuine_of(portal))
    expect(key_page.locator("#told.good").get_by_role("heading", name="Genuine: receipt.json")).to_be_visible()


def session_of(content: bytes) -> str:
    return content.partition(b'"session":')[2].partition(b",")[0].decode()


def test_dropped_instead_of_chosen(key_page, genuine):
    handle = key_page.evaluate_handle(
        """text => { const data = new DataTransfer();
                     data.items.add(new File([text], "dropped.json", { type: "application/json" })); return data; }""",
        genuine.decode(),
    )
    key_page.dispatch_event("#drop", "drop", {"dataTransfer": handle})
    expect(key_page.get_by_role("heading", name="Genuine: dropped.json")).to_be_visible()


def test_without_a_connection_nothing_is_claimed(key_page, watched):
    watched.expected.append("ERR_FAILED")
    key_page.route("**/receipts/check/", lambda route: route.abort())
    choose(key_page, b"{}")
    told = key_page.locator("#told")
    expect(told).to_contain_text("The portal could not be asked.")
    expect(told.get_by_role("heading")).to_have_text("Not checked: receipt.json")


def test_a_busy_portal_calls_nothing_forged(key_page, genuine, monkeypatch, watched):
    watched.expected.append("503")
    turn = threading.BoundedSemaphore(1)
    monkeypatch.setattr(receipts, "_one_at_a_time", turn)
    monkeypatch.setattr(receipts, "BUSY_AFTER_S", 0.01)
    with turn:
        choose(key_page, genuine)
        expect(key_page.locator("#told").get_by_role("heading")).to_have_text("Not checked: receipt.json")
