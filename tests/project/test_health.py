"""Liveness touches nothing; readiness tells which part is unreachable, and no more."""

import socket

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from amiportal.wsgi import probed_by_address, under_prefix


@pytest.fixture
def nobody_listens() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        yield held.getsockname()[1]


def test_healthz_answers_without_database_or_store(django_assert_num_queries, nobody_listens, settings):
    settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{nobody_listens}"
    answer = Client().get("/healthz")  # without the django_db mark any query would raise
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_readyz_when_all_is_well():
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "store": "ok"}
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_readyz_when_the_store_is_down(settings, nobody_listens):
    settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{nobody_listens}"
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "store": "unreachable"}


@pytest.mark.django_db
def test_readyz_when_the_database_is_down(monkeypatch, nobody_listens):
    monkeypatch.setitem(connection.settings_dict, "PORT", nobody_listens)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "unreachable", "store": "ok"}


@pytest.mark.django_db
def test_readyz_refusing_the_password_tells_no_secret(monkeypatch, caplog):
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "wrong-canary")
    answer = Client().get("/readyz")
    assert answer.json()["database"] == "unreachable"
    assert "canary" not in answer.content.decode() + caplog.text
    assert settings.DATABASES["default"]["USER"] not in answer.content.decode()


def test_probes_are_not_redirected_to_https(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200


@pytest.mark.parametrize(("path", "host"), [("/healthz", "portal.example.org"), ("/upload/", "10.0.0.7:8000")])
def test_only_probes_are_answered_under_any_host(path, host):
    environ = {"PATH_INFO": path, "HTTP_HOST": "10.0.0.7:8000"}
    probed_by_address(lambda environ, start: [], ["portal.example.org"])(environ, None)
    assert environ["HTTP_HOST"] == host


@pytest.mark.parametrize(
    ("asked", "served"),
    [("/ami/upload/", "/upload/"), ("/upload/", "/upload/"), ("/ami", "/"), ("/amiable/", "/amiable/")],
)
def test_prefix_is_served_stripped_or_not(asked, served):
    environ = {"PATH_INFO": asked}
    under_prefix(lambda environ, start: [], "/ami")(environ, None)
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/ami", served)
