"""A maintainer who follows a protocol of the guide on the real pages, and keeps book of what the text names.

    make pictures

takes the pictures again on the way. Without it a walk only sees to it that what each shows is still there to be taken.
"""

import html
import os
import re
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from playwright.sync_api import Locator, Page, expect

from amiportal.accounts.models import User
from amiportal.operations.guide import template_of

FOLDER = Path(settings.BASE_DIR) / "deployments" / "static" / "deployments" / "guide"
TAKES_PICTURES = os.environ.get("PICTURES") == "1"
MARGIN_PX = 14
_DRAWN = {"+": "add"}  # the name of a button that bears a sign alone
_RING = "element => element.classList.add('guide-ring')"
_UNRING = "document.querySelectorAll('.guide-ring').forEach(element => element.classList.remove('guide-ring'))"
_RING_STYLE = ".guide-ring { outline: 3px solid #d97706 !important; outline-offset: 3px; border-radius: 4px; }"


def text_of(slug: str) -> str:
    return render_to_string(template_of(slug))


def labels_in(text: str) -> list[str]:
    """What a reader is told to press or fill in, in the order of the text."""
    return [_plain(found) for found in re.findall(r'<kbd class="label">(.*?)</kbd>', text, re.DOTALL)]


def said_in(text: str) -> list[str]:
    return [_plain(found) for found in re.findall(r'<q class="said">(.*?)</q>', text, re.DOTALL)]


def pictures_in(text: str) -> list[str]:
    return re.findall(r'<img src="[^"]*deployments/guide/([\w-]+)\.png"', text)


def _plain(found: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", found)).split())


class Walk:
    """Finds things as a reader does: by the name that the page gives them. Icons stand before or after a name."""

    def __init__(self, page: Page, url: str, person: User):
        self.page, self.url, self.person = page, url, person
        self.touched: list[str] = []
        self.seen: list[str] = []
        self.pictures: list[str] = []

    # --- Steps ------------------------------------------------------------------------------------------------

    def menu(self, label: str) -> None:
        """A line of the menu at the side."""
        self.touched.append(label)
        self.control(label, self.page.locator("#nav-sidebar")).click()

    def press(self, label: str, *, of: str = "") -> None:
        """A button, a link or what unfolds; `of`: what the link beside that label is called."""
        self.touched.append(label)
        if of:
            expect(self.main.get_by_text(label, exact=True).first).to_be_visible()
        (self.main.get_by_role("link", name=of, exact=True).first if of else self.control(label)).click()

    def open(self, name: str) -> None:
        """What the text leaves to the reader: a row of a list, by what it is called."""
        self.main.get_by_role("link", name=name).first.click()

    def open_row(self, text: str) -> None:
        """The row of a list that holds the text."""
        self.main.locator("#result_list tbody tr").filter(has_text=text).first.locator("th a").first.click()

    def search(self, text: str) -> None:
        """In the field above a list."""
        self.main.locator("#searchbar").fill(text)
        self.page.keyboard.press("Enter")
        expect(self.page).to_have_url(re.compile(r"[?&]q="))

    def list_has(self, rows: int) -> None:
        expect(self.main.locator("#result_list tbody tr")).to_have_count(rows)

    def unfold(self, label: str) -> None:
        """What opens a menu or a panel of the framework's, which is neither button nor link."""
        self.touched.append(label)
        name = re.compile(rf"^\s*(\S+\s+)?{re.escape(label)}(\s+\S+)?\s*$")
        self.page.locator("#main").get_by_text(name).locator("visible=true").last.click()

    def fill(self, label: str, value: str) -> None:
        self.touched.append(label)
        self.field(label).fill(value)

    def choose(self, label: str, option: str) -> None:
        """An option of a list; of a field whose name the text gives."""
        self.touched.append(label)
        self.field(label).select_option(label=option)

    def tick(self, label: str) -> None:
        """A box, or one of several buttons of which one is pressed."""
        self.touched.append(label)
        self.field(label).check()

    def give(self, label: str, file: Path) -> None:
        """A file from this computer."""
        self.touched.append(label)
        self.field(label).set_input_files(file)

    def download(self, to: Path, label: str) -> None:
        with self.page.expect_download() as download:
            self.press(label)
        download.value.save_as(to)

    def see(self, text: str) -> None:
        """What the page says."""
        self.seen.append(text)
        expect(self.page.get_by_text(text).first).to_be_visible()

    # --- Pictures ---------------------------------------------------------------------------------------------

    def picture(self, name: str, *shown: str | Locator, ring: Iterable[str | Locator] = ()) -> None:
        """Of the smallest part of the page that holds all that is `shown`, with a ring around what is pressed next."""
        parts = [self.page.locator(part).first if isinstance(part, str) else part.first for part in shown]
        ringed = [self.control(part) if isinstance(part, str) else part for part in ring]
        for part in (*parts, *ringed):
            expect(part).to_be_visible()
        self.pictures.append(name)
        if not TAKES_PICTURES:
            return
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.page.add_style_tag(content=_RING_STYLE)
        for part in ringed:
            part.evaluate(_RING)
        self.page.mouse.move(0, 0)
        self.page.evaluate("document.activeElement?.blur(); document.fonts.ready")
        boxes = [part.bounding_box() for part in parts]
        scrolled = self.page.evaluate("scrollY")
        left, top = min(box["x"] for box in boxes) - MARGIN_PX, min(box["y"] for box in boxes) - MARGIN_PX
        right = max(box["x"] + box["width"] for box in boxes) + MARGIN_PX
        bottom = max(box["y"] + box["height"] for box in boxes) + MARGIN_PX
        clip = {"x": max(left, 0), "y": max(top + scrolled, 0), "width": right - left, "height": bottom - top}
        self.page.screenshot(path=FOLDER / f"{name}.png", clip=clip, full_page=True, animations="disabled")
        self.page.evaluate(_UNRING)

    # --- Finding ----------------------------------------------------------------------------------------------

    @property
    def main(self) -> Locator:
        return self.page.locator("#content, main").first

    def field(self, label: str) -> Locator:
        """By its label, which may bear the star of a required field."""
        return self.main.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$")).first

    def control(self, label: str, within: Locator | None = None) -> Locator:
        name = re.compile(rf"^([a-z0-9_]+ )?{re.escape(_DRAWN.get(label, label))}( [a-z0-9_]+)?$")
        place = within or self.page.locator("body")
        found = place.get_by_role("button", name=name)
        for role in ("link", "menuitem", "tab"):
            found = found.or_(place.get_by_role(role, name=name))
        return found.or_(place.locator("summary").filter(has_text=name)).locator("visible=true").first


@contextmanager
def following(page: Page, url: str, person: User, slug: str):
    """A walk of the protocol; at its end what it touched, saw and pictured is just what the text names."""
    text = text_of(slug)
    walk = Walk(page, url, person)
    page.goto(f"{url}/admin/guide/#{slug}")
    yield walk
    assert walk.touched == labels_in(text), "what the text tells to press is not what leads there"
    assert walk.seen == said_in(text), "what the text quotes is not what the pages say"
    assert walk.pictures == pictures_in(text)
