"""A listing held against the ledger, both in the order of names, a page at a time: neither is ever held as a whole.

The ledger is read by ranges of names: a cursor over it would keep a transaction open while the store is asked.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Set
from datetime import datetime

from django.db import connection

from amiportal.objectstore.lookup import lookup_by_head
from deployments.models import Deployment
from uploads.keys import key_prefix

_READ_AT_ONCE = 10_000
_ASKED_AT_ONCE = 1_000

# What came after the listing began may have been missed by it. The names of the states as in the index of live rows.
_LIVE = """
    SELECT filename, stored_at < %(began_at)s FROM uploads_uploadlog
    WHERE deployment_id = %(deployment)s AND data_type = %(data_type)s
      AND status IN ('granted', 'verified', 'stored')
      AND filename > %(after)s AND (%(upto)s::text IS NULL OR filename <= %(upto)s)
    ORDER BY filename LIMIT %(most)s
"""
_LIVE_OF = """
    SELECT filename FROM uploads_uploadlog
    WHERE deployment_id = %(deployment)s AND data_type = %(data_type)s
      AND status IN ('granted', 'verified', 'stored') AND filename = ANY(%(names)s)
"""
_ANY_PRESENT = """
    SELECT EXISTS (
        SELECT FROM uploads_uploadsession AS session
        JOIN uploads_uploadlog AS row ON row.session_id = session.id AND row.status = 'present'
        WHERE session.deployment_id = %(deployment)s AND session.data_type = %(data_type)s
    )
"""
_PRESENT_OF = """
    SELECT filename FROM uploads_uploadlog
    WHERE deployment_id = %(deployment)s AND data_type = %(data_type)s AND status = 'present'
      AND filename = ANY(%(names)s)
"""


class Comparison:
    """One listing against the ledger.

    unaccounted, absent: called with names as they are found. Names that come out of their order, as some stores list,
    cost more and change nothing: what seems to be absent is asked for.
    """

    def __init__(
        self,
        *,
        deployment: Deployment,
        data_type: str,
        began_at: datetime,
        unaccounted: Callable[[Iterable[str]], None],
        absent: Callable[[Iterable[str]], None],
    ):
        self._of = {"deployment": deployment.pk, "data_type": data_type}
        self._began_at = began_at
        self._bucket = deployment.bucket.name
        self._prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
        self._tell_unaccounted, self._tell_absent = unaccounted, absent
        self._compared_to = ""
        self._not_listed: list[str] = []

    def add(self, names: Collection[str]) -> None:
        """The next names of the listing."""
        # The ledger has no file in a folder below the prefix; some stores list those folders first.
        listed = {name for name in names if "/" not in name}
        unknown = listed.copy()
        if listed:
            is_in_order = min(listed) > self._compared_to
            self._compare(listed, unknown, max(listed))
            if unknown and not is_in_order:
                unknown -= self._names(_LIVE_OF, unknown)
            if unknown and self._rows(_ANY_PRESENT, {})[0][0]:
                unknown -= self._names(_PRESENT_OF, unknown)
        self._tell_unaccounted(name for name in names if name in unknown or "/" in name)

    def _compare(self, listed: Set[str], unknown: set[str], upto: str) -> None:
        """Takes out of `unknown` what the ledger has between the last page's end and this one's."""
        if upto <= self._compared_to:
            return
        for rows in self._live(upto):
            unknown.difference_update([name for name, _ in rows])
            self._ask_later(name for name, was_stored in rows if was_stored and name not in listed)
        self._compared_to = upto

    def finish(self) -> None:
        """The listing has ended: what the ledger has beyond it."""
        for rows in self._live(None):
            self._ask_later(name for name, was_stored in rows if was_stored)
        self._ask()

    def _live(self, upto: str | None) -> Iterator[list[tuple[str, bool | None]]]:
        after = self._compared_to
        while True:
            bounds = {"after": after, "upto": upto, "began_at": self._began_at, "most": _READ_AT_ONCE}
            rows = self._rows(_LIVE, bounds)
            yield rows
            if len(rows) < _READ_AT_ONCE:
                return
            after = rows[-1][0]

    def _ask_later(self, names: Iterable[str]) -> None:
        for name in names:
            self._not_listed.append(name)
            if len(self._not_listed) >= _ASKED_AT_ONCE:
                self._ask()

    def _ask(self) -> None:
        """A listing's absence is no proof: each is asked for."""
        found = lookup_by_head(bucket=self._bucket, prefix=self._prefix, names=self._not_listed)
        self._tell_absent(name for name, stored in found.items() if stored is None)
        self._not_listed = []

    def _names(self, query: str, names: Collection[str]) -> set[str]:
        return {name for (name,) in self._rows(query, {"names": list(names)})}

    def _rows(self, query: str, parameters: dict) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(query, self._of | parameters)
            return cursor.fetchall()
