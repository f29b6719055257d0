"""The guide's pictures: each that the text names is there, and none lies about unused."""

import re

import pytest
from django.conf import settings

from tests.browser.guide_pictures import FOLDER, PICTURES

TEXT = (settings.BASE_DIR / "templates" / "uploads" / "guide.html").read_text("utf-8")
# A language may lack pictures: it shows the English. One that has some has all.
LANGUAGES = [code for code, _ in settings.LANGUAGES if code == "en" or (FOLDER / code).exists()]
MOST_BYTES = 150_000  # partners read it over slow links


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_picture_of_the_text_is_taken_by_the_tests_and_kept(language):
    named = set(re.findall(r'guide_picture\.html" with name="([\w-]+)"', TEXT))
    taken = {name for pictures in PICTURES.values() for name in pictures}
    kept = {path.stem for path in (FOLDER / language).glob("*.png")}
    assert named == taken == kept


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_are_small(language):
    assert max(path.stat().st_size for path in (FOLDER / language).glob("*.png")) < MOST_BYTES


def test_pictures_have_words_for_those_who_do_not_see_them():
    pictures = re.findall(r"\{% include [^%]*guide_picture[^%]*%\}", TEXT)
    assert pictures
    assert all(re.search(r'alt=_\("[^"]{15,}"\)', picture) for picture in pictures)


def test_the_contents_name_every_section():
    assert re.findall(r'<a href="#(\w+)">({%.*?%})', TEXT) == re.findall(r'<h2 id="(\w+)">({%.*?%})', TEXT)
