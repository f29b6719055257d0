"""A listing held against the ledger, both in the order of names, a page at a time: neither is ever held as a whole.

The ledger is read by ranges of names: a cursor over it would keep a transaction open while the store is asked.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from datetime import datetime
from operator import itemgetter

from django.db import connection

from deployments.models import Deployment
from uploads.models import UploadLog

_READ_AT_ONCE = 10_000
_ASKED_AT_ONCE = 1_000

# Rows that hold a key, as a listing would have them; without an ETag where there is nothing to compare: a grant's
# object may be under way, and what came after the listing began may have been missed by it. The names of the states
# are those in the indexes.
_LIVE = f"""
    SELECT filename, size_bytes, CASE WHEN status = 'granted' OR stored_at >= %(began_at)s THEN NULL ELSE etag END
    FROM uploads_uploadlog
    WHERE deployment_id = %(deployment)s AND data_type = %(data_type)s
      AND {UploadLog.LIVE_SQL}
      AND filename > %(after)s AND (%(upto)s::text IS NULL OR filename <= %(upto)s)
    ORDER BY filename LIMIT %(most)s
"""
# Several sessions may have found one object; where they saw it differently none of them is like the listing.
_PRESENT = """
    SELECT filename, max(size_bytes),
           CASE WHEN min(stored_at) >= %(began_at)s THEN NULL
                WHEN min(etag) = max(etag) AND min(size_bytes) = max(size_bytes) THEN min(etag) ELSE '' END
    FROM uploads_uploadlog
    WHERE deployment_id = %(deployment)s AND data_type = %(data_type)s AND status = 'present'
      AND filename > %(after)s AND (%(upto)s::text IS NULL OR filename <= %(upto)s)
    GROUP BY filename ORDER BY filename LIMIT %(most)s
"""
_ANY_PRESENT = """
    SELECT EXISTS (
        SELECT FROM uploads_uploadlog
        WHERE deployment_id = %(deployment)s AND data_type = %(data_type)s AND status = 'present'
    )
"""
# The same for names in any order; keys that an old program may write to, which are compared when it no longer can;
# and those whose object is known to be other than what was proven.
_KNOWN_OF = f"""
    SELECT filename FROM uploads_uploadlog AS row
    WHERE deployment_id = %(deployment)s AND data_type = %(data_type)s AND filename = ANY(%(names)s)
      AND ({UploadLog.LIVE_SQL} OR status = 'present' OR unsettled_until IS NOT NULL
           OR status = 'mismatch' AND EXISTS (SELECT FROM uploads_drift WHERE row_id = row.id))
"""


class Comparison:
    """One listing against the ledger, by names, sizes and ETags.

    unaccounted: called with names of objects that no row accounts for. suspect: called with names of rows that the
    listing does not have, or has otherwise, some at a time. Neither is proof: a listing may lag, and suspects are to
    be asked for. Names that come out of their order, as some stores list, cost more and change nothing.
    """

    def __init__(
        self,
        *,
        deployment: Deployment,
        data_type: str,
        began_at: datetime,
        unaccounted: Callable[[Iterable[str]], None],
        suspect: Callable[[Sequence[str]], None],
    ):
        self._of = {"deployment": deployment.pk, "data_type": data_type}
        self._began_at = began_at
        self._tell_unaccounted, self._tell_suspect = unaccounted, suspect
        self._compared_to = ""
        self._suspects: dict[str, None] = {}
        self._queries = [_LIVE]

    def add(self, names: Collection[str], sizes: Iterable[int], etags: Iterable[str]) -> None:
        """The next objects of the listing, pairwise; ETags without quotes."""
        # The ledger has no file in a folder below the prefix; some stores list those folders first.
        unknown = {name for name in names if "/" not in name}
        if unknown:
            self._compare(unknown, set(zip(names, sizes, etags, strict=True)), max(unknown))
        if unknown:
            unknown -= {name for (name,) in self._rows(_KNOWN_OF, {"names": list(unknown)})}
        self._tell_unaccounted(name for name in names if name in unknown or "/" in name)

    def _compare(self, unknown: set[str], listed: Set[tuple[str, int, str]], upto: str) -> None:
        """Takes out of `unknown` what the ledger has between the last page's end and this one's."""
        if upto <= self._compared_to:
            return
        for rows in self._ranges(upto):
            unknown.difference_update(map(itemgetter(0), rows))
            self._suspect(name for name, _, etag in set(rows).difference(listed) if etag is not None)
        self._compared_to = upto

    def finish(self) -> None:
        """The listing has ended: what the ledger has beyond it."""
        for rows in self._ranges(None):
            self._suspect(name for name, _, etag in rows if etag is not None)
        self._ask()

    def _ranges(self, upto: str | None) -> Iterator[list[tuple[str, int | None, str | None]]]:
        if len(self._queries) == 1 and self._rows(_ANY_PRESENT, {})[0][0]:
            self._queries.append(_PRESENT)
        for query in self._queries:
            after = self._compared_to
            while True:
                bounds = {"after": after, "upto": upto, "began_at": self._began_at, "most": _READ_AT_ONCE}
                rows = self._rows(query, bounds)
                yield rows
                if len(rows) < _READ_AT_ONCE:
                    break
                after = rows[-1][0]

    def _suspect(self, names: Iterable[str]) -> None:
        for name in names:
            self._suspects[name] = None
            if len(self._suspects) >= _ASKED_AT_ONCE:
                self._ask()

    def _ask(self) -> None:
        if self._suspects:
            self._tell_suspect(list(self._suspects))
        self._suspects = {}

    def _rows(self, query: str, parameters: dict) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(query, self._of | parameters)
            return cursor.fetchall()
