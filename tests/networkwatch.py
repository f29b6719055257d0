"""No transaction is open while the network is used: watched in every test, whoever calls whom (a pytest plugin).

The store is reached through urllib3, by the portal's own wire and by botocore alike, and the mail server through
smtplib. A call counts as the portal's when the innermost frame of this repository is not one of the tests.
"""

import smtplib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
from django.db import connection, transaction

REPOSITORY = str(Path(__file__).parents[1])
TESTS = str(Path(__file__).parent)


class _Watch:
    """What was seen during the test that runs. is_on: fixtures, before and after it, are the tests' own."""

    def __init__(self) -> None:
        self.is_on = False
        self.main_thread = threading.get_ident()
        self.own_depth = 0  # of transactions that the test has opened itself, in its own thread
        self.seen: list[str] = []

    def look(self, what: str) -> None:
        if not self.is_on:
            return
        own_depth = self.own_depth if threading.get_ident() == self.main_thread else 0
        if _depth() > own_depth and (where := _where_in_the_portal()):
            self.seen.append(f"{what}, from {where}")


_watch = _Watch()


def take() -> list[str]:
    """What was seen so far, which then fails no test."""
    seen, _watch.seen = _watch.seen, []
    return seen


@contextmanager
def own_transaction() -> Iterator[None]:
    """A transaction of the test's, around the portal's calls, to undo what they did: it is none of the portal's own."""
    with transaction.atomic():
        before, _watch.own_depth = _watch.own_depth, _depth()
        try:
            yield
        finally:
            _watch.own_depth = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    _watch.seen, _watch.is_on, _watch.own_depth = [], True, _depth()
    _watch.main_thread = threading.get_ident()
    try:
        result = yield
    finally:
        _watch.is_on = False
    if seen := take():
        pytest.fail("the network was used while a transaction was open:\n" + "\n".join(sorted(set(seen))))
    return result


def pytest_sessionstart() -> None:
    _before(urllib3.HTTPConnectionPool, "urlopen", lambda pool, method, url, **_: f"{method} {url.partition('?')[0]}")
    _before(smtplib.SMTP, "connect", lambda *_, **__: "mail")


def _before(owner: type, name: str, called) -> None:
    real = getattr(owner, name)

    def watched(self, *given, **named):
        _watch.look(called(self, *given, **named))
        return real(self, *given, **named)

    setattr(owner, name, watched)


def _depth() -> int:
    return int(connection.in_atomic_block) + len(connection.savepoint_ids)


def _where_in_the_portal() -> str:
    """The innermost line of the portal's that led here; "" where a test itself stands further in."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(REPOSITORY) and "/site-packages/" not in file and file != __file__:
            return "" if file.startswith(TESTS) else f"{file[len(REPOSITORY) + 1 :]}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
