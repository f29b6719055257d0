"""An admin class can be read by itself: few bases, no mixins of ours, and buttons that name who may.

Whoever lacks the permission that is named is refused.
"""

import inspect

import pytest
from django.contrib import admin
from django.urls import reverse
from unfold.admin import ModelAdmin

from amiportal.accounts.models import User
from amiportal.core.admin_bases import PortalAdmin, ReadOnlyAdmin
from deployments.models import Bucket, Deployment

OURS = ("amiportal.", "deployments.", "uploads.")
MOST_BASES = 2  # one of ours, and where it must be one of a package's, such as Django's UserAdmin
MOST_ANSWERS = 2  # what a base does for all, and what the class adds


def is_ours(part: type) -> bool:
    return part.__module__.startswith(OURS)


def faults_of(admin_class: type) -> list[str]:
    """What makes an admin class hard to read."""
    ours = [part for part in admin_class.__mro__ if is_ours(part)]
    # What Django and the packages call: an admin has these from them, and may answer them.
    theirs = [part for part in admin_class.__mro__ if not is_ours(part)]
    hooks = {name for part in theirs for name in vars(part) if not name.startswith("__")}
    faults = []
    if len(admin_class.__bases__) > MOST_BASES:
        faults.append(f"{admin_class.__name__} has {len(admin_class.__bases__)} bases")
    of_ours = [base for base in admin_class.__bases__ if is_ours(base)]
    if len(of_ours) != 1 or not issubclass(admin_class, (PortalAdmin, ReadOnlyAdmin)):
        faults.append(f"{admin_class.__name__} has {len(of_ours)} bases of ours")
    faults += [f"{part.__name__} is a mixin" for part in ours if not issubclass(part, admin.ModelAdmin)]
    for hook in sorted(hooks):
        answers = [part.__name__ for part in ours if inspect.isfunction(vars(part).get(hook))]
        if len(answers) > MOST_ANSWERS:
            faults.append(f"{hook} is answered in {', '.join(answers)}")
    return faults


CLASSES = [type(found) for found in admin.site._registry.values() if is_ours(type(found))]


def test_the_classes_are_found():
    names = {admin_class.__name__ for admin_class in CLASSES}
    assert {"DeploymentAdmin", "PersonAdmin", "UploadLogAdmin", "JobAdmin"} <= names
    assert len(own_addresses()) > 30


@pytest.mark.parametrize("admin_class", CLASSES, ids=lambda admin_class: admin_class.__name__)
def test_it_has_few_bases_no_mixins_and_at_most_two_places_for_a_hook(admin_class):
    assert faults_of(admin_class) == []


@pytest.mark.parametrize("admin_class", CLASSES, ids=lambda admin_class: admin_class.__name__)
def test_every_button_names_who_may_press_it_and_calls_a_function_of_a_module(admin_class):
    registered = next(found for found in admin.site._registry.values() if type(found) is admin_class)
    buttons = [*registered._get_base_actions_list(), *registered._get_base_actions_detail()]
    for button in buttons:
        assert button.method.allowed_permissions, button.action_name
        behind = inspect.unwrap(button.method.__func__)
        assert behind.__qualname__ == behind.__name__, f"{behind.__qualname__} is a method"
    for chosen in registered.actions or ():
        assert not callable(chosen) or getattr(chosen, "allowed_permissions", None), chosen.__name__


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
        "Page has 2 bases of ours",
        "Mixin is a mixin",
        "get_urls is answered in Page, Mixin, Base",
    ]


# Pages of Django and of the packages, which have their own check. Ours stand in for the histories, and for the list of
# old clients and the new deployment: see below.
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


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_nor_into_a_page_of_ours_that_stands_in_for_one_of_theirs(client, method):
    """Where the package's own check is gone."""
    client.force_login(User.objects.create_user("helper", is_staff=True))
    deployment = Deployment.objects.create(
        deployment_id="dep000001",
        bucket=Bucket.objects.create(name="pan", title="Panama"),
        location_name="Cerro Azul",
        status="active",
    )
    addresses = [
        reverse("admin:deployments_deployment_history", args=[deployment.pk]),
        reverse("admin:deployments_deployment_simple_history", args=[deployment.pk, deployment.history.latest().pk]),
        reverse("admin:deployments_deployment_add"),
        reverse("admin:accounts_legacyswitch_changelist"),
    ]
    assert [getattr(client, method)(address).status_code for address in addresses] == [403] * 4
