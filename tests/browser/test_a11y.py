"""Both pages in every state, language and colour scheme: axe finds nothing, and a phone need not scroll sideways."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import PASSWORD
from tests.browser.guide_pictures import take_pictures
from tests.browser.shots_page import DESKTOP, PHONE, PICTURES_KEPT, STATES, Stage, keep_picture
from tests.browser.shots_waiting import WAITING
from tests.browser.upload_page import UploadPage

NOISE = ["Failed to load resource", "net::ERR_", "ApiError"]  # of the states in which something fails
SMALL_TARGETS = """
[...document.querySelectorAll('main :is(a, button, summary, input:not([hidden]), select, textarea)')]
  .filter((one) => one.checkVisibility() && !one.closest('label'))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => (box.height < 24 || box.width < 24) && getComputedStyle(one).display !== 'inline')
  .map(([one]) => one.outerHTML.slice(0, 120))
"""


def schemes_of(language: str, width: str) -> tuple[str, ...]:
    """Each scheme at each width in one of the languages; all of them where pictures are kept for the eye."""
    if PICTURES_KEPT:
        return ("light", "dark")
    return ("light",) if (language == "en") == (width == "desktop") else ("dark",)


def states_in_languages() -> list:
    """Each state in one language, by turns; in both where pictures are kept, and in `make soak`."""
    found = []
    for number, state in enumerate(STATES | WAITING):
        usual = ("en", "es")[number % 2]
        for language in ("en", "es"):
            is_usual = PICTURES_KEPT or language == usual
            found.append(pytest.param(state, language, marks=() if is_usual else pytest.mark.soak))
    return found


@pytest.mark.parametrize(("state", "language"), states_in_languages())
def test_nothing_stands_in_the_way(state, language, page, portal, card, store, watched):
    watched.expected += NOISE
    portal.partner.language = language
    portal.partner.save()
    UploadPage(page, portal.url).sign_in("ines", PASSWORD)
    page.set_viewport_size(DESKTOP)
    (STATES | WAITING)[state](Stage(page, portal, card, store))
    expect(page.locator("html")).to_have_attribute("lang", language)
    take_pictures(page, state, language)
    for width, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
        page.set_viewport_size(viewport)
        for scheme in schemes_of(language, width):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour half-way
            keep_picture(page, f"{state}-{language}-{width}-{scheme}")
            assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.evaluate(SMALL_TARGETS) == []
