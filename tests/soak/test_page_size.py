"""Row 12 of the reliability table: a folder of 100,000 files on the upload page, by picker and by drop."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import (  # noqa: F401 (fixtures are found by their names here)
    card,
    chromium_browser,
    context,
    make_partner,
    page,
    portal,
    prefix,
    server,
    store_record,
    upload_page,
    watched,
)
from tests.browser.large_selection import MOST_HEAP_MB, Watch, choose_and_start
from uploads.models import UploadLog

pytestmark = pytest.mark.soak

FILES = 100_000
FIRST_PUT_S = 30
PATIENCE_MS = 3 * 3_600_000
CHOICE_PATIENCE_MS = 600_000  # Chromium lists a picked folder before it says so


@pytest.mark.parametrize("way", ["picker", "drop"])
def test_row_12_a_hundred_thousand_files(way, upload_page, card, page):  # noqa: F811
    for number in range(FILES // 5_000):
        card.add_snapshots(5_000, size_bytes=500, folder=f"DCIM/{100 + number}MEDIA", first=5_000 * number)
    page.set_default_timeout(CHOICE_PATIENCE_MS)
    watch = Watch(page)
    choose_and_start(upload_page, card.root, way=way, files=FILES)
    expect(upload_page.verdict_title).to_have_text(
        f"{FILES:,} files stored and verified; they may be wiped", timeout=PATIENCE_MS
    )
    seen = watch.seen()
    print(f"row 12, page by {way}: {FILES:,} files, {seen}")
    assert seen.first_put_s <= FIRST_PUT_S
    assert seen.tasks_over_200_ms == 0
    assert seen.heap_mb < MOST_HEAP_MB
    assert UploadLog.objects.filter(status="verified").count() == FILES
