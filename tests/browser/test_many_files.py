"""A selection of thousands: all of it arrives, and the page does not grow with it."""

from playwright.sync_api import expect

from uploads.models import UploadLog

FILES = 5_000
MOST_ELEMENTS = 600  # of the whole page at any moment; a row per file would be thousands

# The longest task of the page's own thread, in milliseconds; printed, never judged: machines differ.
WATCH = """
globalThis.watch = { longestTaskMs: 0, mostElements: 0 };
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) watch.longestTaskMs = Math.max(watch.longestTaskMs, duration);
}).observe({ type: 'longtask', buffered: true });
setInterval(() => {
  watch.mostElements = Math.max(watch.mostElements, document.querySelectorAll('*').length);
}, 200);
"""


def test_five_thousand_files(upload_page, card, page, objects):
    names = set(card.add_snapshots(FILES, size_bytes=2_000))
    page.evaluate(WATCH)
    upload_page.pick_folder(card.root)
    expect(upload_page.review).to_contain_text("5,000 files")
    began = page.evaluate("performance.now()")
    upload_page.start()
    # The page answers while it works.
    page.get_by_role("progressbar", name="Files").hover()
    expect(upload_page.verdict_title).to_have_text(
        "5,000 files stored and verified; they may be wiped", timeout=300_000
    )
    seconds = (page.evaluate("performance.now()") - began) / 1000
    watch = page.evaluate("watch")
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    print(f"\n{FILES / seconds:.0f} files/s, heap {heap:.0f} MB, longest task {watch['longestTaskMs']:.0f} ms")
    assert watch["mostElements"] < MOST_ELEMENTS
    assert set(UploadLog.objects.filter(status="verified").values_list("filename", flat=True)) == names
    assert {key.rpartition("/")[2] for key in objects()} == names
