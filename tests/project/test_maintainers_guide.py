"""The maintainers' guide as a whole: every protocol is there, pictured, and walked by a browser test."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from amiportal.operations.guide import PARTS, template_of
from tests.browser.maintainers_guide.walk import FOLDER, labels_in, pictures_in, text_of

SLUGS = [slug for protocols in PARTS.values() for slug in protocols]
TEXTS = Path(settings.BASE_DIR) / "templates" / "admin" / "guide"
WALKS = Path(settings.BASE_DIR) / "tests" / "browser" / "maintainers_guide"
MESSAGES = Path(settings.BASE_DIR) / "uploads" / "static" / "uploads" / "js" / "text" / "messages" / "en.js"
MOST_BYTES = 120_000
MOST_WIDTH_PX = 1_200


def width_px(picture: Path) -> int:
    return int.from_bytes(picture.read_bytes()[16:20])  # of the PNG's first chunk


def test_every_protocol_has_its_text_and_every_text_its_place():
    assert {f"{slug}.html" for slug in SLUGS} | {"index.html"} == {path.name for path in TEXTS.iterdir()}


def test_every_protocol_is_walked():
    walked = re.findall(r'follow\("([\w-]+)"', "".join(path.read_text() for path in WALKS.glob("test_*.py")))
    assert sorted(walked) == sorted(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_protocol_is_numbered_steps_that_name_what_to_press(slug):
    text = text_of(slug)
    assert '<ol class="guide-steps">' in text
    assert labels_in(text)


def test_each_picture_is_named_once_and_kept():
    named = [name for slug in SLUGS for name in pictures_in(text_of(slug))]
    assert sorted(named) == sorted(path.stem for path in FOLDER.glob("*.png"))


@pytest.mark.parametrize("picture", sorted(FOLDER.glob("*.png")), ids=lambda path: path.stem)
def test_pictures_are_small(picture):
    assert picture.stat().st_size <= MOST_BYTES
    assert width_px(picture) <= MOST_WIDTH_PX


@pytest.mark.parametrize("slug", SLUGS)
def test_pictures_have_words_for_those_who_do_not_see_them(slug):
    assert all(re.search(r'alt="[^"]{15,}"', image) for image in re.findall(r"<img[^>]*>", text_of(slug)))


def test_links_within_lead_to_protocols_and_codes_are_such_as_the_pages_report():
    texts = "".join(map(text_of, SLUGS))
    assert set(re.findall(r'href="#([\w-]+)"', texts)) <= set(SLUGS)
    table = re.findall(r'<th scope="row">(.*?)</th>', text_of("upload-failed"))
    codes = {code for cell in table for code in re.findall(r"<code>(\w+)</code>", cell)}
    known = set(re.findall(r'"(?:error|portal)\.(\w+)":', MESSAGES.read_text()))
    assert codes
    assert codes <= known


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "status"), [(None, 302), ("outsider", 302), ("colleague", 302), ("maintainer", 200)])
def test_it_is_for_maintainers_and_has_every_protocol(client, request, who, status):
    if who:
        client.force_login(request.getfixturevalue(who))
    answer = client.get("/admin/guide/")
    assert answer.status_code == status
    if status == 200:
        html = answer.content.decode()
        assert re.findall(r'<section id="([\w-]+)"', html) == SLUGS
        assert [slug for slug in SLUGS if f'<a href="#{slug}">' not in html] == []
        assert render_to_string(template_of(SLUGS[0])).strip() in html


@pytest.mark.django_db
def test_the_menu_and_the_front_page_lead_to_it(client, maintainer):
    client.force_login(maintainer)
    assert client.get("/admin/").content.decode().count('href="/admin/guide/"') == 2
