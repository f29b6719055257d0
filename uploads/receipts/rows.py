"""Reads of one session's files for the page of its receipt. Each file of a session counts by its newest row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from uploads.models import UploadLog, UploadSession

# What a file that was once proven can have become since.
LOST = (UploadLog.Status.MISSING, UploadLog.Status.MISMATCH, UploadLog.Status.MOVED, UploadLog.Status.REMOVED)

# From the few rows that prove nothing to those of them that no newer row of the same name has replaced. Materialized,
# or a planner that is after the order would walk the index of all names of the whole ledger.
_UNPROVEN = """
WITH candidates AS MATERIALIZED (
    SELECT id, filename,
           (status = ANY(%(lost)s) AND (verified_at IS NOT NULL OR error_code = ANY(%(drifted)s))) AS is_lost
    FROM uploads_uploadlog WHERE session_id = %(session)s AND NOT status = ANY(%(proven)s)
)
SELECT id FROM candidates AS c
WHERE c.is_lost = %(is_lost)s AND NOT EXISTS (
    SELECT FROM uploads_uploadlog AS newer
    WHERE newer.session_id = %(session)s AND newer.filename = c.filename AND newer.id > c.id
)
ORDER BY c.filename LIMIT %(limit)s
"""

# By when the store was first seen to hold a file: what is compared again later has been proven no less before.
_LOST = """
WITH candidates AS MATERIALIZED (
    SELECT id, filename, coalesce(stored_at, verified_at) AS since
    FROM uploads_uploadlog
    WHERE session_id = %(session)s AND status = ANY(%(lost)s) AND verified_at IS NOT NULL
), lost AS MATERIALIZED (
    SELECT since FROM candidates AS c
    WHERE NOT EXISTS (
        SELECT FROM uploads_uploadlog AS newer
        WHERE newer.session_id = %(session)s AND newer.filename = c.filename AND newer.id > c.id
    )
)
SELECT (SELECT count(*) FROM lost WHERE since <= moment)
FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS asked(moment, number) ORDER BY number
"""


def rows_by_name(session: UploadSession, *, name_prefix: str = "", limit: int) -> list[UploadLog]:
    """The first `limit` files in order of name, of those whose names begin with `name_prefix`."""
    newest = UploadLog.objects.filter(session=session).order_by("filename", "-id").distinct("filename")
    if name_prefix:
        newest = newest.filter(filename__startswith=name_prefix)
    # Sorting ids and names alone, then fetching a page of rows, is many times faster than sorting whole rows.
    return list(UploadLog.objects.filter(pk__in=newest.values("pk")[:limit]).order_by("filename"))


def unproven_rows(session: UploadSession, *, limit: int) -> list[UploadLog]:
    """Files that were never proven, by name; those that were and are no more are `lost_rows`."""
    return _not_proven(session, is_lost=False, limit=limit)


def lost_rows(session: UploadSession, *, limit: int) -> list[UploadLog]:
    """Files that were proven, or stored, once and that the store no longer has there as they were, by name."""
    return _not_proven(session, is_lost=True, limit=limit)


def _not_proven(session: UploadSession, *, is_lost: bool, limit: int) -> list[UploadLog]:
    given: dict[str, Any] = {"session": session.pk, "is_lost": is_lost, "limit": limit}
    states = {"lost": list(LOST), "drifted": list(UploadLog.DRIFTED), "proven": list(UploadLog.PROVEN)}
    with connection.cursor() as cursor:
        cursor.execute(_UNPROVEN, given | states)
        ids = [pk for (pk,) in cursor.fetchall()]
    return list(UploadLog.objects.filter(pk__in=ids).order_by("filename"))


def count_lost(session: UploadSession, moments: Sequence[datetime]) -> list[int]:
    """For each moment, how many of `lost_rows` the store had by then."""
    given: dict[str, Any] = {"session": session.pk, "lost": list(LOST), "moments": list(moments)}
    with connection.cursor() as cursor:
        cursor.execute(_LOST, given)
        return [count for (count,) in cursor.fetchall()]
