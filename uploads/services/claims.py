"""What clients claimed of files sent in parts, the MD5 of the whole, proven or found false; see proof.prove.

A worker reads such an object once. Until then its row is "proven by its parts".
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils import timezone

from amiportal.core.errors import PortalError
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.models import ObjectContent, UploadLog
from uploads.services.contents import claim_next, read
from uploads.services.failures import report_rows

ROUND_S = 30  # of each minute, so that the only worker of a small portal has time for the rest
_AT_ONCE = 5_000
_ALONE = 7_031_884_213  # any number that no other advisory lock of this database has
_BELIED = (
    "The parts are stored as they were sent, but the MD5 that the client gave of the whole file is not theirs. The "
    "upload no longer counts as proven: ask for the card to be uploaded again."
)
logger = logging.getLogger(__name__)

# The rows of files that nobody has read since they were proven by their parts, as their partial index has them.
_BY_PARTS = """
    FROM uploads_uploadlog AS row
    JOIN deployments_deployment AS deployment ON deployment.id = row.deployment_id
    JOIN deployments_bucket AS bucket ON bucket.id = deployment.bucket_id
    {join} uploads_objectcontent AS content
      ON content.bucket = bucket.name
     AND content.key = deployment.deployment_id || '/' || row.data_type || '/' || row.filename
     AND content.etag = row.etag AND content.size_bytes = row.size_bytes
    WHERE row.status IN ('verified', 'present') AND row.etag = row.multipart_md5 AND row.whole_read_at IS NULL
"""
_ASK = f"""
    INSERT INTO uploads_objectcontent
        (bucket, key, etag, size_bytes, md5, is_awaited, asked_at, attempts, try_at, error)
    SELECT DISTINCT bucket.name, deployment.deployment_id || '/' || row.data_type || '/' || row.filename, row.etag,
           row.size_bytes, '', false, %(now)s::timestamptz, 0, %(now)s::timestamptz, ''
    {_BY_PARTS.format(join="LEFT JOIN")} AND content.id IS NULL
    LIMIT %(most)s ON CONFLICT DO NOTHING
"""
_ANSWERED = f"""
    SELECT row.id, row.status, row.md5 = content.md5
    {_BY_PARTS.format(join="JOIN")} AND content.md5 <> '' ORDER BY row.id LIMIT %(most)s
"""


def settle_claims(*, round_s: float = ROUND_S) -> dict[str, int]:
    """Read objects that wait to be read, for so long, and settle the rows that their MD5s prove or belie.

    The number of objects per outcome (read, failed) and of rows (proven, false). Each object stands alone: what the
    store cannot answer for is tried again later, ever more seldom. May be killed anywhere and run again; a second one
    that runs at the same time does nothing.
    """
    counts: dict[str, int] = {}

    def count(**more: int) -> None:
        counts.update({name: counts.get(name, 0) + number for name, number in more.items() if number})

    with _alone() as is_alone:
        if not is_alone:
            return counts
        _ask_for_claimed()
        count(**_settle_answered())
        ends_at = time.monotonic() + round_s
        while time.monotonic() < ends_at and (row := claim_next()) is not None:
            try:
                is_read = bool(read(row))
            except PortalError as fault:
                logger.warning("object %s of %s cannot be read: %s", row.key, row.bucket, fault.message)
                is_read = False
            else:
                if not is_read:
                    _forget_unless_claimed(row)
            count(read=is_read, failed=not is_read)
            count(**_settle_answered())
    return counts


def _ask_for_claimed() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ASK, {"now": timezone.now(), "most": _AT_ONCE})


def _forget_unless_claimed(content: ObjectContent) -> None:
    """What is gone need not be read, unless a row says that it is there: the next count tells what became of it."""
    deployment_id, data_type, filename = content.key.split("/", 2)
    claimed = UploadLog.objects.filter(
        deployment__deployment_id=deployment_id,
        deployment__bucket__name=content.bucket,
        data_type=data_type,
        filename=filename,
        status__in=UploadLog.PROVEN,
        etag=content.etag,
        multipart_md5=content.etag,
        whole_read_at__isnull=True,
    )
    if not claimed.exists():
        ObjectContent.objects.filter(pk=content.pk, md5="").delete()


def _settle_answered() -> dict[str, int]:
    """Rows whose object was read since: the claim is true, or its row is no proof any more."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, {"most": _AT_ONCE})
        answered = cursor.fetchall()
    now = timezone.now()
    true = [row_id for row_id, _, is_true in answered if is_true]
    proven = UploadLog.objects.filter(pk__in=true, whole_read_at__isnull=True).update(whole_read_at=now) if true else 0
    false = [
        RowChange(row_id, status, UploadLog.Status.MISMATCH, "md5_false")
        for row_id, status, is_true in answered
        if not is_true
    ]
    with transaction.atomic():
        belied = statements.settle(false)
        report_rows(dict.fromkeys(belied, _BELIED))
    return {"proven": proven, "false": len(belied)}


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other does this now. Ends with the connection, too, so that a killed one holds nobody up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ALONE])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ALONE])
