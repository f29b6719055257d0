"""The ledger's statements over many rows at once. Called by the services alone.

A grant of 1,000 files is a handful of statements: written through model instances it would be the slowest part
of the call.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Greatest

from amiportal.objectstore.objects import StoredObject
from deployments.models import Deployment
from uploads.domain.batch import CardFile
from uploads.domain.capture_time import device_time
from uploads.models import UploadLog, UploadSession

# A batch travels as one text per column, a line per file: psycopg and PostgreSQL take a third of the time that arrays
# or JSON take. No value holds a line break: names are refused for it, paths are rid of it, the rest cannot.
_FILES = r"""(
    SELECT filename, coalesce(path_on_card, '') AS path_on_card, size_bytes, coalesce(md5, '') AS md5, device_time,
           coalesce(etag, '') AS etag
    FROM unnest(
        string_to_array(%(names)s, E'\n'),
        string_to_array(%(paths)s, E'\n'),
        string_to_array(%(sizes)s, E'\n', '')::bigint[],
        string_to_array(%(md5s)s, E'\n'),
        string_to_array(%(device_times)s, E'\n', '')::timestamptz[],
        string_to_array(%(etags)s, E'\n')
    ) AS given(filename, path_on_card, size_bytes, md5, device_time, etag)
) AS f"""

# A row takes its deployment and data type from its session, whose row it locks against deletion: what a foreign key
# would ask for each of a thousand rows is asked once. See models.UploadLog.
_SESSION = """(
    SELECT id, deployment_id, data_type FROM uploads_uploadsession WHERE id = %(session)s FOR KEY SHARE
) AS session"""

_RESERVE = f"""
INSERT INTO uploads_uploadlog
    (session_id, deployment_id, data_type, filename, path_on_card, size_bytes, md5, device_time,
     status, granted_at, grant_expires_at, etag, error_code, unsettled_until)
SELECT session.id, session.deployment_id, session.data_type, f.filename, f.path_on_card, f.size_bytes, f.md5,
       f.device_time, 'granted', %(now)s, %(expires_at)s, '', '', %(unsettled_until)s
FROM {_SESSION}, {_FILES}
ON CONFLICT (deployment_id, data_type, filename) WHERE {UploadLog.LIVE_SQL} DO NOTHING
RETURNING filename
"""

_PRESENT = f"""
INSERT INTO uploads_uploadlog
    (session_id, deployment_id, data_type, filename, path_on_card, size_bytes, md5, device_time,
     status, stored_at, verified_at, etag, error_code)
SELECT session.id, session.deployment_id, session.data_type, f.filename, f.path_on_card, f.size_bytes, f.md5,
       f.device_time, 'present', clock_timestamp(), clock_timestamp(), f.etag, ''
FROM {_SESSION}, {_FILES}
ON CONFLICT (session_id, filename) WHERE status = 'present'
DO UPDATE SET verified_at = excluded.verified_at, etag = excluded.etag, size_bytes = excluded.size_bytes,
              md5 = excluded.md5
"""

# What a session asked for while the key may still be overwritten. Asked again it stands already.
_UNSETTLED = f"""
INSERT INTO uploads_uploadlog
    (session_id, deployment_id, data_type, filename, path_on_card, size_bytes, md5, device_time,
     status, etag, error_code, unsettled_until)
SELECT session.id, session.deployment_id, session.data_type, f.filename, f.path_on_card, f.size_bytes, f.md5,
       f.device_time, 'unsettled', '', 'unsettled', until.moment::timestamptz
FROM {_SESSION}, {_FILES} JOIN json_each_text(%(untils)s::json) AS until(name, moment) ON until.name = f.filename
WHERE NOT EXISTS (
    SELECT FROM uploads_uploadlog AS row
    WHERE row.session_id = session.id AND row.filename = f.filename AND row.status = 'unsettled'
      AND row.md5 = f.md5 AND row.size_bytes = f.size_bytes
)
"""

# For the few files of a batch that are large or damaged, after their rows: the statements above are the hot ones.
_NOTE_DETAILS = """
UPDATE uploads_uploadlog AS row
SET multipart_md5 = coalesce(nullif(f.multipart_md5, ''), row.multipart_md5),
    damage = coalesce(nullif(f.damage, ''), row.damage)
FROM json_to_recordset(%(files)s::json) AS f(name text, md5 text, multipart_md5 text, damage text)
WHERE row.session_id = %(session)s AND row.filename = f.name AND row.md5 = f.md5
  AND row.status IN ('granted', 'verified', 'present', 'unsettled')
  AND (row.multipart_md5 <> f.multipart_md5 OR row.damage <> f.damage)
"""

# Proof concerns the content alone: whoever was granted this key for this content has got it there.
_PROVE_GRANTED = f"""
UPDATE uploads_uploadlog AS row
SET status = 'verified', stored_at = coalesce(row.stored_at, clock_timestamp()), verified_at = clock_timestamp(),
    etag = f.etag, error_code = ''
