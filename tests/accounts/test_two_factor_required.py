"""The setting that demands it of maintainers, and the way back for whoever lost the phone."""

import pytest
from django.test import Client

from amiportal.accounts.services.two_factor import has_two_factor
from tests.accounts.admin_pages import url
from tests.accounts.codes import code_of, enrol
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
ADMIN = ("/admin/", "/admin/accounts/user/", "/admin/health/", "/admin/jsi18n/")


def test_without_it_a_maintainer_is_led_to_it_and_sees_nothing_else_of_the_admin(page, settings, colleague):
    settings.REQUIRE_TWO_FACTOR = True
    for path in ADMIN:
        assert page.get(path)["Location"] == "/accounts/two-factor/", path
    changing = page.post(url("accounts_user_close", colleague.pk), {"reason": "x"})
    assert changing["Location"] == "/accounts/two-factor/"
    colleague.refresh_from_db()
    assert colleague.is_active
    assert page.get("/upload/").status_code == 200
    enrol(page)
    assert page.get("/admin/").status_code == 200


def test_a_session_without_a_code_is_asked_for_one(page, client, settings, maintainer):
    key, _ = enrol(page)
    maintainer.refresh_from_db()
    by_other_ways = Client()
    by_other_ways.force_login(maintainer)
    settings.REQUIRE_TWO_FACTOR = True
    led = by_other_ways.get("/admin/accounts/user/?q=x")["Location"]
    assert led.startswith("/accounts/login/code/")
    assert by_other_ways.get("/uploads/").status_code == 302
    assert by_other_ways.post(led, {"code": code_of(key, steps_ahead=1)})["Location"] == "/admin/accounts/user/?q=x"


def test_the_admins_own_form_signs_nobody_in(client, maintainer, colleague):
    client.post("/admin/login/", {"username": "maintainer", "password": PASSWORD, "next": "/admin/"})
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/login/?next=/admin/uploads/")["Location"] == "/accounts/login/?next=%2Fadmin%2Fuploads%2F"
    client.force_login(colleague)
    assert client.get("/admin/login/").status_code == 403


def test_another_maintainer_resets_it_with_a_reason(page, client, maintainer, superuser, savanna):
    enrol(page)
    theirs = page
    other = Client()
    other.force_login(superuser)
    resetting = url("accounts_user_reset_two_factor", maintainer.pk)
    other.get(resetting)
    other.post(resetting, {"reason": ""})
    assert has_two_factor(maintainer)
    other.post(resetting, {"reason": "Phone fell into the river, she called"})
    assert not has_two_factor(maintainer)
    assert theirs.get("/uploads/").status_code == 302
    newest = maintainer.history.first()
    assert newest.history_user == superuser
    assert newest.history_change_reason == "Two-factor sign-in was reset: Phone fell into the river, she called"


def test_nobody_resets_their_own_without_a_code_or_a_superusers(page, client, maintainer, superuser):
    enrol(page)
    page.post(url("accounts_user_reset_two_factor", maintainer.pk), {"reason": "x"})
    assert has_two_factor(maintainer)
    assert page.post(url("accounts_user_reset_two_factor", superuser.pk), {"reason": "x"}).status_code == 403
