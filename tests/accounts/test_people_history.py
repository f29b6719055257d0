"""Who changed what of a person, roles and buckets included; never what signs them in."""

import pytest

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from tests.accounts.admin_pages import change, role, url
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_form_is_one_change_with_its_roles_buckets_and_author(page, maintainer, colleague, kenya):
    before = colleague.history.count()
    change(page, colleague, country="KEN", language="es", buckets=[kenya.pk], groups=[role("Scripts")])
    assert (colleague.country, colleague.language) == ("KEN", "es")
    assert colleague.history.count() == before + 1
    written = colleague.history.first()
    assert written.history_user == maintainer
    assert written.country == "KEN"
    assert [row.bucket for row in written.buckets.all()] == [kenya]
    assert [row.group.name for row in written.groups.all()] == [Role.SCRIPTS]


@pytest.mark.parametrize("country", ["pan", "PANAMA", "P4N"])
def test_a_country_is_three_capital_letters(page, colleague, country):
    change(page, colleague, country=country)
    assert colleague.country == ""


def test_nothing_that_signs_in_is_kept_and_signing_in_is_no_change(client, colleague):
    before = colleague.history.count()
    answer = client.post("/accounts/login/", {"username": "colleague", "password": PASSWORD})
    assert answer.status_code == 302
    colleague.refresh_from_db()
    assert colleague.last_login is not None
    assert colleague.history.count() == before
    names = {field.name for field in User.history.model._meta.get_fields()}
    assert names & {"password", "last_login", "session_generation"} == set()


def test_what_is_given_from_the_other_side_is_kept_too(colleague, kenya):
    kenya.uploaders.add(colleague)
    assert kenya in {row.bucket for row in colleague.history.first().buckets.all()}
    kenya.uploaders.remove(colleague)
    assert kenya not in {row.bucket for row in colleague.history.first().buckets.all()}


def test_a_new_generation_ends_every_session(client, colleague):
    client.force_login(colleague)
    assert client.get("/uploads/").status_code == 200
    User.objects.filter(pk=colleague.pk).update(session_generation=1)
    assert client.get("/uploads/").status_code == 302


def test_the_history_of_a_person_is_looked_at(page, colleague):
    shown = page.get(url("accounts_user_history", colleague.pk))
    assert shown.status_code == 200
