"""Passwords guessed many at once, in the three ways in which one is asked for."""

import re
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from tests.liveserver import listening
from tests.people import make_person

AT_ONCE = 16


@pytest.fixture
def server(transactional_db) -> Iterator[str]:
    cache.clear()
    with listening(WSGIHandler()) as address:
        yield address
    cache.clear()


@pytest.fixture
def looked_at(monkeypatch) -> list[str]:
    """The passwords that were really compared with an account's."""
    seen, lock = [], threading.Lock()

    def counted(user: User, raw: str, check=User.check_password) -> bool:
        with lock:
            seen.append(raw)
        return check(user, raw)

    monkeypatch.setattr(User, "check_password", counted)
    return seen


@pytest.fixture
def slow_hash(monkeypatch, settings) -> None:
    """The real one: guesses overtake the count while a password is looked at."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 100_000)


@pytest.fixture
def victim(transactional_db, slow_hash) -> User:
    """The account that is guessed at; its password is kept with the real hasher."""
    return make_person("victim", Role.PARTNERS)


def pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=AT_ONCE, retries=False)


def by_old_call(server: str) -> Callable[[str, str, str], int]:
    http = pool()

    def ask(username: str, password: str, address: str) -> int:
        fields = {"username": username, "password": password}
        headers = {"X-Forwarded-For": address}
        return http.request("POST", f"{server}/get-deployments/", fields=fields, headers=headers).status

    return ask


def by_basic(server: str) -> Callable[[str, str, str], int]:
    http = pool()

    def ask(username: str, password: str, address: str) -> int:
        word = b64encode(f"{username}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {word}", "X-Forwarded-For": address}
        return http.request("GET", f"{server}/api/v1/deployments/", headers=headers).status

    return ask


def by_page(server: str) -> Callable[[str, str, str], int]:
    http = pool()
    page = http.request("GET", f"{server}/accounts/login/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.data)[1].decode()
    cookie = page.headers["Set-Cookie"].partition(";")[0]

    def ask(username: str, password: str, address: str) -> int:
        fields = {"username": username, "password": password, "csrfmiddlewaretoken": token}
        headers = {"Cookie": cookie, "X-Forwarded-For": address}
        address = f"{server}/accounts/login/"
        return http.request("POST", address, fields=fields, headers=headers, redirect=False).status

    return ask


WAYS = [by_old_call, by_basic, by_page]
LET_IN = {by_old_call: 200, by_basic: 200, by_page: 302}


def guess(ask: Callable[[str, str, str], int], count: int) -> list[int]:
    """The answers to `count` wrong passwords of one account, each with a forged address of its own."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda n: ask("victim", f"guess {n}", f"198.51.100.{n % 250}"), range(count)))
