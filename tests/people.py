"""The people of the tests: who they are and what they may do. A folder may have its own of the same name."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from rest_framework.test import APIClient

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from deployments.models import Bucket, Deployment

PASSWORD = "correct horse battery"


def make_person(username: str, role: Role, *buckets: Bucket, **fields) -> User:
    user = User(username=username, email=f"{username}@example.org", **fields)
    user.set_password(PASSWORD)
    user.save()
    # Not by add() and set(), which keep the history of each step: a sixth of all the time of the tests.
    User.groups.through.objects.create(user=user, group=Group.objects.get(name=role))
    User.buckets.through.objects.bulk_create(User.buckets.through(user=user, bucket=bucket) for bucket in buckets)
    return user


def make_bucket(name: str, title: str = "", **fields) -> Bucket:
    return Bucket.objects.create(name=name, title=title or name.title(), **fields)


def make_deployment(deployment_id: str, bucket: Bucket, place: str = "Ladera", **fields) -> Deployment:
    return Deployment.objects.create(deployment_id=deployment_id, bucket=bucket, location_name=place, **fields)


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def first_id_is_free(db) -> None:
    """The sequence as in a new database: what other tests took from it is not given back."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER SEQUENCE deployment_number_seq RESTART")


@pytest.fixture
def panama(db) -> Bucket:
    return make_bucket("pan", "Panama", country_code="PAN")


@pytest.fixture
def kenya(db) -> Bucket:
    return make_bucket("ken", "Kenya", country_code="KEN")


@pytest.fixture
def ladera(panama) -> Deployment:
    """An active deployment in Panama."""
    return make_deployment("dep000045", panama, camera_id="81B1C025", system_id="sys000045", status="active")


@pytest.fixture
def savanna(kenya) -> Deployment:
    """An active deployment in Kenya."""
    return make_deployment("dep000007", kenya, "Savanna Gate", camera_id="B774EB52", status="active")


@pytest.fixture
def maintainer(db) -> User:
    return make_person("maintainer", Role.MAINTAINERS, is_staff=True)


@pytest.fixture
def colleague(panama) -> User:
    """A partner who may upload to Panama."""
    return make_person("colleague", Role.PARTNERS, panama)


@pytest.fixture
def outsider(db) -> User:
    """A partner without any bucket."""
    return make_person("outsider", Role.PARTNERS)


@pytest.fixture
def script(panama) -> User:
    return make_person("script", Role.SCRIPTS, panama, is_service_account=True)


@pytest.fixture
def superuser(db) -> User:
    return User.objects.create_superuser(username="root", password=PASSWORD)
