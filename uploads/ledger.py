"""The ledger's statements over many rows at once. Called by the services alone.

A grant of 1,000 files is a handful of statements: written through model instances it would be the slowest part
of the call.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from uploads.capture_time import device_time
from uploads.messages import CardFile
from uploads.models import UploadLog, UploadSession

_LIVE_SQL = "status IN ('granted', 'verified', 'stored')"

_RESERVE = f"""
INSERT INTO uploads_uploadlog
    (session_id, deployment_id, data_type, filename, path_on_card, size_bytes, md5, device_time,
     status, granted_at, grant_expires_at, etag, error_code)
SELECT %(session)s, %(deployment)s, %(data_type)s, f.filename, f.path_on_card, f.size_bytes, f.md5, f.device_time,
       'granted', %(now)s, %(expires_at)s, '', ''
FROM unnest(%(names)s::text[], %(paths)s::text[], %(sizes)s::bigint[], %(md5s)s::text[],
            %(device_times)s::timestamptz[])
     AS f(filename, path_on_card, size_bytes, md5, device_time)
ON CONFLICT (deployment_id, data_type, filename) WHERE {_LIVE_SQL} DO NOTHING
RETURNING filename
"""

_PRESENT = """
INSERT INTO uploads_uploadlog
    (session_id, deployment_id, data_type, filename, path_on_card, size_bytes, md5, device_time,
     status, stored_at, verified_at, etag, error_code)
SELECT %(session)s, %(deployment)s, %(data_type)s, f.filename, f.path_on_card, f.size_bytes, f.md5, f.device_time,
       'present', %(now)s, %(now)s, f.etag, ''
FROM unnest(%(names)s::text[], %(paths)s::text[], %(sizes)s::bigint[], %(md5s)s::text[],
            %(device_times)s::timestamptz[], %(etags)s::text[])
     AS f(filename, path_on_card, size_bytes, md5, device_time, etag)
ON CONFLICT (session_id, filename) WHERE status = 'present'
DO UPDATE SET verified_at = excluded.verified_at, etag = excluded.etag, size_bytes = excluded.size_bytes,
              md5 = excluded.md5
"""

# Proof concerns the content alone: whoever was granted this key for this content has got it there.
_PROVE_GRANTED = """
UPDATE uploads_uploadlog AS row
SET status = 'verified', stored_at = coalesce(row.stored_at, %(now)s), verified_at = %(now)s, etag = f.etag,
    error_code = ''
FROM unnest(%(names)s::text[], %(sizes)s::bigint[], %(md5s)s::text[], %(etags)s::text[])
     AS f(filename, size_bytes, md5, etag)
WHERE row.deployment_id = %(deployment)s AND row.data_type = %(data_type)s AND row.filename = f.filename
  AND row.status = 'granted' AND row.md5 = f.md5 AND row.size_bytes = f.size_bytes
RETURNING row.session_id, row.filename
"""

_SETTLE = """
UPDATE uploads_uploadlog AS row
SET status = f.new_status, error_code = f.error_code, etag = coalesce(nullif(f.etag, ''), row.etag),
    size_bytes = coalesce(row.size_bytes, f.size_bytes),
    stored_at = CASE WHEN f.etag <> '' THEN coalesce(row.stored_at, %(now)s) ELSE row.stored_at END,
    verified_at = CASE WHEN f.new_status IN ('verified', 'present') THEN %(now)s ELSE row.verified_at END
FROM unnest(%(ids)s::bigint[], %(old)s::text[], %(new)s::text[], %(codes)s::text[], %(etags)s::text[],
            %(sizes)s::bigint[])
     AS f(id, old_status, new_status, error_code, etag, size_bytes)
WHERE row.id = f.id AND row.status = f.old_status
RETURNING row.id
"""

_TALLY = """
SELECT status, count(*), coalesce(sum(size_bytes), 0)
FROM (SELECT DISTINCT ON (filename) filename, status, size_bytes
      FROM uploads_uploadlog WHERE session_id = %s ORDER BY filename, id DESC) AS latest
GROUP BY status
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One row's transition, made only if the row still has `old_status`."""

    row_id: int
    old_status: str
    new_status: str
    error_code: str = ""
    etag: str = ""
    size_bytes: int | None = None


def reserve(*, session: UploadSession, files: Collection[CardFile], now: datetime, expires_at: datetime) -> set[str]:
    """Write a `granted` row for each file whose key no live row holds; the names of those written."""
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, _file_columns(session, files) | {"now": now, "expires_at": expires_at})
        return {name for (name,) in cursor.fetchall()}


def record_present(*, session: UploadSession, files: Sequence[tuple[CardFile, str]], now: datetime) -> None:
    """Note for (file, ETag) pairs that this session found them stored before, with equal size and MD5."""
    ordered = sorted(files, key=lambda pair: pair[0].name)
    columns = _file_columns(session, [file for file, _ in ordered])
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, columns | {"now": now, "etags": [etag for _, etag in ordered]})


def prove_granted(
    *, session: UploadSession, files: Sequence[tuple[CardFile, str]], now: datetime
) -> set[tuple[int, str]]:
    """Turn granted rows of these keys with exactly this content into verified; their (session id, name)."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PROVE_GRANTED,
            {
                "deployment": session.deployment_id,
                "data_type": session.data_type,
                "names": [file.name for file, _ in files],
                "sizes": [file.size_bytes for file, _ in files],
                "md5s": [file.md5 for file, _ in files],
                "etags": [etag for _, etag in files],
                "now": now,
            },
        )
        return set(cursor.fetchall())


def settle(changes: Iterable[Change], *, now: datetime) -> set[int]:
    """Make these transitions; the ids of the rows that still were as presupposed, hence changed."""
    changes = sorted(changes, key=lambda change: change.row_id)
    if not changes:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            {
                "ids": [change.row_id for change in changes],
                "old": [str(change.old_status) for change in changes],
                "new": [str(change.new_status) for change in changes],
                "codes": [change.error_code for change in changes],
                "etags": [change.etag for change in changes],
                "sizes": [change.size_bytes for change in changes],
                "now": now,
            },
        )
        return {row_id for (row_id,) in cursor.fetchall()}


def tally(session: UploadSession) -> dict[str, tuple[int, int]]:
    """Per status the number of names and their bytes; of a name with several rows the newest counts."""
    with connection.cursor() as cursor:
        cursor.execute(_TALLY, [session.pk])
        return {UploadLog.Status(status): (count, int(size_bytes)) for status, count, size_bytes in cursor.fetchall()}


def _file_columns(session: UploadSession, files: Collection[CardFile]) -> dict:
    # In order of name: two batches that share names then wait for each other instead of dying in a deadlock.
    files = sorted(files, key=lambda file: file.name)
    return {
        "session": session.pk,
        "deployment": session.deployment_id,
        "data_type": session.data_type,
        "names": [file.name for file in files],
        "paths": [file.path_on_card for file in files],
        "sizes": [file.size_bytes for file in files],
        "md5s": [file.md5 for file in files],
        "device_times": [device_time(file.name) for file in files],
    }
