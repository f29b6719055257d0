"""Row 27 of the reliability table: 10,000 guesses at one account, fifty people at the guesser's address meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from amiportal.accounts.roles import Role
from tests.accounts.guessing import (  # noqa: F401 (fixtures are found by their names here)
    LET_IN,
    WAYS,
    guess,
    looked_at,
    server,
    slow_hash,
    victim,
)
from tests.people import PASSWORD, make_person

GUESSES, PEOPLE = 10_000, 50


@pytest.mark.parametrize("way", WAYS)
def test_row_27_guesses(server, victim, looked_at, slow_hash, way):  # noqa: F811
    people = [make_person(f"person{n}", Role.PARTNERS).username for n in range(PEOPLE)]
    ask = way(server)
    with ThreadPoolExecutor(PEOPLE + 1) as threads:
        guesses = threads.submit(guess, ask, GUESSES)
        let_in = list(threads.map(lambda name: ask(name, PASSWORD, "198.51.100.1"), people))
    assert LET_IN[way] not in guesses.result()
    assert let_in == [LET_IN[way]] * PEOPLE
    wrong = [password for password in looked_at if password != PASSWORD]
    assert len(wrong) == settings.AXES_FAILURE_LIMIT
    print(f"row 27, {way.__name__}: {GUESSES:,} guesses, {len(wrong)} looked at; {PEOPLE} of {PEOPLE} others let in")
