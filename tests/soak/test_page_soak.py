"""The upload page at the full counts of the reliability table; each row prints its figure.

The judge hashes what lies on the card and what a GET of every object gives.
"""

import hashlib
import random
import threading
import time
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser.conftest import (  # noqa: F401 (fixtures are found by their names here)
    PASSWORD,
    card,
    chromium_browser,
    context,
    make_partner,
    objects,
    page,
    portal,
    prefix,
    proxy,
    server,
    store_record,
    upload_page,
    watched,
    whole_proxy,
)
from tests.faults import (
    Answer,
    Away,
    CommitThenDrop,
    Fault,
    FlipByte,
    ResetMidBody,
    every_kind,
    first_of_each_key,
    never,
    once,
    sometimes,
)
from uploads.models import UploadLog

pytestmark = pytest.mark.soak

PATIENCE_MS = 3 * 3_600_000
NOISE = ["Failed to load resource", "blocked by CORS policy", "net::ERR_"]
EVERY_KIND = every_kind(reset_at=1_000, flip_at=1_500)


class ClaimStored(Fault):
    """200, and nothing is stored."""

    def strike(self, request, forward, proxy):  # noqa: F811
        return Answer(200, [("Access-Control-Allow-Origin", "*")], b"")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def faulty_page(proxy, watched, upload_page):  # noqa: F811
    watched.expected += NOISE
    return upload_page


@pytest.fixture
def judge(card, objects):  # noqa: F811
    """(files that are missing in the store, objects with other content than on the card)"""

    def compare() -> tuple[int, int]:
        wanted = {name: sha256(content) for name, content in card.contents(".jpg").items()}
        found = {key.rpartition("/")[2]: sha256(content) for key, content in objects().items()}
        missing = len(wanted.keys() - found.keys())
        wrong = sum(wanted.get(name) != digest for name, digest in found.items())
        return missing, wrong

    return compare


def expect_safe(opened, files: int) -> None:
    text = f"{files:,} files stored and verified; they may be wiped"
    expect(opened.verdict_title).to_have_text(text, timeout=PATIENCE_MS)


def go(opened, folder, files: int) -> None:
    opened.pick_folder(folder)
    expect(opened.review).to_contain_text(f"{files:,} files", timeout=PATIENCE_MS)
    opened.start()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_row_1_mixed_faults(seed, whole_proxy, faulty_page, card, judge):  # noqa: F811
    """The portal's own calls meet the faults too."""
    files = 10_000
    card.add_snapshots(files, size_bytes=2_000)
    whole_proxy.fault = sometimes(0.2, EVERY_KIND, seed=seed)
    go(faulty_page, card.root, files)
    expect_safe(faulty_page, files)
    whole_proxy.fault = never
    missing, wrong = judge()
    puts = whole_proxy.count(method="PUT")
    others = len(whole_proxy.seen) - puts
    print(
        f"row 1, page, seed {seed}: {files:,} files by {puts:,} PUTs and {others:,} other calls, {missing} missing, "
        f"{wrong} wrong"
    )
    assert (missing, wrong) == (0, 0)


@pytest.mark.parametrize(
    ("row", "files", "faults"),
    [
        (2, 1_000, [CommitThenDrop()]),
        (3, 1_000, [FlipByte(at=1_500)]),
        (4, 500, [ResetMidBody(n) for n in range(0, 2_000, 40)]),
    ],
)
def test_rows_2_to_4_every_first_try_fails(row, files, faults, proxy, faulty_page, card, judge, objects):  # noqa: F811
    card.add_snapshots(files, size_bytes=2_000)
    draw = random.Random(row)
    decide = first_of_each_key(faults[0], method="PUT")
    proxy.fault = lambda request: draw.choice(faults) if decide(request) else None
    go(faulty_page, card.root, files)
    expect_safe(faulty_page, files)
    missing, wrong = judge()
    more = len(objects()) - files
    print(f"row {row}, page: {files:,} x {type(faults[0]).__name__}, {missing} missing, {wrong} wrong, {more} too many")
    assert (missing, wrong, more) == (0, 0, 0)


def test_row_8_expired_urls(proxy, faulty_page, card, judge, settings):  # noqa: F811
    settings.GRANT_LIFETIME_S = 2
    files = 1_000
    card.add_snapshots(files, size_bytes=2_000)
    go(faulty_page, card.root, files)
    expect_safe(faulty_page, files)
    missing, wrong = judge()
    print(f"row 8, page: {files:,} files by URLs of 2 s, {missing} lost")
    assert (missing, wrong) == (0, 0)


