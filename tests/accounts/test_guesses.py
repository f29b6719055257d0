"""Passwords that are guessed many at once: no more of them are looked at than the lock-out allows (row 27)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from amiportal.accounts.roles import Role
from tests.accounts.guessing import AT_ONCE, LET_IN, WAYS, by_old_call, guess
from tests.people import PASSWORD, make_person

GUESSES = 60
pytestmark = pytest.mark.usefixtures("slow_hash")


@pytest.mark.parametrize("way", WAYS)
def test_guesses_at_once_are_not_looked_at_beyond_the_tenth(server, victim, looked_at, way):
    ask = way(server)
    assert LET_IN[way] not in guess(ask, GUESSES)
    assert len(looked_at) == settings.AXES_FAILURE_LIMIT
    assert ask("victim", PASSWORD, "198.51.100.200") != LET_IN[way]  # locked: the right one too


@pytest.mark.parametrize("way", WAYS)
def test_others_at_the_same_address_sign_in_all_at_once(server, victim, way):
    people = [make_person(f"person{n}", Role.PARTNERS).username for n in range(10)]
    ask = way(server)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        guesses = [threads.submit(ask, "victim", f"guess {n}", "198.51.100.1") for n in range(GUESSES)]
        answers = list(threads.map(lambda name: ask(name, PASSWORD, "198.51.100.1"), people))
    assert LET_IN[way] not in {guess.result() for guess in guesses}
    assert answers == [LET_IN[way]] * len(people)


def test_the_right_password_many_times_at_once_is_let_in_each_time(server, victim):
    """One account for a whole field: none of its clients is kept out by the others' turn."""
    ask = by_old_call(server)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda _: ask("victim", PASSWORD, "198.51.100.1"), range(AT_ONCE)))
    assert answers == [200] * AT_ONCE
