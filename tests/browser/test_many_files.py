"""A selection of thousands: all of it arrives, and the page does not grow with it."""

import pytest
from playwright.sync_api import expect

from tests.browser.large_selection import MOST_HEAP_MB, Watch, choose_and_start
from uploads.models import UploadLog

FILES = 1_000  # the soak has a hundred thousand
MOST_ELEMENTS = 600  # of the whole page at any moment; a row per file would be a thousand


@pytest.mark.parametrize("way", ["picker", "drop"])
def test_a_thousand_files(way, upload_page, card, page, objects):
    names = set(card.add_snapshots(FILES, size_bytes=2_000))
    watch = Watch(page)
    choose_and_start(upload_page, card.root, way=way, files=FILES)
    # The page answers while it works.
    page.get_by_role("progressbar", name="Files").hover()
    expect(upload_page.verdict_title).to_have_text(
        f"{FILES:,} files stored and verified; they may be wiped", timeout=300_000
    )
    seen = watch.seen()
    print(f"\n{way}: {FILES} files, {seen}")
    assert seen.most_elements < MOST_ELEMENTS
    assert seen.heap_mb < MOST_HEAP_MB
    assert set(UploadLog.objects.filter(status="verified").values_list("filename", flat=True)) == names
    assert {key.rpartition("/")[2] for key in objects()} == names
