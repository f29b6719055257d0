"""Keys that an old program may still overwrite: the page says so, goes on with the others, waits, ends by itself."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.upload_page import UploadPage
from tests.uploads.conftest import put
from tests.uploads.legacy_client import LegacyClient
from uploads.ledger.unsettled import RESERVATION_GRACE
from uploads.models import UploadLog, UploadSession
from uploads.services.unsettled import settle_unsettled_keys

JPEG = {"Content-Type": "image/jpeg"}
STILL = "an older program may still write here until"
SAFE = "12 files stored and verified; they may be wiped"


@pytest.fixture
def page(page):
    """Its clock can be put forward, so that nobody waits for two hours."""
    page.clock.install()
    return page


@pytest.fixture
def old(portal, server) -> LegacyClient:
    """A program from before the portal, of the same person's."""
    client = LegacyClient(portal.partner, SimpleNamespace(bucket=portal.bucket, deployment=portal.deployment))
    client.fields["password"] = PASSWORD
    return client


@pytest.fixture
def names(card) -> list[str]:
    return card.add_snapshots(12)


def urls_of(old: LegacyClient, names: list[str]) -> list[str]:
    """Each writes any bytes, any number of times, while it lives."""
    return [old.post("generate-presigned-url", filename=name, file_type="image/jpeg").json() for name in names]


def live_on_for(seconds: float) -> None:
    """The old program's PUTs that began before its URLs ran out; the URLs themselves are dead."""
    until = timezone.now() + timedelta(seconds=seconds)
    rows = UploadLog.objects.filter(unsettled_until__isnull=False)
    rows.update(unsettled_until=until, grant_expires_at=until - RESERVATION_GRACE)


def unsettle(names: list[str]) -> None:
    """As an old program's URL for files that were proven before leaves their rows."""
    until = timezone.now() + timedelta(minutes=20)
    UploadLog.objects.filter(filename__in=names).update(status="unsettled", unsettled_until=until)


def clock(page, moment) -> str:
    """A pattern of how the page writes it; the day stands before it when that is another one."""
    time = page.evaluate(
        "ms => new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' }).format(new Date(ms))",
        moment.timestamp() * 1000,
    )
    return rf"(\d+ \w+ \d{{4}}, )?{time}"


def contents(objects) -> dict[str, bytes]:
    return {key.rpartition("/")[2]: content for key, content in objects().items()}


def test_all_others_go_on_and_then_it_is_sent_and_proven(upload_page, card, names, page, old, objects):
    urls_of(old, names[:2])
    upload_page.pick_folder(card.root)
    upload_page.start()
    until = UploadLog.objects.filter(unsettled_until__isnull=False).first().unsettled_until
    expect(page.locator("#files-text")).to_have_text("10 of 12")
    expect(page.locator("#warnings")).to_contain_text(
        re.compile(rf"2 files: {STILL} {clock(page, until)}\. They are compared again then\.")
    )
    expect(page.get_by_role("heading", name=re.compile(f"Waiting until {clock(page, until)}"))).to_be_visible()
    expect(page.locator("#state")).to_contain_text("finishes by itself")
    page.locator("#unsettled summary").click()
    expect(page.locator("#unsettled li")).to_have_count(2)
    expect(page.locator("#unsettled")).to_contain_text(names[0])
    expect(upload_page.verdict).to_be_hidden()
    assert len(objects()) == 10
    live_on_for(-1)
    page.clock.fast_forward("03:00:00")
    expect(upload_page.verdict_title).to_have_text(SAFE)
    assert contents(objects) == card.contents(".jpg")
    assert UploadSession.objects.filter(is_legacy=False).count() == 1


