"""Pages of the ledger in a few milliseconds, whatever is asked for and however far back it lies.

Pages are sought by their first row, never by a number: OFFSET 5,000,000 reads five million rows. Nor is it left to the
planner how the rows asked for are found. To it `WHERE deployment = 7 ORDER BY id DESC LIMIT 100` is a walk back from
the newest row that will soon have met a hundred; if that deployment's season ended years ago, it is the whole table.

Two steps, both of bounded cost:
1. Near: the next few thousand rows in the order of the list (of a state, if one is asked for), those asked for among
   them. Mostly that is all.
2. Merge: a row's bucket, deployment, data type and account are its session's, and sessions are few. Of each session
   that may hold rows the first that is asked for, by one search in an index; of the sessions whose first rows come
   first the first rows of each: no row of another session can be among them.

Newest first, by id; a search by the beginning of names goes by name, since its matches may lie anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from amiportal.accounts.models import User
from uploads.ledger.filter import OUT_OF_STEP, LogFilter, sessions_asked_for
from uploads.models import UploadLog

NEAR_ROWS = 5_000  # a few hundred pages of the table: some 5 ms


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins. after, before: a row's id; the page follows it, or ends before it. Else the first page."""

    after: int | None = None
    before: int | None = None
    is_last: bool = False

    @property
    def is_backward(self) -> bool:
        return self.is_last or self.before is not None

    @property
    def key(self) -> int | None:
        return self.before if self.before is not None else self.after


