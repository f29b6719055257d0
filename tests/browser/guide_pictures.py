"""The guide's pictures, taken from the real pages while their tests look at them.

    make pictures

takes them again. Without it the tests only see to it that what each picture shows is still there to be taken.
"""

import os
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page, expect

FOLDER = Path(settings.BASE_DIR) / "uploads" / "static" / "uploads" / "guide"
VIEWPORT = {"width": 1000, "height": 900}
# Of each state of the pages (shots_page.py), and of the receipt: picture -> the element that it shows.
PICTURES = {
    "chosen": {"place": "#step-place", "folder": "#step-files", "review": "#step-review"},
    "review_decided": {"names": "#collisions", "season": "#outside-season"},
    "running": {"running": "#running"},
    "unfinished": {"unfinished": "#resume"},
    "good_verdict": {"safe": "#verdict"},
    "bad_verdict": {"not-safe": "#verdict"},
    "check_good": {"check": "#verdict"},
    "receipt page": {"receipt": "main .verdict"},
}


def take_pictures(page: Page, state: str, language: str) -> None:
    """The pictures of the state that the page is in; kept where PICTURES=1."""
    wanted = PICTURES.get(state, {})
    for selector in wanted.values():
        expect(page.locator(selector).first).to_be_visible()
    if not wanted or os.environ.get("PICTURES") != "1":
        return
    before = page.viewport_size
    page.set_viewport_size(VIEWPORT)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.mouse.move(0, 0)
    (FOLDER / language).mkdir(parents=True, exist_ok=True)
    for name, selector in wanted.items():
        page.locator(selector).first.screenshot(path=FOLDER / language / f"{name}.png")
    page.set_viewport_size(before)
