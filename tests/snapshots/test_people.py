"""Restoring people never opens a door: no account, no power, no password comes back with it."""

import pytest
from django.contrib.auth.models import Group

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import plan_restore, restore, take_snapshot
from amiportal.operations.snapshots.services.planning import Selection
from amiportal.operations.snapshots.tables import BY_NAME, KEPT_OF_PEOPLE
from tests.people import make_person

pytestmark = pytest.mark.django_db
PEOPLE = Selection(tables=frozenset({"people"}))
# Looked at and left out: what lets a person in, and what a sign-in leaves behind.
NOT_KEPT = {"password", "last_login", "session_generation"}


@pytest.fixture
def go_back():
    def go(actor, snapshot):
        plan = plan_restore(actor=actor, snapshot=snapshot, chosen=PEOPLE)
        if not plan.effects:
            return plan
        return restore(actor=actor, snapshot=snapshot, chosen=PEOPLE, digest=plan.digest)[0]

    return go


def taken() -> Snapshot:
    return take_snapshot(actor=None, reason=Snapshot.Reason.HAND)


def roles(person: User) -> set[str]:
    return set(person.groups.values_list("name", flat=True))


def test_each_column_of_an_account_is_kept_or_left_out_by_decision():
    """A new one fails here: is it something that a snapshot may tell?"""
    columns = {f.attname for f in User._meta.concrete_fields}
    assert columns == set(BY_NAME["people"].columns) | NOT_KEPT
    assert set(BY_NAME["people"].columns) == KEPT_OF_PEOPLE


def test_what_a_person_says_and_may_upload_goes_back(maintainer, colleague, kenya, go_back):
    snapshot = taken()
    colleague.buckets.set([kenya])
    colleague.groups.set([Group.objects.get(name=Role.SCRIPTS)])
    User.objects.filter(pk=colleague.pk).update(email="other@example.org", organisation="Other")
    password = User.objects.get(pk=colleague.pk).password
    plan = go_back(maintainer, snapshot)
    assert plan.kept == []
    colleague.refresh_from_db()
    assert (colleague.email, colleague.organisation) == ("colleague@example.org", "")
    assert [bucket.name for bucket in colleague.buckets.all()] == ["pan"]
    assert roles(colleague) == {"Partners"}
    assert colleague.password == password
    newest = colleague.history.first()
    assert (newest.history_change_reason, newest.history_user) == (f"Restored from the {snapshot}", maintainer)
    assert [given.bucket.name for given in newest.buckets.all()] == ["pan"]
    assert newest.organisation == ""


def test_a_closed_account_stays_closed(superuser, colleague, go_back):
    snapshot = taken()
    User.objects.filter(pk=colleague.pk).update(is_active=False, organisation="Other")
    plan = go_back(superuser, snapshot)
    assert [(k.name, "opens or closes no account" in k.why) for k in plan.kept] == [("is_active", True)]
    colleague.refresh_from_db()
    assert (colleague.is_active, colleague.organisation) == (False, "")


@pytest.mark.parametrize("who", ["maintainer", "superuser"])
def test_nobody_comes_to_power(request, who, colleague, go_back):
    actor = request.getfixturevalue(who)
    colleague.groups.add(Group.objects.get(name=Role.MAINTAINERS))
    User.objects.filter(pk=colleague.pk).update(is_staff=True)
    snapshot = taken()
    colleague.groups.set([Group.objects.get(name=Role.SCRIPTS)])
    User.objects.filter(pk=colleague.pk).update(is_staff=False)
    plan = go_back(actor, snapshot)
    assert {k.name for k in plan.kept} == {"is_staff", "roles"}
    colleague.refresh_from_db()
    assert (colleague.is_staff, roles(colleague)) == (False, {"Partners"})


def test_nobody_loses_power_either(maintainer, go_back):
    other = make_person("deputy", Role.PARTNERS)
    snapshot = taken()
    other.groups.set([Group.objects.get(name=Role.MAINTAINERS)])
    plan = go_back(maintainer, snapshot)
    assert [k.name for k in plan.kept] == ["roles"]
    assert roles(other) == {"Partners", "Maintainers"}


def test_superusers_are_beyond_a_maintainer(maintainer, superuser, colleague, go_back):
    snapshot = taken()
    User.objects.filter(pk=superuser.pk).update(email="taken@example.org")
    plan = go_back(maintainer, snapshot)
    assert plan.effects == []
    assert [k.why for k in plan.kept] == ["A superuser's account is restored by superusers alone."]
    User.objects.filter(pk=superuser.pk).update(is_superuser=False, is_staff=False)
    plan = go_back(maintainer, snapshot)  # was one then, is none now
    assert plan.effects == []
    User.objects.filter(pk=superuser.pk).update(is_superuser=True)
    superuser.refresh_from_db()
    plan = go_back(superuser, snapshot)
    assert [(e.told, e.names) for e in plan.effects] == [("(root)", ("email",))]


def test_who_is_gone_comes_back_closed_and_without_password(maintainer, panama, go_back):
    gone = make_person("gone", Role.PARTNERS, panama, organisation="Institute")
    gone.groups.add(Group.objects.get(name=Role.MAINTAINERS))
    snapshot = taken()
    User.objects.filter(pk=gone.pk).delete()
    plan = go_back(maintainer, snapshot)
    assert "Comes back closed" in plan.kept[0].why
    again = User.objects.get(username="gone")
    assert (again.pk, again.organisation, again.is_active, again.is_staff) == (gone.pk, "Institute", False, False)
    assert not again.has_usable_password()
    assert roles(again) == {"Partners"}
    assert [bucket.name for bucket in again.buckets.all()] == ["pan"]


def test_buckets_that_are_gone_are_told(maintainer, colleague, kenya, panama, go_back):
    colleague.buckets.add(kenya)
    snapshot = taken()
    colleague.buckets.clear()
    kenya.delete()
    plan = go_back(maintainer, snapshot)
    assert [k.why for k in plan.kept] == ["There is no bucket ken any more."]
    assert [bucket.name for bucket in colleague.buckets.all()] == ["pan"]
