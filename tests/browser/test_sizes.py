"""Picked files whose sizes the browser is slow to say, or says wrongly since they are gone."""

import json

from playwright.sync_api import expect

from uploads.models import UploadLog, UploadSession

FILES = 500
ASKED_LAST = "asked-for-the-size-of-the-last"

# As Chromium does with a card of a hundred thousand files: half a minute in all; here some seconds.
SLOW_SIZES = """
const size = Object.getOwnPropertyDescriptor(Blob.prototype, 'size');
const known = new WeakSet();
Object.defineProperty(Blob.prototype, 'size', {
  ...size,
  get() {
    if (this.webkitRelativePath && !known.has(this)) {
      known.add(this);
      for (const end = performance.now() + 10; performance.now() < end; );
      if (this.name === '%s') fetch('/%s');
    }
    return size.get.call(this);
  },
});
"""

# The page hears of the choice only when the test has done to the card what it wants.
HOLD_CHOICE = """
const field = document.getElementById('folder-input');
const hold = (event) => event.stopImmediatePropagation();
field.addEventListener('change', hold, { capture: true });
addEventListener('let-go', () => {
  field.removeEventListener('change', hold, { capture: true });
  field.dispatchEvent(new Event('change'));
});
"""


def test_the_upload_begins_before_all_sizes_are_known(upload_page, card, page, objects):
    names = card.add_snapshots(FILES, size_bytes=1_000)
    card.add("snapshots/20260101000000-snapshot.jpg", b"")
    last = "20260101000000-snapshot.jpg"
    page.evaluate(SLOW_SIZES % (last, ASKED_LAST))
    # In small batches, so that the files behind the first one need not be measured before it goes.
    page.route("**/uploads/sessions/", with_small_batches)
    page.route(f"**/{ASKED_LAST}", lambda route: route.fulfill(body=""))
    seen = []
    page.on("request", lambda request: seen.append(ASKED_LAST if ASKED_LAST in request.url else request.method))
    upload_page.pick_folder(card.root)
    expect(upload_page.review).to_contain_text(f"{FILES + 1} files (their sizes are still being read)")
    upload_page.start()
    expect(page.locator("#bytes-text")).to_contain_text("of about")
    expect(upload_page.verdict_title).to_have_text(f"{FILES} files stored and verified; they may be wiped")
    expect(upload_page.verdict).to_contain_text("1 empty file (0 bytes)")

    assert seen.index("PUT") < seen.index(ASKED_LAST)
    assert {key.rpartition("/")[2] for key in objects()} == set(names)
    assert UploadLog.objects.filter(status="verified").count() == FILES
    session = UploadSession.objects.get()
    assert (session.declared_files, session.declared_bytes) == (FILES, FILES * 1_000)


def with_small_batches(route) -> None:
    answer = route.fetch()
    if route.request.method == "POST":
        route.fulfill(response=answer, body=json.dumps(answer.json() | {"max_batch": 50}))
    else:
        route.fulfill(response=answer)


def test_sizes_come_by_and_by_while_the_person_looks(upload_page, card, page):
    card.add_snapshots(300, size_bytes=1_000)
    card.add("snapshots/20260101000000-snapshot.jpg", b"")
    page.evaluate(SLOW_SIZES % ("", ""))
    upload_page.pick_folder(card.root)
    expect(upload_page.review).to_contain_text("301 files (their sizes are still being read)")
    expect(upload_page.review).to_contain_text("300 files, 300 kB")
    expect(upload_page.review).to_contain_text("1 empty file (0 bytes)")


def test_a_file_gone_before_it_was_looked_at_is_not_called_empty(upload_page, card, page):
    kept, gone = card.add_snapshots(2)
    page.evaluate(HOLD_CHOICE)
    upload_page.pick_folder(card.root)
    (card.root / "snapshots" / gone).unlink()
    page.evaluate("dispatchEvent(new Event('let-go'))")
    expect(upload_page.review).to_contain_text("1 file or folder that could not be read")
    expect(upload_page.review).not_to_contain_text("empty")
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 1 of 2 files is not safely stored")
    expect(upload_page.verdict).to_contain_text(gone)
    assert [row.filename for row in UploadLog.objects.filter(status="verified")] == [kept]