FROM {_FILES}
WHERE row.deployment_id = %(deployment)s AND row.data_type = %(data_type)s AND row.filename = f.filename
  AND row.status = 'granted' AND row.md5 = f.md5 AND row.size_bytes = f.size_bytes
RETURNING row.session_id, row.filename
"""

# Grants with an MD5 are left alone: they are compared, not merely found.
_NOTE_FOUND = f"""
UPDATE uploads_uploadlog AS row
SET status = 'unproven', stored_at = clock_timestamp(), size_bytes = f.size_bytes, etag = f.etag, error_code = ''
FROM {_FILES}
WHERE row.deployment_id = %(deployment)s AND row.data_type = %(data_type)s AND row.filename = f.filename
  AND row.status = 'granted' AND row.md5 = '' AND row.beside_key = ''
"""

_SETTLE = """
UPDATE uploads_uploadlog AS row
SET status = f.new_status, error_code = f.error_code, etag = coalesce(nullif(f.etag, ''), row.etag),
    stored_at = CASE WHEN f.etag <> '' THEN coalesce(row.stored_at, clock_timestamp()) ELSE row.stored_at END,
    verified_at = CASE WHEN f.new_status IN ('verified', 'present') THEN clock_timestamp() ELSE row.verified_at END,
    unsettled_until = coalesce(f.unsettled_until, row.unsettled_until)
FROM json_to_recordset(%(changes)s::json)
     AS f(id bigint, old_status text, new_status text, error_code text, etag text, unsettled_until timestamptz)
WHERE row.id = f.id AND row.status = f.old_status
RETURNING row.id
"""

# Of rows that were just turned. One that drifts again before anybody settled it is still one.
_NOTE_DRIFT = """
INSERT INTO uploads_drift
    (row_id, deployment_id, data_type, kind, status_before, found_at, looked_at, seen_size_bytes, seen_etag, reason,
     is_restored)
SELECT row.id, row.deployment_id, row.data_type, CASE f.new_status WHEN 'missing' THEN 'vanished' ELSE 'changed' END,
       f.old_status, clock_timestamp(), clock_timestamp(), f.size_bytes, f.etag, '', false
FROM json_to_recordset(%(changes)s::json)
     AS f(id bigint, old_status text, new_status text, size_bytes bigint, etag text)
JOIN uploads_uploadlog AS row ON row.id = f.id
WHERE f.id = ANY(%(turned)s)
ORDER BY row.filename, row.id
ON CONFLICT (row_id) WHERE settled_at IS NULL
DO UPDATE SET kind = excluded.kind, looked_at = excluded.looked_at, seen_size_bytes = excluded.seen_size_bytes,
              seen_etag = excluded.seen_etag, back_at = NULL
"""

_NOTE_ETAGS = """
UPDATE uploads_uploadlog AS row
SET etag = f.etag
FROM json_to_recordset(%(seen)s::json) AS f(id bigint, old_etag text, etag text)
WHERE row.id = f.id AND row.etag = f.old_etag AND row.status = ANY(%(watched)s)
"""


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row's transition, made only if the row still has `old_status`.

    etag, size_bytes: what the store was seen to have; of no object, "" and None. unsettled_until: None leaves what the
    row has.
    """

    row_id: int
    old_status: str
    new_status: str
    error_code: str = ""
    etag: str = ""
    unsettled_until: datetime | None = None
    size_bytes: int | None = None

    @property
    def is_drift(self) -> bool:
        """Whether an object that the ledger vouched for is no longer there as it was."""
        was_watched = self.old_status in UploadLog.WATCHED
        return was_watched and self.new_status in UploadLog.LOST and self.error_code in UploadLog.DRIFTED


def reserve(
    *,
    session: UploadSession,
    files: Iterable[CardFile],
    now: datetime,
    expires_at: datetime,
    unsettled_until: datetime | None = None,
) -> set[str]:
    """Write a `granted` row for each file whose key no live row holds; the names of those written.

    unsettled_until: until when the keys may be overwritten, for URLs that bind no MD5.
    """
    parameters = _parameters(session, ((file, "") for file in files)) | {
        "now": now,
        "expires_at": expires_at,
        "unsettled_until": unsettled_until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, parameters)
        return {name for (name,) in cursor.fetchall()}


def record_present(*, session: UploadSession, files: Iterable[tuple[CardFile, str]]) -> None:
    """Note for (file, ETag) pairs that this session found them stored before, with equal size and MD5."""
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, _parameters(session, files))


def record_unsettled(*, session: UploadSession, files: Iterable[CardFile], untils: Mapping[str, datetime]) -> None:
    """Note that this session asked for them while their keys may still be overwritten; untils: until when, by name."""
    moments = json.dumps({name: until.isoformat() for name, until in untils.items()})
    parameters = _parameters(session, [(file, "") for file in files]) | {"untils": moments}
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED, parameters)