@dataclass(frozen=True, slots=True)
class LedgerPage:
    rows: Sequence[UploadLog]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of a statement with its parameters."""

    text: str = "true"
    values: tuple = ()

    def __and__(self, other: "Sql") -> "Sql":
        parts = [part for part in (self, other) if part != Sql()] or [self]
        return Sql(" AND ".join(part.text for part in parts), sum((part.values for part in parts), ()))


def ledger_page(actor: User, wanted: LogFilter, place: Place, *, size: int) -> LedgerPage:
    """At most `size` rows that `log_visible_to` would give, joined as it joins them.

    Ordered by -id, or by (filename, id) if names are searched for.
    """
    ids = _Search(actor, wanted, place, size + 1).ids()
    has_more = len(ids) > size
    ids = ids[:size]
    if place.is_backward:
        ids.reverse()
    by_id = UploadLog.objects.select_related("session__account", "deployment__bucket").in_bulk(ids)
    came_from = place.key is not None
    return LedgerPage(
        rows=[by_id[pk] for pk in ids],
        has_previous=has_more if place.is_backward else came_from,
        has_next=has_more if not place.is_backward else came_from,
    )


class _Search:
    """The ids of one page, in the direction of `place`."""

    def __init__(self, actor: User, wanted: LogFilter, place: Place, limit: int):
        self.by_name = bool(wanted.name_prefix)
        self.limit = limit
        # The list goes by id downwards, by name upwards; a page before another is read the other way.
        self.ascends = place.is_backward != self.by_name
        direction = "ASC" if self.ascends else "DESC"
        self.order = f"l.filename {direction}, l.id {direction}" if self.by_name else f"l.id {direction}"
        sessions = sessions_asked_for(actor, wanted)
        self.sessions = Sql(*sessions.values("id").query.sql_with_params()) if sessions is not None else None
        self.state = Sql("l.status = %s", (wanted.status,)) if wanted.status else Sql()
        self.times = _between_times(wanted)
        self.sought = self._beyond(place.key) & _named(wanted) & _between_ids(wanted)
        # Open grants are no part of the index by state: nearly all are among the newest rows anyway.
        self.by_state = wanted.status not in ("", UploadLog.Status.GRANTED) and not self.by_name
        if self.by_state:
            # Not `=`, which the planner would take for no more than a filter of rows in the order of their ids.
            self.near_first = Sql("l.status >= %s AND l.status <= %s", (wanted.status,) * 2)
            self.near_order = f"l.status {direction}, {self.order}"
        else:
            self.near_first, self.near_order = Sql(), self.order

    def ids(self) -> list[int]:
        near, is_all = self._near()
        if is_all or len(near) == self.limit:
            return near
        return self._merged()

    def _beyond(self, key: int | None) -> Sql:
        if key is None:
            return Sql()
        sign = ">" if self.ascends else "<"
        if not self.by_name:
            return Sql(f"l.id {sign} %s", (key,))
        name = UploadLog.objects.filter(pk=key).values_list("filename", flat=True).first()
        return Sql(f"(l.filename, l.id) {sign} (%s, %s)", (name, key)) if name is not None else Sql("false")

    def _near(self) -> tuple[list[int], bool]:
        """Those among the next rows, and whether there are no more rows than these."""
        sought = self.near_first & self.sought
        wanted = self.times if self.by_state else self.times & self.state
        if self.sessions:
            wanted &= Sql(f"l.session_id IN ({self.sessions.text})", self.sessions.values)
        query = f"""
            WITH near AS MATERIALIZED (
                SELECT l.id, l.filename, l.session_id, l.status, l.granted_at FROM uploads_uploadlog l
                WHERE {sought.text} ORDER BY {self.near_order} LIMIT %s
            )
            SELECT (SELECT count(*) FROM near),
                   array(SELECT l.id FROM near l WHERE {wanted.text} ORDER BY {self.order} LIMIT %s)
        """
        rows = self.limit if wanted == Sql() else NEAR_ROWS
        found, ids = _row(query, [*sought.values, rows, *wanted.values, self.limit])
        return ids, found < rows

    def _merged(self) -> list[int]:
        condition = self.sought & self.times & self.state
        sessions = self.sessions or Sql("SELECT id FROM uploads_uploadsession")
        first = f"""
            SELECT l.id, l.filename FROM uploads_uploadlog l WHERE l.session_id = s.id AND {condition.text}
            ORDER BY {self.order} LIMIT %s
        """
        query = f"""
            WITH heads AS MATERIALIZED (
                SELECT s.id AS session_id, l.id, l.filename FROM ({sessions.text}) s CROSS JOIN LATERAL ({first}) l
                ORDER BY {self.order} LIMIT %s
            )
            SELECT array(
                SELECT l.id FROM (SELECT session_id AS id FROM heads) s CROSS JOIN LATERAL ({first}) l
                ORDER BY {self.order} LIMIT %s
            )
        """
        values = condition.values
        (ids,) = _row(query, [*sessions.values, *values, 1, self.limit, *values, self.limit, self.limit])
        return ids


def _named(wanted: LogFilter) -> Sql:
    if not wanted.name_prefix:
        return Sql()
    # The planner takes LIKE for a range of the index, the collation being "C".
    return Sql("l.filename LIKE %s", (connection.ops.prep_for_like_query(wanted.name_prefix) + "%",))


def _between_times(wanted: LogFilter) -> Sql:
    condition = Sql()
    if wanted.since:
        condition &= Sql("l.granted_at >= %s", (wanted.since,))
    if wanted.until:
        condition &= Sql("l.granted_at < %s", (wanted.until,))
    return condition


def _between_ids(wanted: LogFilter) -> Sql:
    """Days as a range of ids: rows come in the order of their grants, nearly; see OUT_OF_STEP."""
    condition = Sql()
    if wanted.since:
        condition &= Sql("l.id >= %s", (_first_id_since(wanted.since - OUT_OF_STEP),))
    if wanted.until:
        condition &= Sql("l.id < %s", (_first_id_since(wanted.until + OUT_OF_STEP),))
    return condition


_SEEK = """
WITH RECURSIVE seek AS (
    SELECT coalesce(min(id), 1) AS low, coalesce(max(id), 0) + 1 AS high FROM uploads_uploadlog
    UNION ALL
    SELECT CASE WHEN middle.at < %(moment)s THEN middle.id + 1 ELSE seek.low END,
           CASE WHEN middle.at < %(moment)s THEN seek.high ELSE (seek.low + seek.high) / 2 END
    FROM seek CROSS JOIN LATERAL (
        SELECT l.id, coalesce(l.granted_at, l.stored_at, l.verified_at, '-infinity') AS at FROM uploads_uploadlog l
        WHERE l.id >= (seek.low + seek.high) / 2 ORDER BY l.id LIMIT 1
    ) middle
    WHERE seek.low < seek.high
)
SELECT max(low) FROM seek
"""


def _first_id_since(moment: datetime) -> int:
    """By halving: some twenty steps for ten million rows, not the rows of a year to find their least."""
    (first,) = _row(_SEEK, {"moment": moment})
    return first


def _row(query: str, values: Sequence | dict) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()
