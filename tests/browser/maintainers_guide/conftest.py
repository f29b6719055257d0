"""Who walks the guide's protocols, and in what portal: names that a reader of the pictures understands."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from deployments.models import HardwareConfig
from tests.browser.conftest import PASSWORD
from tests.browser.maintainers_guide.walk import TAKES_PICTURES, Walk, following


@pytest.fixture
def bucket(store) -> Iterator[str]:
    store.create_bucket(Bucket="pan")
    yield "pan"
    store.delete_bucket(Bucket="pan")


@pytest.fixture
def portal(portal):
    """With the next free ID after those that are there, and a deployment of which all is known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('deployment_number_seq', 120)")
    portal.partner.organisation = "Institute of the Wetlands"
    portal.partner.save()
    portal.bucket.exists_in_store = portal.bucket.cors_ok = True
    portal.bucket.save()
    deployment = portal.deployment
    deployment.latitude, deployment.longitude, deployment.time_zone = "8.982110", "-79.561044", "America/Panama"
    deployment.hardware = HardwareConfig.objects.get(number=5)
    deployment.first_day = date(2025, 4, 1)
    deployment.save()
    return portal


@pytest.fixture
def maintainer(portal) -> User:
    person = User.objects.create_user(
        "mara", "mara@example.org", PASSWORD, first_name="Mara", last_name="Lindt", is_staff=True
    )
    person.groups.add(Group.objects.get(name=Role.MAINTAINERS))
    return person


@pytest.fixture
def follow(page, portal, maintainer, watched) -> Callable[..., AbstractContextManager[Walk]]:
    """`with follow("retiring") as walk`: a maintainer is signed in and has the protocol open."""

    if TAKES_PICTURES:
        watched.expected.append("404")  # the guide asks for those that are only now taken

    def begin(slug: str, person: User = maintainer) -> AbstractContextManager[Walk]:
        browser = Client()
        browser.force_login(person)
        cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": portal.url}])
        return following(page, portal.url, person, slug)

    return begin
