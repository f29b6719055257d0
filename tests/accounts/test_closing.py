"""A closed account opens nothing, at once; it can be opened again; a maintainer is always left."""

import pytest
from django.test import Client
from knox.models import AuthToken

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.accounts.services.closing import close_account, open_account
from amiportal.accounts.services.password_links import make_link
from amiportal.accounts.services.tokens import make_token
from amiportal.core.errors import Conflict, Forbidden
from tests.accounts.admin_pages import url
from tests.deployments.uploaded_rows import granted
from tests.people import PASSWORD, make_person

pytestmark = pytest.mark.django_db


def test_password_session_token_and_link_end_at_once(page, maintainer, colleague, basic):
    browser = Client()
    browser.force_login(colleague)
    token = {"Authorization": f"Token {make_token(actor=None, user=colleague)}"}
    _, secret = make_link(actor=maintainer, person=colleague)

    def opens() -> list[int]:
        return [
            browser.get("/uploads/").status_code,
            Client().get("/api/v1/deployments/", headers=token).status_code,
            Client().get("/api/v1/deployments/", headers=basic(colleague)).status_code,
            Client().get("/get-deployments/", headers=basic(colleague)).status_code,
            Client().get(f"/accounts/password/{secret}/").status_code,
        ]

    assert opens() == [200] * 5
    closing = url("accounts_user_close", colleague.pk)
    assert "Close the account of" in page.get(closing).content.decode()
    assert page.post(closing, {"reason": ""}).status_code == 200
    assert opens() == [200] * 5
    page.post(closing, {"reason": "Left the institute"})
    assert opens() == [302, 401, 401, 401, 410]
    newest = colleague.history.first()
    assert (newest.is_active, newest.history_user) == (False, maintainer)
    assert newest.history_change_reason == "Closed: Left the institute"

    page.post(url("accounts_user_open_again", colleague.pk), {"reason": "Came back"})
    # The password of before; what was open before stays ended.
    assert opens() == [302, 401, 200, 200, 410]
    assert not AuthToken.objects.exists()
    assert colleague.history.first().history_change_reason == "Opened again: Came back"


def test_nobody_closes_their_own(page, maintainer):
    page.post(url("accounts_user_close", maintainer.pk), {"reason": "x"})
    maintainer.refresh_from_db()
    assert maintainer.is_active


def test_the_last_active_maintainer_stays(maintainer):
    with pytest.raises(Conflict, match="last active maintainer"):
        close_account(actor=None, person=maintainer, reason="x")
    second = make_person("second", Role.MAINTAINERS)
    close_account(actor=second, person=maintainer, reason="x")
    with pytest.raises(Conflict, match="last active maintainer"):
        close_account(actor=None, person=second, reason="x")
    assert list(User.objects.filter(is_active=True)) == [second]


def test_who_may_close_whom(maintainer, superuser, colleague, outsider):
    for actor, person in ((colleague, outsider), (maintainer, superuser)):
        with pytest.raises(Forbidden):
            close_account(actor=actor, person=person, reason="x")
        with pytest.raises(Forbidden):
            open_account(actor=actor, person=person, reason="x")
    close_account(actor=superuser, person=maintainer, reason="x")
    with pytest.raises(Conflict, match="closed already"):
        close_account(actor=superuser, person=maintainer, reason="x")
    with pytest.raises(Forbidden):
        close_account(actor=maintainer, person=colleague, reason="x")  # closed maintainers do nothing


def test_the_form_neither_closes_nor_opens(page, colleague):
    response = page.post(url("accounts_user_change", colleague.pk), {"username": "colleague"})
    assert response.status_code == 302
    colleague.refresh_from_db()
    assert colleague.is_active
    assert colleague.check_password(PASSWORD)


def test_the_page_offers_what_fits(page, maintainer, colleague):
    offered = page.get(url("accounts_user_change", colleague.pk)).content.decode()
    assert url("accounts_user_close", colleague.pk) in offered
    assert url("accounts_user_open_again", colleague.pk) not in offered
    close_account(actor=maintainer, person=colleague, reason="x")
    offered = page.get(url("accounts_user_change", colleague.pk)).content.decode()
    assert url("accounts_user_open_again", colleague.pk) in offered
    assert url("accounts_user_new_token", colleague.pk) not in offered
    assert (
        url("accounts_user_close", maintainer.pk)
        not in page.get(url("accounts_user_change", maintainer.pk)).content.decode()
    )


def test_closing_says_until_when_upload_urls_go_on_writing(page, colleague, ladera):
    """They are the store's to honour: whoever holds one can write for as long as it lives."""
    row = granted(ladera, colleague, minutes_left=20)
    closing = url("accounts_user_close", colleague.pk)
    told = f"go on writing until {row.grant_expires_at:%H:%M} UTC"
    assert told in page.get(closing).content.decode()
    assert told in page.post(closing, {"reason": "Left"}, follow=True).content.decode()


def test_closing_says_nothing_of_urls_that_are_dead(page, colleague, ladera):
    granted(ladera, colleague, minutes_left=-1)
    assert "go on writing" not in page.get(url("accounts_user_close", colleague.pk)).content.decode()
