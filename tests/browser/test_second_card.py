"""Another card with the names, sizes and times of the first: what an upload knew of the one never stands for the other.

Recorders whose clocks are reset write the same names, lengths and times on every card.
"""

import os
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

NOISE = ["Failed to load resource", "net::ERR_"]
RESET = ([f"1970010100{n:02}14-snapshot.jpg" for n in range(12)], 74)
TELLING = (
    [f"20250714{22 + n // 6:02}{n % 6}000-snapshot.jpg" for n in range(12)],
    datetime(2025, 7, 14, 22, tzinfo=UTC),
)
FOLDER = "snapshots"


def fill(card, names, began) -> dict[str, bytes]:
    """New content under the same names, sizes and times."""
    first = began if isinstance(began, int) else began.timestamp()
    for n, name in enumerate(names):
        path = card.add(f"{FOLDER}/{name}", card.jpeg(300_000))
        os.utime(path, (first + 600 * n, first + 600 * n))
    return card.contents(".jpg")


@pytest.fixture
def stopped_at_its_end(upload_page, card, page, watched):
    """An upload that has everything in the store, and no verdict."""

    def run(names, began):
        watched.expected += NOISE
        fill(card, names, began)
        body = '{"code": "x", "message": "x", "fields": {}}'
        page.route("**/finish/", lambda route: route.fulfill(status=400, content_type="application/json", body=body))
        upload_page.upload(card.root)
        expect(upload_page.verdict_title).to_have_text("The upload has stopped – do not wipe the card")
        page.unroute("**/finish/")

    return run


def expect_nothing_safe(upload_page, objects, first: dict[str, bytes]) -> None:
    count = len(first)
    title = f"Do not wipe the card: {count} of {count} files are not safely stored"
    expect(upload_page.verdict_title).to_have_text(title)
    expect(upload_page.verdict).to_contain_text("The store already holds another file of this name")
    assert {key.rpartition("/")[2]: content for key, content in objects().items()} == first


@pytest.mark.parametrize(("names", "began"), [RESET, TELLING], ids=["clocks reset", "clocks set"])
def test_gone_on_with_another_card_after_a_reload(names, began, upload_page, card, page, objects, stopped_at_its_end):
    stopped_at_its_end(names, began)
    first = card.contents(".jpg")
    second = fill(card, names, began)
    assert {len(content) for content in second.values()} == {300_000}
    assert not first.items() & second.items()
    page.reload()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Continue").first.click()
    chooser.value.set_files(card.root)
    page.get_by_role("button", name="Continue the upload").click()
    expect_nothing_safe(upload_page, objects, first)


def test_gone_on_with_another_card_in_the_same_page(upload_page, card, page, objects, stopped_at_its_end):
    stopped_at_its_end(*TELLING)
    first = card.contents(".jpg")
    fill(card, *TELLING)
    page.get_by_role("button", name="Continue the upload").click()
    expect_nothing_safe(upload_page, objects, first)


def test_the_first_card_goes_on_and_its_checksums_end_with_the_run(
    upload_page, card, page, objects, stopped_at_its_end
):
    stopped_at_its_end(*TELLING)
    assert kept_sums(page) == 12
    page.reload()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Continue").first.click()
    chooser.value.set_files(card.root)
    page.get_by_role("button", name="Continue the upload").click()
    expect(upload_page.verdict_title).to_have_text("12 files stored and verified; they may be wiped")
    assert kept_sums(page) == 0


def test_a_run_that_ends_unsafe_keeps_no_checksum(upload_page, card, page, store, portal):
    names = card.add_snapshots(4)
    store.put_object(Bucket=portal.bucket.name, Key=f"dep000119/snapshot_images/{names[0]}", Body=b"other content")
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 1 of 4 files is not safely stored")
    assert kept_sums(page) == 0


def kept_sums(page) -> int:
    return page.evaluate(
        """async () => {
          const wanted = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
          const database = await wanted(indexedDB.open('ami-portal'));
          const chunks = await wanted(database.transaction('sums').objectStore('sums').getAll());
          database.close();
          return chunks.flat().length;
        }"""
    )
