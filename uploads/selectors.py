"""Reads of the ledger and the sessions, scoped by who asks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Max, QuerySet

from amiportal.accounts.models import User
from uploads.models import UploadLog, UploadSession


def sessions_visible_to(
    actor: User, *, of_everybody: bool = False, is_finished: bool | None = None
) -> QuerySet[UploadSession]:
    """One's own sessions, newest first; a maintainer's view may be of everybody's. Deployment and account joined.

    is_finished False: those that can be continued, so none of the old clients', which nobody ever finishes.
    """
    sessions = UploadSession.objects.select_related("deployment__bucket", "account").order_by("-id")
    if not (of_everybody and actor.is_maintainer):
        sessions = sessions.filter(account=actor)
    if is_finished is None:
        return sessions
    if is_finished:
        return sessions.filter(finished_at__isnull=False)
    return sessions.filter(finished_at__isnull=True, is_legacy=False)


def newest_rows(session: UploadSession) -> Iterator[UploadLog]:
    """Of each name of a session the newest row, in order of name; streamed."""
    rows = UploadLog.objects.filter(session=session).order_by("filename", "-id").distinct("filename")
    return rows.iterator(chunk_size=2_000)


_TALLY = """
SELECT session_id, status, count(*)
FROM (SELECT DISTINCT ON (session_id, filename) session_id, status
      FROM uploads_uploadlog WHERE session_id = ANY(%s) ORDER BY session_id, filename, id DESC) AS latest
GROUP BY session_id, status
"""


def tally(session_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Per session and status the number of names; of a name with several rows the newest counts."""
    tallies: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TALLY, [list(session_ids)])
        for session_id, status, count in cursor.fetchall():
            tallies.setdefault(session_id, {})[UploadLog.Status(status)] = count
    return tallies


def unsettled_untils(session_ids: Sequence[int]) -> dict[int, datetime]:
    """Per session until when a key of its unsettled files may still be overwritten."""
    rows = UploadLog.objects.filter(session__in=session_ids, status=UploadLog.Status.UNSETTLED)
    found = rows.values("session_id").annotate(until=Max("unsettled_until")).order_by()
    return {row["session_id"]: row["until"] for row in found if row["until"] is not None}


@dataclass(frozen=True, slots=True)
class UploadedCount:
    """One line of the old service's log: how many files one session brought."""

    at: datetime
    uploader_name: str
    bucket: str
    deployment_id: str
    data_type: str
    files: int


def uploaded_counts() -> Iterator[UploadedCount]:
    """All sessions that were granted anything, oldest first, counting what holds its key or was found stored."""
    query = f"""
        SELECT s.id, s.last_seen_at, s.uploader_name, b.name, d.deployment_id, s.data_type, n.files
        FROM uploads_uploadsession s
        JOIN deployments_deployment d ON d.id = s.deployment_id
        JOIN deployments_bucket b ON b.id = d.bucket_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS files FROM uploads_uploadlog l
            WHERE l.session_id = s.id AND l.{UploadLog.LIVE_SQL}
        ) n
        WHERE n.files > 0 AND s.id > %s
        ORDER BY s.id LIMIT 500
    """
    # Sessions are read in slices of their ids, so that neither side keeps the whole log in memory.
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [after])
            slice_ = cursor.fetchall()
        for _, *values in slice_:
            yield UploadedCount(*values)
        if len(slice_) < 500:
            return
        after = slice_[-1][0]
