"""The language of the pages is each person's own; machines and the admin are answered in English."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from tests.people import PASSWORD
from tests.project.test_every_url import DOORS, path_of, patterns

SPANISH = {"Accept-Language": "es-PA,es;q=0.9,en;q=0.5"}
pytestmark = pytest.mark.django_db


def language_of(client, path="/uploads/", **headers) -> str:
    response = client.get(path, headers=headers)
    page = response.content.decode()
    return page.partition('<html lang="')[2].partition('"')[0]


def choose(client, language: str, **more):
    return client.post(reverse("set-language"), {"language": language, **more})


def test_a_stranger_is_met_in_the_browsers_language(client):
    page = client.get("/accounts/login/", headers=SPANISH)
    assert "Iniciar sesión" in page.content.decode()
    assert page["Content-Language"] == "es"
    assert {"Accept-Language", "Cookie"} <= set(page["Vary"].split(", "))
    assert language_of(client, "/accounts/login/", **{"Accept-Language": "ja"}) == "en"


def test_a_choice_made_before_signing_in_is_kept_in_the_browser(client):
    choose(client, "es")
    assert language_of(client, "/accounts/login/") == "es"


def test_the_choice_is_kept_with_the_account_and_follows_it_to_another_browser(client, colleague):
    client.force_login(colleague)
    choose(client, "es")
    colleague.refresh_from_db()
    assert colleague.language == "es"
    elsewhere = Client()
    elsewhere.force_login(colleague)
    assert language_of(elsewhere, **{"Accept-Language": "en"}) == "es"
    choose(elsewhere, "en")
    assert language_of(client) == "en"  # the account's language, not what this browser remembers


def test_an_account_that_never_chose_follows_the_browser(client, colleague):
    client.force_login(colleague)
    assert language_of(client, **SPANISH) == "es"
    colleague.refresh_from_db()
    assert colleague.language == ""


def test_a_language_that_was_given_up_counts_as_none(client, colleague):
    type(colleague).objects.filter(pk=colleague.pk).update(language="xx")
    client.force_login(colleague)
    assert language_of(client, **SPANISH) == "es"


def test_nothing_but_a_language_of_ours_is_kept_and_only_by_post(client, colleague):
    client.force_login(colleague)
    assert choose(client, "xx").status_code == 400
    assert client.get(reverse("set-language")).status_code == 405
    colleague.refresh_from_db()
    assert colleague.language == ""
    assert settings.LANGUAGE_COOKIE_NAME not in client.cookies


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/uploads/?before=9", "/uploads/?before=9"),
        ("", "/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_the_switch_leads_back_and_never_out_of_the_portal(client, back, leads_to):
    assert choose(client, "es", next=back)["Location"] == leads_to


def test_the_switch_asks_for_the_pages_own_token(colleague):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(colleague)
    refused = strict.post(reverse("set-language"), {"language": "es"}, headers=SPANISH)
    assert refused.status_code == 403
    assert "La página estuvo abierta demasiado tiempo" in refused.content.decode()


@pytest.mark.parametrize("path", ["/no-such-page", "/uploads/999/"])
def test_error_pages_speak_the_readers_language(client, colleague, path):
    client.force_login(colleague)
    assert "No hay nada en esta dirección" in client.get(path, headers=SPANISH).content.decode()


def test_a_crash_too(client, colleague, monkeypatch):
    client.force_login(colleague)
    client.raise_request_exception = False
    monkeypatch.setattr("uploads.pages.history.sessions_visible_to", lambda *a, **k: 1 / 0)
    response = client.get("/uploads/", headers=SPANISH)
    assert response.status_code == 500
    assert "Algo falló de nuestro lado" in response.content.decode()


def test_a_locked_account_is_told_in_its_readers_language(client, colleague):
    for _ in range(10):
        locked = client.post("/accounts/login/", {"username": "colleague", "password": "x"}, headers=SPANISH)
    assert locked.status_code == 429
    assert "Esta cuenta está bloqueada durante una hora" in locked.content.decode()


def test_the_admin_stays_english(client, maintainer):
    maintainer.language = "es"
    maintainer.save()
    client.force_login(maintainer)
    page = client.get("/admin/accounts/user/", headers=SPANISH)
    assert page.status_code == 200
    assert '<html lang="en' in page.content.decode()


MACHINES = sorted(name for name in DOORS if name.startswith(("legacy-", "upload-", "deployment-", "bucket-")))
# Wrong in ways that Django and its REST framework have translated complaints about.
BODY = {"deployment": "", "files": "x", "name": "", "latitude": "x", "first_day": "yesterday", "country_code": "PANAMA"}


@pytest.mark.parametrize("name", MACHINES)
def test_machines_are_answered_in_english_byte_for_byte(name, maintainer, ladera):
    maintainer.language = "es"
    maintainer.save()
    route = next(route for route, found in patterns() if found == name)
    path = path_of(route, 1)
    method = DOORS[name][0]
    answers = []
    for headers in ({}, SPANISH):
        http = APIClient()
        strange = http.generic(method, path, headers=headers)
        http.force_login(maintainer)
        wrong = http.generic(method, path, headers=headers | {"X-CSRFToken": "x"})
        form = {} if method == "GET" else {"format": "json"}
        typed = getattr(http, method.lower())(path, BODY, headers=headers, **form)
        other = http.generic("TRACE", path, headers=headers)
        answers.append([(r.status_code, _body(r)) for r in (strange, wrong, typed, other)])
    assert answers[0] == answers[1]


def test_a_field_clients_mistake_is_told_in_english(client, maintainer, panama):
    """The model's own complaint, of which Django has a Spanish form."""
    fields = {"country": "Panama", "country_code": "PAN", "location_name": "T" * 300, "camera_id": "C" * 300}
    fields |= {"lat": "9.0", "lon": "-79.7", "hardware_id": "3"}
    fields |= {"username": maintainer.username, "password": PASSWORD}
    answers = [client.post("/create-deployment/", fields, headers=headers) for headers in ({}, SPANISH)]
    assert answers[0].status_code == 422
    assert "Ensure this value has at most" in answers[0].content.decode()
    assert answers[0].content == answers[1].content


def _body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content
