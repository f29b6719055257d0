"""Pause, speed limit, offline, cancel: what a person may do while it runs."""

import time

from playwright.sync_api import expect

from tests.browser.shots_page import STORE_PUTS
from uploads.models import UploadSession

NOISE = ["Failed to load resource", "net::ERR_", "blocked by CORS policy"]


def test_pause_sends_nothing_more_and_resume_goes_on(upload_page, card, objects, page, watched):
    watched.expected += NOISE
    card.add_snapshots(60)
    seen = []
    page.route(STORE_PUTS, lambda route: (seen.append(route), len(seen) <= 8 and route.fallback()))
    upload_page.pick_folder(card.root)
    upload_page.start()
    expect(page.locator("#files-text")).to_have_text("8 of 60")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: nothing is sent until you resume.")).to_be_visible()
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    paused_at = len(seen)
    page.unroute(STORE_PUTS)
    sent = []
    page.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    page.evaluate("() => new Promise((resolve) => requestIdleCallback(resolve))")
    assert (len(seen), sent, len(objects())) == (paused_at, [], 8)
    page.get_by_role("button", name="Resume").click()
    expect(upload_page.verdict_title).to_have_text("60 files stored and verified; they may be wiped")
    assert len(objects()) == 60


def test_offline_is_told_and_left_by_itself(upload_page, card, objects, page, context, watched):
    watched.expected += NOISE
    card.add_snapshots(40)
    seen = []
    page.route(STORE_PUTS, lambda route: (seen.append(route), len(seen) <= 10 and route.fallback()))
    upload_page.pick_folder(card.root)
    upload_page.start()
    expect(page.locator("#files-text")).to_have_text("10 of 40")
    context.set_offline(True)
    expect(page.get_by_text("This computer is offline.")).to_be_visible()
    page.unroute(STORE_PUTS)
    context.set_offline(False)
    expect(upload_page.verdict_title).to_have_text("40 files stored and verified; they may be wiped")
    assert len(objects()) == 40


def test_the_limit_is_kept_for_the_next_upload_and_heeded(upload_page, card, page):
    card.add_snapshots(30, size_bytes=100_000)
    page.evaluate("localStorage.setItem('ami-portal.limit', '1000000')")
    upload_page.pick_folder(card.root)
    began = time.monotonic()
    upload_page.start()
    limit = page.get_by_label("Speed limit")
    expect(limit).to_have_value("1")
    expect(page.get_by_text("At most 1 MB/s.")).to_be_visible()
    limit.fill("fast")
    limit.blur()
    expect(page.get_by_text("Write a number such as 1.5")).to_be_visible()
    expect(limit).to_have_attribute("aria-invalid", "true")
    limit.fill("1,5")
    limit.blur()
    expect(page.get_by_text("At most 1.5 MB/s.")).to_be_visible()
    expect(upload_page.verdict_title).to_have_text("30 files stored and verified; they may be wiped")
    # 3 MB at 1.5 MB/s, of which a first burst is free: a bound from below, which no slow machine can break.
    assert time.monotonic() - began > 1.2
    assert page.evaluate("localStorage.getItem('ami-portal.limit')") == "1500000"


def test_cancel_asks_first(upload_page, card, page, watched):
    watched.expected += NOISE
    card.add_snapshots(10)
    page.route(STORE_PUTS, lambda route: None)
    upload_page.pick_folder(card.root)
    upload_page.start()
    page.get_by_role("button", name="Cancel the upload").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep uploading")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("heading", name="Uploading")).to_be_visible()
    upload_page.cancel()
    expect(upload_page.verdict_title).to_have_text("Cancelled – do not wipe the card")
    assert UploadSession.objects.get().finished_at is None
