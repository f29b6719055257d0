"""People who cancel or leave, files that change, sessions that end: what is stored stays, the rest is told."""

import os
import re

from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from uploads.models import UploadFailure, UploadLog

STORE_PUTS = re.compile(re.escape(settings.S3_PUBLIC_ENDPOINT_URL) + r"/.*-snapshot\.jpg\?")
NOISE = ["Failed to load resource", "blocked by CORS policy", "net::ERR_"]  # the browser's own lines on failed requests


def statuses() -> list[str]:
    return sorted(UploadLog.objects.values_list("status", flat=True))


def test_a_file_that_the_store_refuses_is_reported_to_the_maintainers(upload_page, card, page, watched):
    watched.expected += NOISE
    names = card.add_snapshots(4)
    refused = re.compile(STORE_PUTS.pattern.replace(r".*-snapshot", f".*{names[1][:14]}-snapshot"))
    page.route(refused, lambda route: route.fulfill(status=400, headers={"Access-Control-Allow-Origin": "*"}))
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 1 of 4 files is not safely stored")
    failure = UploadFailure.objects.get()
    assert (failure.filename, failure.code, failure.http_status, failure.attempts) == (names[1], "http_400", 400, 1)
    assert "Chrome" in failure.user_agent


def test_cancel_keeps_what_is_stored_and_a_second_go_sends_the_rest(upload_page, card, objects, page, watched):
    watched.expected += NOISE
    card.add_snapshots(40)
    held = []

    def hold_after_ten(route):
        if len(objects()) >= 10:
            held.append(route)
        else:
            route.fallback()

    page.route(STORE_PUTS, hold_after_ten)
    upload_page.pick_folder(card.root)
    upload_page.start()
    expect(page.get_by_text(re.compile(r"^1\d of 40$"))).to_be_visible()
    upload_page.cancel()
    expect(upload_page.verdict_title).to_have_text("Cancelled – do not wipe the card")
    verified = statuses().count("verified")
    assert 10 <= verified == len(objects()) < 40
    expect(upload_page.verdict).to_contain_text(f"{verified} files are stored and verified, and stay so.")

    page.unroute(STORE_PUTS)
    sent = []
    page.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    upload_page.verdict.get_by_role("button", name="Continue the upload").click()
    expect(upload_page.verdict_title).to_have_text("40 files stored and verified; they may be wiped")
    assert len(sent) == 40 - verified
    assert len(objects()) == 40


def test_a_file_that_changes_after_it_was_chosen(upload_page, card, objects, page, watched):
    watched.expected += NOISE
    names = card.add_snapshots(3)
    changed = card.root / "snapshots" / names[1]

    def change(route):
        changed.write_bytes(card.jpeg(20_000))
        os.utime(changed, (1, 1))
        route.fallback()

    page.route("**/presign/", change, times=1)  # it has been read by then, and is not yet sent
    upload_page.upload(card.root)
    expect(upload_page.verdict.get_by_role("row", name=names[1])).to_contain_text("It changed after it was chosen")
    assert len(objects()) == 2
    assert UploadFailure.objects.get().code == "file_changed"
    assert not UploadLog.objects.filter(filename=names[1], status="verified").exists()


def test_signed_out_on_the_way(upload_page, card, objects, page, watched):
    watched.expected += NOISE
    card.add_snapshots(3)

    def sign_out(route):
        Session.objects.all().delete()
        route.fallback()

    page.route("**/presign/", sign_out)
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("The upload has stopped – do not wipe the card")
    expect(upload_page.verdict).to_contain_text("Sign in again and choose the same folder")
    assert objects() == {}


def test_leaving_is_warned_of_while_at_work_and_only_then(upload_page, card, page, watched):
    watched.expected += NOISE
    card.add_snapshots(3)
    page.route(STORE_PUTS, lambda route: None)  # never answered
    upload_page.pick_folder(card.root)
    upload_page.start()
    expect(page.get_by_role("heading", name="Uploading")).to_be_visible()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.close(run_before_unload=True)
    upload_page.cancel()
    expect(upload_page.verdict_title).to_have_text("Cancelled – do not wipe the card")
    assert asked == ["beforeunload"]
    page.goto(upload_page.url + "/upload/")
    assert asked == ["beforeunload"]
