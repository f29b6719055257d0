"""Who may change which account, and who may have a token."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, Permission
from knox.models import AuthToken

from amiportal.accounts.models import User
from amiportal.accounts.role_permissions import MAINTAINER_ACTIONS
from amiportal.accounts.roles import Role
from amiportal.accounts.services.tokens import make_token
from amiportal.core.errors import Forbidden
from deployments import selectors
from tests.accounts.admin_pages import change, role, url
from tests.people import PASSWORD, make_person

pytestmark = pytest.mark.django_db


def test_a_maintainer_looks_after_a_partner(page, colleague, kenya):
    response = change(page, colleague, organisation="Field institute", buckets=[kenya.pk], groups=[role("Scripts")])
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert colleague.organisation == "Field institute"
    assert list(colleague.buckets.all()) == [kenya]
    assert [group.name for group in colleague.groups.all()] == [Role.SCRIPTS]


def test_a_maintainer_makes_nobody_mightier(page, maintainer, colleague):
    everything = list(Permission.objects.values_list("pk", flat=True))
    change(page, colleague, is_superuser="on", is_staff="on", user_permissions=everything)
    assert not colleague.is_superuser
    assert not colleague.is_staff
    assert not colleague.user_permissions.exists()
    refused = change(page, colleague, groups=[role("Maintainers")])
    assert refused.status_code == 200
    assert not colleague.groups.filter(name=Role.MAINTAINERS).exists()
    change(page, maintainer, is_superuser="on", groups=[])
    assert not maintainer.is_superuser
    assert maintainer.groups.filter(name=Role.MAINTAINERS).exists()


def test_a_maintainer_does_not_touch_a_superuser(page, superuser):
    assert change(page, superuser, email="other@example.org").status_code == 403
    password = url("auth_user_password_change", superuser.pk)
    assert page.post(password, {"password1": "taken over 1234", "password2": "taken over 1234"}).status_code == 403
    assert page.post(url("accounts_user_new_token", superuser.pk)).status_code == 403
    assert superuser.check_password(PASSWORD)
    assert not AuthToken.objects.exists()


def test_a_superuser_makes_a_maintainer_who_may_enter_the_admin(client, superuser, colleague):
    client.force_login(superuser)
    change(client, colleague, groups=[role("Maintainers")])
    assert colleague.is_staff
    client.force_login(colleague)
    assert client.get(url("deployments_deployment_changelist")).status_code == 200


def test_a_new_person_and_a_contact_without_a_password(page):
    new = {"username": "newcomer", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert page.post(url("accounts_user_add"), new).status_code == 302
    assert User.objects.get(username="newcomer").check_password(PASSWORD)
    assert page.post(url("accounts_user_add"), {"username": "contact", "usable_password": "false"}).status_code == 302
    assert not User.objects.get(username="contact").has_usable_password()
    weak = {"username": "weak", "usable_password": "true", "password1": "1234567890", "password2": "1234567890"}
    assert page.post(url("accounts_user_add"), weak).status_code == 200


def test_a_password_is_set_by_a_form_of_its_own(page, colleague):
    given = {"password1": "another good phrase", "password2": "another good phrase", "usable_password": "true"}
    assert page.post(url("auth_user_password_change", colleague.pk), given).status_code == 302
    colleague.refresh_from_db()
    assert colleague.check_password("another good phrase")


def test_a_token_is_shown_once_and_revoked_at_once(page, client, script):
    making = url("accounts_user_new_token", script.pk)
    page.get(making)
    assert not AuthToken.objects.exists()
    response = page.post(making, {"days": "30"})
    token = response.context["token"]
    assert "no-store" in response["Cache-Control"]
    assert token in response.content.decode()
    kept = AuthToken.objects.get()
    assert kept.user == script
    assert round((kept.expiry - kept.created).total_seconds() / 86_400) == 30
    assert token not in str(AuthToken.objects.values().get())
    listed = page.get(url("knox_authtoken_changelist")).content.decode()
    assert token not in listed
    assert token[:8] in listed

    call = {"path": "/api/v1/deployments/", "headers": {"Authorization": f"Token {token}"}}
    assert client.get(**call).status_code == 200
    page.post(url("knox_authtoken_delete", kept.pk), {"post": "yes"})
    client.logout()
    assert client.get(**call).status_code == 401


def test_tokens_are_neither_added_nor_changed_in_their_list(page, script):
    make_token(actor=None, user=script)
    token = AuthToken.objects.get()
    assert page.get(url("knox_authtoken_add")).status_code == 403
    assert page.post(url("knox_authtoken_change", token.pk), {"user": "1"}).status_code == 403
    assert f"{token.token_key[:8]}… of {script}" in page.get(url("knox_authtoken_change", token.pk)).content.decode()


def test_who_may_ask_for_a_token(maintainer, superuser, colleague, script):
    assert make_token(actor=maintainer, user=script)
    assert make_token(actor=superuser, user=superuser)
    for actor, user in ((colleague, colleague), (colleague, script), (maintainer, superuser)):
        with pytest.raises(Forbidden):
            make_token(actor=actor, user=user)


def test_a_superusers_tokens_are_not_listed_for_maintainers(page, superuser):
    make_token(actor=None, user=superuser)
    assert len(page.get(url("knox_authtoken_changelist")).context["cl"].result_list) == 0


def test_a_locked_account_is_unlocked_by_deleting_its_row(page, colleague):
    attempt = AccessAttempt.objects.create(username="colleague", failures_since_start=10, user_agent="x")
    assert "locked" in page.get(url("axes_accessattempt_changelist")).content.decode()
    page.post(url("axes_accessattempt_delete", attempt.pk), {"post": "yes"})
    assert not AccessAttempt.objects.exists()


def test_every_permission_of_the_role_exists_and_no_other_is_given():
    wanted = {
        f"{app}.{action}_{model}"
        for app, models in MAINTAINER_ACTIONS.items()
        for model, actions in models.items()
        for action in actions
    }
    given = Group.objects.get(name=Role.MAINTAINERS).permissions.select_related("content_type")
    assert {f"{p.content_type.app_label}.{p.codename}" for p in given} == wanted
    for name in (Role.PARTNERS, Role.SCRIPTS):
        assert not Group.objects.get(name=name).permissions.exists()


def test_a_maintainers_own_buckets_limit_uploads_only(panama, ladera, savanna):
    person = make_person("limited", Role.MAINTAINERS, panama)
    assert list(selectors.deployments_open_for_upload(person)) == [ladera]
    assert savanna in selectors.deployments_visible_to(person)
