"""A person makes, sees once and revokes the tokens of their own scripts."""

import pytest
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from amiportal.accounts.services import tokens
from amiportal.accounts.services.tokens import make_token

pytestmark = pytest.mark.django_db
PAGE = "/accounts/tokens/"


@pytest.fixture
def page(client, colleague):
    client.force_login(colleague)
    return client


def opens_the_api(token: str) -> bool:
    http = APIClient(headers={"Authorization": f"Token {token}"})
    return http.get("/api/v1/deployments/").status_code == 200


def test_a_token_is_shown_once_ends_by_itself_and_acts_for_its_owner(page, colleague):
    response = page.post(PAGE, {"days": "30"})
    token = response.context["token"]
    assert token in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert opens_the_api(token)
    kept = AuthToken.objects.get()
    assert kept.user == colleague
    assert 29 <= (kept.expiry - timezone.now()).days <= 30
    again = page.get(PAGE).content.decode()
    assert token not in again
    assert kept.token_key in again


@pytest.mark.parametrize("days", ["", "0", "99999", "x"])
def test_no_token_lives_for_ever(page, days):
    page.post(PAGE, {"days": days})
    assert not AuthToken.objects.exists()


def test_looking_makes_none(page):
    assert page.get(PAGE).status_code == 200
    assert not AuthToken.objects.exists()


def test_revoking_asks_first_and_ends_it_at_once(page, colleague):
    token = page.post(PAGE, {"days": "30"}).context["token"]
    revoking = f"{PAGE}{AuthToken.objects.get().token_key}/revoke/"
    assert "Revoke this token?" in page.get(revoking).content.decode()
    assert opens_the_api(token)
    assert page.post(revoking)["Location"] == PAGE
    assert not opens_the_api(token)
    assert page.post(revoking).status_code == 404


def test_nobody_revokes_or_sees_anothers(page, script):
    make_token(actor=None, user=script)
    foreign = AuthToken.objects.get()
    assert page.get(f"{PAGE}{foreign.token_key}/revoke/").status_code == 404
    assert page.post(f"{PAGE}{foreign.token_key}/revoke/").status_code == 404
    assert foreign.token_key not in page.get(PAGE).content.decode()
    assert AuthToken.objects.count() == 1


def test_there_is_an_end_to_them(page, colleague, monkeypatch):
    monkeypatch.setattr(tokens, "MOST_OWN_TOKENS", 2)
    expired = AuthToken.objects.create(user=colleague)[0]
    AuthToken.objects.filter(pk=expired.pk).update(expiry=timezone.now())
    assert [page.post(PAGE, {"days": "30"}).status_code for _ in range(3)] == [200, 200, 409]
    assert tokens.own_tokens(colleague).count() == 2
    assert "Revoke those that no script uses" in page.post(PAGE, {"days": "30"}).content.decode()


def test_a_person_who_was_locked_out_of_the_portal_makes_none(page, colleague):
    colleague.is_active = False
    colleague.save()
    assert page.post(PAGE, {"days": "30"}).status_code == 302
    assert not AuthToken.objects.exists()
