"""How much the clients from before the portal still use: counted per day, call, style, client and account.

These clients call once per file, so a call adds to a number in this process, and the numbers go to the database every
few seconds in one statement. What a process has not yet written on this day is written at once: that something is in
use at all is always known, and its number is short by those seconds at most when a process ends.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.db import Error, connection, transaction
from django.utils import timezone

from amiportal.legacy.clients import client_class

logger = logging.getLogger(__name__)
WRITTEN_EVERY_S = 10
_SEEN_MOST = 10_000  # keys remembered as written: as many as any day has, and no more memory than that
_class_of = lru_cache(maxsize=256)(client_class)


class Key(NamedTuple):
    day: date
    account: str
    call: str
    style: str
    client: str


class Meter:
    """One per process, shared by its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """As in a new process."""
        with self._lock:
            self._calls: Counter[Key] = Counter()
            self._refused: Counter[Key] = Counter()
            self._failed: Counter[Key] = Counter()
            self._written: set[Key] = set()
            self._due_at = time.monotonic() + WRITTEN_EVERY_S

    def count(
        self, *, account: str, call: str, style: str, user_agent: str, refused: bool = False, failed: int = 0
    ) -> None:
        """One call, of an account that has proven who it is, or of a style without credentials.

        failed: how many names in it were refused, or had to be kept beside another file's.
        """
        key = Key(timezone.now().date(), account, call, style, _class_of(user_agent))
        with self._lock:
            self._calls[key] += 1
            if refused:
                self._refused[key] += 1
            self._failed[key] += failed
            due = key not in self._written or time.monotonic() >= self._due_at
        if due:
            self.write()

    def write(self) -> None:
        """What was counted since the last time. A database that refuses gets it the next time: no call fails for it."""
        with self._lock:
            calls, refused, failed = self._calls, self._refused, self._failed
            self._calls, self._refused, self._failed = Counter(), Counter(), Counter()
            self._due_at = time.monotonic() + WRITTEN_EVERY_S
        if not calls:
            return
        try:
            with transaction.atomic():
                _add((*key, number, refused[key], failed[key]) for key, number in calls.items())
        except Error as error:
            logger.warning("the old clients' calls could not be counted: %s", type(error).__name__)
            with self._lock:
                self._calls += calls
                self._refused += refused
                self._failed += failed
            return
        with self._lock:
            if len(self._written) > _SEEN_MOST:
                self._written.clear()
            self._written.update(calls)


def _add(rows: Iterable[tuple]) -> None:
    """In the order of the key, so that two processes that write at once never wait for each other in a circle."""
    columns = list(zip(*sorted(rows), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_legacycount AS known (day, account, call, style, client, calls, refused, failed)
            SELECT * FROM unnest(%s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
                                 %s::bigint[])
            ON CONFLICT (day, account, call, style, client)
            DO UPDATE SET calls = known.calls + excluded.calls, refused = known.refused + excluded.refused,
                          failed = known.failed + excluded.failed
            """,
            [list(column) for column in columns],
        )


meter = Meter()