def test_row_10_the_store_goes_away(proxy, faulty_page, card, judge):  # noqa: F811
    files, away_s = 600, 60
    card.add_snapshots(files, size_bytes=2_000)
    calls, began, lock = [], [], threading.Lock()

    def decide(request):
        with lock:
            now = time.monotonic()
            if request.number >= 100 and not began:
                began.append(now)
            if not began or now > began[0] + away_s:
                return None
            calls.append(now - began[0])
            return Away()

    proxy.fault = decide
    go(faulty_page, card.root, files)
    expect_safe(faulty_page, files)
    missing, wrong = judge()
    later = [at for at in calls if at > 1]
    per_s = len(later) / (away_s - 1)
    print(f"row 10, page: away for {away_s} s, {missing} lost; {len(calls)} calls meanwhile, {per_s:.1f} a second")
    assert (missing, wrong) == (0, 0)
    assert per_s <= 2


def test_row_11_files_that_change(proxy, faulty_page, card, objects):  # noqa: F811
    files = 200
    names = set(card.add_snapshots(files, size_bytes=2_000))
    changed, lock = set(), threading.Lock()

    def station_writes(request):
        name = request.key.rpartition("/")[2]
        with lock:
            if request.method == "PUT" and name in names - changed:
                changed.add(name)
                card.add(f"snapshots/{name}", card.jpeg(2_001))

    proxy.fault = station_writes
    faulty_page.upload(card.root)
    verified = UploadLog.objects.filter(status__in=UploadLog.PROVEN, filename__in=changed).count()
    print(f"row 11, page: {len(changed)} files changed on their way, {verified} verified under the old hash")
    assert (len(changed), verified) == (files, 0)
    expect(faulty_page.verdict_title).to_contain_text("Do not wipe the card")


@pytest.mark.parametrize("number", range(20))
def test_row_14_one_falsified_200(number, proxy, faulty_page, card):  # noqa: F811
    name = card.add_snapshots(20, size_bytes=2_000)[number]
    proxy.fault = once(ClaimStored(), method="PUT", key=f"dep000119/snapshot_images/{name}")
    faulty_page.upload(card.root)
    print(f"row 14, page: one 200 of 20 falsified: {faulty_page.verdict_title.text_content()}")
    expect(faulty_page.verdict_title).to_have_text("Do not wipe the card: 1 of 20 files is not safely stored")


def reload(page: Page) -> None:  # noqa: F811
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()


@pytest.mark.parametrize("kind", ["reload", "offline", "crash"])
def test_row_13_interruptions(kind, faulty_page, card, judge, page, context, portal, proxy):  # noqa: F811
    files, times = 5_000, 20
    card.add_snapshots(files, size_bytes=2_000)
    opened = faulty_page
    go(opened, card.root, files)
    for number in range(1, times + 1):
        settled = number * files // (times + 4)
        opened.page.wait_for_function(SETTLED, arg=settled, timeout=PATIENCE_MS)
        if kind == "offline":
            context.set_offline(True)
            expect(opened.page.get_by_text("This computer is offline.")).to_be_visible()
            context.set_offline(False)
            continue
        if kind == "reload":
            reload(opened.page)
        else:
            opened = after_crash(opened, context)
        opened.choose(portal.deployment.deployment_id, "Snapshot images")
        go(opened, card.root, files)
    expect_safe(opened, files)
    missing, wrong = judge()
    again = proxy.count(method="PUT") - files
    print(f"row 13, page: {times} x {kind} over {files:,} files, {missing} missing, {wrong} wrong, {again} PUTs more")
    assert (missing, wrong) == (0, 0)


# True when so many files have an end, by the page's own words: "1,234 of 5,000".
SETTLED = """
(wanted) => Number(document.getElementById('files-text').textContent.split(' ')[0].replaceAll(',', '')) >= wanted
"""


def after_crash(opened, context):  # noqa: F811
    """The renderer is gone; the person opens the page again in another tab."""
    opened.page.once("dialog", lambda dialog: dialog.accept())
    with opened.page.expect_event("crash"), suppress(Error):
        opened.page.goto("chrome://crash")
    opened.page.close()
    again = type(opened)(context.new_page(), opened.url)
    again.page.goto(opened.url + "/upload/")
    return again
