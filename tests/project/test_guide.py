"""The guide's pictures: each that a text names is there, and none lies about unused."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.browser.guide_pictures import FOLDER, PICTURES

TEXTS = Path(settings.BASE_DIR) / "templates" / "uploads" / "guide"
LANGUAGES = [code for code, _ in settings.LANGUAGES]
MOST_BYTES = 150_000  # partners read it over slow links


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_picture_of_the_text_is_taken_by_the_tests_and_kept(language):
    named = set(re.findall(rf"uploads/guide/{language}/([\w-]+)\.png", (TEXTS / f"{language}.html").read_text()))
    taken = {name for pictures in PICTURES.values() for name in pictures}
    kept = {path.stem for path in (FOLDER / language).glob("*.png")}
    assert named == taken == kept


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_have_words_for_those_who_do_not_see_them_and_are_small(language):
    text = (TEXTS / f"{language}.html").read_text()
    assert all(re.search(r'alt="[^"]{15,}"', image) for image in re.findall(r"<img[^>]*>", text))
    assert max(path.stat().st_size for path in (FOLDER / language).glob("*.png")) < MOST_BYTES


def test_every_language_has_the_same_sections():
    sections = {code: re.findall(r'<h2 id="(\w+)"', (TEXTS / f"{code}.html").read_text()) for code in LANGUAGES}
    assert len(set(map(tuple, sections.values()))) == 1
