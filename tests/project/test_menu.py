"""The menu of the admin calls each page what its own heading, its breadcrumbs and its rows call it."""

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import resolve

PAGES = [
    (item["title"], str(item["link"]))
    for group in settings.UNFOLD["SIDEBAR"]["navigation"]
    for item in group["items"]
    if str(item["link"]).count("/") > 3
]


@pytest.mark.parametrize(("title", "link"), PAGES, ids=lambda value: value)
def test_menu_and_page_have_one_name(title, link):
    name = resolve(link).url_name
    if not name.endswith("_changelist"):
        pytest.skip("no list of a model")
    label, _, model = name.removesuffix("_changelist").partition("_")
    assert str(apps.get_model(label, model)._meta.verbose_name_plural).lower() == title.lower()
