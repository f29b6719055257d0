"""The list of people by state, going back in a person's history, and whose tokens there are."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from amiportal.accounts.models import PasswordLink, User
from amiportal.accounts.roles import Role
from amiportal.accounts.services.password_links import make_link, revoke_links
from amiportal.accounts.services.profile import amend
from amiportal.accounts.services.tokens import make_token
from amiportal.core.errors import Forbidden
from tests.accounts.admin_pages import change, url
from tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def everybody(maintainer, panama) -> dict[str, User]:
    """One person in each state, by name."""
    people = {
        name: make_person(name, Role.PARTNERS, panama) for name in ("active", "invited", "late", "contact", "gone")
    }
    for name in ("invited", "late", "contact"):
        people[name].set_unusable_password()
        people[name].save()
        make_link(actor=maintainer, person=people[name])
    PasswordLink.objects.filter(person=people["late"]).update(expires_at=timezone.now())
    revoke_links(actor=maintainer, person=people["contact"])
    User.objects.filter(username="gone").update(is_active=False)
    return people


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("active", {"active", "maintainer"}),
        ("invited", {"invited"}),
        ("invitation expired", {"late"}),
        ("contact", {"contact"}),
        ("closed", {"gone"}),
    ],
)
def test_the_filter_decides_as_the_column_does(page, everybody, state, names):
    shown = page.get(url("accounts_user_changelist"), {"state": state}).context["cl"]
    assert {person.username for person in shown.result_list} == names
    assert {shown.model_admin.state(person) for person in shown.result_list} == {state}


def test_the_list_asks_no_more_for_more_people(page, everybody, panama, django_assert_max_num_queries):
    page.get(url("accounts_user_changelist"))
    for number in range(20):
        make_person(f"more{number}", Role.PARTNERS, panama)
    with django_assert_max_num_queries(12):
        page.get(url("accounts_user_changelist"))


def test_back_to_what_the_history_says(page, colleague, kenya, panama):
    change(page, colleague, country="PAN", organisation="Old name")
    version = colleague.history.first()
    change(page, colleague, country="KEN", organisation="New name", buckets=[kenya.pk])
    back = url("accounts_user_simple_history", colleague.pk, version.pk)
    shown = page.get(back).content.decode()
    assert "Old name" in shown
    given = {"field": ["organisation", "country", "buckets"], "newest": colleague.history.first().pk, "apply": "1"}
    page.post(back, given)
    colleague.refresh_from_db()
    assert (colleague.organisation, colleague.country) == ("Old name", "PAN")
    assert list(colleague.buckets.all()) == [panama]
    assert colleague.history.first().history_change_reason.startswith("Back to the version")


def test_nobody_becomes_a_maintainer_by_going_back(page, maintainer, superuser, colleague):
    maintainers, partners = (Group.objects.get(name=name) for name in (Role.MAINTAINERS, Role.PARTNERS))
    for person, roles in ((colleague, [maintainers]), (maintainer, [partners])):
        with pytest.raises(Forbidden):
            amend(actor=maintainer, person=person, changes={"groups": roles}, reason="x")
    with pytest.raises(Forbidden):
        amend(actor=maintainer, person=superuser, changes={"email": "x@example.org"}, reason="x")
    assert maintainer.groups.get() == maintainers
    amended = amend(actor=superuser, person=colleague, changes={"groups": [maintainers]}, reason="x")
    assert amended.is_staff
    assert not amend(actor=superuser, person=colleague, changes={"groups": [partners]}, reason="x").is_staff


def test_whose_tokens(page, colleague, script):
    make_token(actor=None, user=colleague)
    make_token(actor=None, user=script)
    listed = f"{url('knox_authtoken_changelist')}?user__id__exact={colleague.pk}"
    assert (
        f'href="{listed}">1, look and revoke</a>'
        in page.get(url("accounts_user_change", colleague.pk)).content.decode()
    )
    shown = page.get(listed).context["cl"].result_list
    assert [token.user for token in shown] == [colleague]
