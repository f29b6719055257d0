"""A page of the admin can be read in its own class: few bases, no mixins of ours, and buttons that name who may.

Whoever lacks the permission that is named is refused.
"""

import inspect

import pytest
from django.contrib import admin
from django.urls import reverse
from unfold.admin import ModelAdmin

from amiportal.accounts.models import User
from amiportal.core.admin_bases import PortalAdmin

OURS = ("amiportal.", "deployments.", "uploads.")
MOST_BASES = 2  # one of ours, and where it must be one of a package's, such as Django's UserAdmin
MOST_ANSWERS = 2  # what a base does for all, and what the page adds


def is_ours(part: type) -> bool:
    return part.__module__.startswith(OURS)


def faults_of(page: type) -> list[str]:
    """What makes an admin class hard to read."""
    ours = [part for part in page.__mro__ if is_ours(part)]
    # What Django and the packages call: an admin has these from them, and may answer them.
    hooks = {name for part in page.__mro__ if not is_ours(part) for name in vars(part) if not name.startswith("__")}
    faults = [f"{page.__name__} has {len(page.__bases__)} bases"] if len(page.__bases__) > MOST_BASES else []
    faults += [f"{part.__name__} is a mixin" for part in ours if not issubclass(part, admin.ModelAdmin)]
    for hook in sorted(hooks):
        answers = [part.__name__ for part in ours if inspect.isfunction(vars(part).get(hook))]
        if len(answers) > MOST_ANSWERS:
            faults.append(f"{hook} is answered in {', '.join(answers)}")
    return faults


PAGES = [type(page) for page in admin.site._registry.values() if is_ours(type(page))]


def test_the_pages_are_found():
    assert {"DeploymentAdmin", "PersonAdmin", "UploadLogAdmin", "JobAdmin"} <= {page.__name__ for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_page_has_few_bases_no_mixins_and_one_place_for_a_hook(page):
    assert faults_of(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_every_button_names_who_may_press_it_and_calls_a_function_of_a_module(page):
    registered = next(found for found in admin.site._registry.values() if type(found) is page)
    buttons = [*registered._get_base_actions_list(), *registered._get_base_actions_detail()]
    for button in buttons:
        assert button.method.allowed_permissions, button.action_name
        behind = inspect.unwrap(button.method.__func__)
        assert behind.__qualname__ == behind.__name__, f"{behind.__qualname__} is a method"


def test_what_is_hard_to_read_is_found():
    class Mixin:
        def get_urls(self):
            return super().get_urls()

    class Base(PortalAdmin):
        def get_urls(self):
            return super().get_urls()

    class Page(Mixin, Base, ModelAdmin):
        def get_urls(self):
            return super().get_urls()

    for part in (Mixin, Base, Page):
        part.__module__ = "deployments.admin.invented"
    assert faults_of(Page) == [
        "Page has 3 bases",
        "Mixin is a mixin",
        "get_urls is answered in Page, Mixin, Base",
    ]


# Pages of Django and of the packages: theirs to test, or tested with their subject.
THEIRS = {"changelist", "add", "change", "delete", "history", "simple_history", "password_change"}


def own_addresses() -> list[tuple[str, dict]]:
    """(name, values of the route) of all buttons and other pages that our admin classes list."""
    found = []
    for page in admin.site._registry.values():
        for pattern in page.get_urls() if is_ours(type(page)) else ():
            if pattern.name and not any(pattern.name.endswith(f"_{theirs}") for theirs in THEIRS):
                found.append((pattern.name, dict.fromkeys(pattern.pattern.converters, "1")))
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "values"), own_addresses(), ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_without_the_permission_gets_in(client, name, values, method):
    """Somebody of the staff with no permission at all: past the admin's own door."""
    client.force_login(User.objects.create_user("helper", is_staff=True))
    assert getattr(client, method)(reverse(f"admin:{name}", kwargs=values)).status_code in (403, 405)