def note_details(*, session: UploadSession, files: Iterable[CardFile]) -> None:
    """Keep in this session's rows the MD5 of the parts of files that were cut into parts, and what looks damaged."""
    rows = [
        {"name": file.name, "md5": file.md5, "multipart_md5": file.multipart_md5, "damage": file.damage}
        for file in files
        if file.multipart_md5 or file.damage
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_NOTE_DETAILS, {"files": json.dumps(rows), "session": session.pk})


def prolong(*, deployment_id: int, data_type: str, file: CardFile, expires_at: datetime) -> bool:
    """Let the grant that holds this key for this content, whoever's it is, last until then; False if there is none."""
    granted = UploadLog.objects.filter(
        deployment_id=deployment_id,
        data_type=data_type,
        filename=file.name,
        status=UploadLog.Status.GRANTED,
        md5=file.md5,
        size_bytes=file.size_bytes,
    )
    return bool(granted.update(grant_expires_at=Greatest("grant_expires_at", Value(expires_at))))


def prove_granted(*, session: UploadSession, files: Iterable[tuple[CardFile, str]]) -> set[tuple[int, str]]:
    """Turn granted rows of these keys with exactly this content into verified; their (session id, name)."""
    with connection.cursor() as cursor:
        cursor.execute(_PROVE_GRANTED, _parameters(session, files))
        return set(cursor.fetchall())


def note_found(*, deployment: Deployment, data_type: str, found: Mapping[str, StoredObject]) -> int:
    """Turn old clients' grants whose object was found (by name) into unproven rows; how many there were."""
    files = [(CardFile(name, stored.size_bytes), stored.etag) for name, stored in sorted(found.items())]
    parameters = _columns(files) | {"deployment": deployment.pk, "data_type": data_type}
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_FOUND, parameters)
        return cursor.rowcount


def settle(changes: Iterable[RowChange]) -> set[int]:
    """Make these transitions; the ids of the rows that still were as presupposed, hence changed.

    A row that was watched and is lost by this gets its Drift, whoever found it out: no path to it is silent.

    Times of proof are the database's: the clocks of two hosts need not agree, and what was proven before an absence
    was seen must not look as if it came after.
    """
    changes = sorted(changes, key=lambda change: change.row_id)
    if not changes:
        return set()
    drifting = [change for change in changes if change.is_drift]
    with transaction.atomic() if drifting else nullcontext(), connection.cursor() as cursor:
        # A lost row keeps the ETag that it was proven with: by that it is known again when it comes back.
        rows = [_as_json(change) | {"etag": "" if change.is_drift else change.etag} for change in changes]
        cursor.execute(_SETTLE, {"changes": json.dumps(rows)})
        turned = {row_id for (row_id,) in cursor.fetchall()}
        if drifting:
            noted = json.dumps([_as_json(change) for change in drifting])
            cursor.execute(_NOTE_DRIFT, {"changes": noted, "turned": list(turned)})
    return turned


def note_etags(seen: Iterable[tuple[UploadLog, str]]) -> None:
    """Keep for (row, ETag) pairs that the store now gives this ETag to the same content."""
    rows = [{"id": row.pk, "old_etag": row.etag, "etag": etag} for row, etag in seen]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_NOTE_ETAGS, {"seen": json.dumps(rows), "watched": list(UploadLog.WATCHED)})


def _as_json(change: RowChange) -> dict:
    return {
        "id": change.row_id,
        "old_status": change.old_status,
        "new_status": change.new_status,
        "error_code": change.error_code,
        "etag": change.etag,
        "unsettled_until": change.unsettled_until.isoformat() if change.unsettled_until else None,
        "size_bytes": change.size_bytes,
    }


def card_file(row: UploadLog) -> CardFile:
    """The file that a row tells of, as its client described it; the row has size and MD5."""
    return CardFile(row.filename, row.size_bytes, row.md5, row.path_on_card, multipart_md5=row.multipart_md5)


def now_of_database() -> datetime:
    """The clock that `settle` and its kin write with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _parameters(session: UploadSession, files: Iterable[tuple[CardFile, str]]) -> dict:
    # In order of name: two batches that share names then wait for each other instead of dying in a deadlock.
    ordered = sorted(files, key=lambda pair: pair[0].name)
    return _columns(ordered) | {
        "session": session.pk,
        "deployment": session.deployment_id,
        "data_type": session.data_type,
    }


def _columns(files: Sequence[tuple[CardFile, str]]) -> dict[str, Any]:
    """The parameters of _FILES for (file, ETag) pairs."""
    times = [device_time(file.name) for file, _ in files]
    return {
        "names": "\n".join([file.name for file, _ in files]),
        "paths": "\n".join([file.path_on_card for file, _ in files]),
        "sizes": "\n".join(["" if file.size_bytes is None else str(file.size_bytes) for file, _ in files]),
        "md5s": "\n".join([file.md5 for file, _ in files]),
        "device_times": "\n".join([moment.isoformat() if moment else "" for moment in times]),
        "etags": "\n".join([etag for _, etag in files]),
    }