def test_what_the_old_program_wrote_meanwhile_is_told_and_never_safe(upload_page, card, names, page, old, objects):
    (url,) = urls_of(old, names[:1])
    upload_page.pick_folder(card.root)
    upload_page.start()
    expect(page.locator("#files-text")).to_have_text("11 of 12")
    assert put(url, JPEG, b"what the old program had").status == 200
    live_on_for(-1)
    page.clock.fast_forward("03:00:00")
    title = "Do not wipe the card: 1 of 12 files is not safely stored"
    expect(upload_page.verdict_title).to_have_text(title)
    expect(upload_page.verdict.get_by_role("row", name=names[0])).to_contain_text("already holds another file")
    assert contents(objects)[names[0]] == b"what the old program had"


def test_it_survives_a_reload(upload_page, card, names, page, old, objects, watched):
    watched.expected += ["net::ERR_", "Failed to load resource"]
    urls_of(old, names[:3])
    upload_page.pick_folder(card.root)
    upload_page.start()
    expect(page.locator("#state")).to_contain_text("finishes by itself")
    until = UploadLog.objects.filter(unsettled_until__isnull=False).first().unsettled_until
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    banner = page.get_by_role("region", name="An upload is not finished")
    expect(banner).to_contain_text("9 of 12 files are safe.")
    expect(banner).to_contain_text(re.compile(f"3 files: {STILL} {clock(page, until)}"))
    with page.expect_file_chooser() as chooser:
        banner.get_by_role("button", name="Continue").click()
    chooser.value.set_files(card.root)
    expect(upload_page.review).to_contain_text(re.compile(f"3 files: {STILL} {clock(page, until)}"))
    page.get_by_role("button", name="Continue the upload").click()
    expect(page.locator("#files-text")).to_have_text("9 of 12")
    live_on_for(0)
    upload_page.cancel()
    expect(upload_page.verdict).to_contain_text(f"3 files: {STILL}")
    page.get_by_role("button", name="Continue the upload").click()
    expect(upload_page.verdict_title).to_have_text(SAFE)
    assert contents(objects) == card.contents(".jpg")
    assert UploadSession.objects.filter(is_legacy=False).count() == 1


def test_a_finished_upload_whose_verdict_turns_is_told_by_itself(
    upload_page, card, names, page, objects, portal, watched
):
    """An old program came to a file after the page had proven it: no verdict before it is compared again."""
    watched.expected += ["net::ERR_", "Failed to load resource"]

    def ask_late(route):
        unsettle(names[:1])
        route.fallback()

    page.route("**/finish/", ask_late)
    upload_page.pick_folder(card.root)
    upload_page.start()
    expect(page.locator("#state")).to_contain_text("finishes by itself")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    banner = page.get_by_role("region", name="An upload is not finished")
    expect(banner).to_contain_text(f"1 file: {STILL}")
    expect(banner).to_contain_text("this page tells you")
    UploadLog.objects.update(unsettled_until=F("unsettled_until") - timedelta(minutes=20))
    page.reload()
    settle_unsettled_keys()
    turned = "every file is stored and verified; the card may be wiped"
    expect(page.get_by_text(turned)).to_be_visible(timeout=90_000)
    assert contents(objects) == card.contents(".jpg")


def test_the_check_of_a_card_shows_them_and_asks_again(upload_page, card, names, page, old, portal, server):
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text(SAFE)
    unsettle(names[:2])
    checked = UploadPage(page, portal.url)
    page.goto(portal.url + "/check/")
    checked.choose("dep000119", "Snapshot images")
    checked.pick_folder(card.root)
    page.get_by_role("button", name="Check the card").click()
    expect(checked.verdict_title).to_have_text("NOT SAFE Do not wipe the card: 2 of 12 files are not in the store")
    expect(checked.verdict).to_contain_text(f"2 files: {STILL}")
    expect(checked.verdict.get_by_role("row", name=names[0])).to_contain_text(
        "An older program may still write here until"
    )
    read = []
    page.on("request", lambda request: request.post_data and read.append(request.post_data_json))
    live_on_for(-1)
    settle_unsettled_keys()
    checked.verdict.get_by_role("button", name="Ask again about these 2 files").click()
    expect(checked.verdict_title).to_have_text("SAFE All 12 files are in the store; they may be wiped")
    assert [len(body["files"]) for body in read] == [2]
