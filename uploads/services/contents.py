"""What objects hold, by the portal's own reading: for those of which no ETag tells the MD5. Each is read once.

Reading costs as much as the object is large, and anybody who may upload can ask for it, a thousand claims a call. So
what was read is kept, two that ask for one object do not both read it, a call reads no more than
READ_BYTES_PER_CALL, and what is beyond that waits for a worker.
"""

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from amiportal.core.errors import PortalError
from amiportal.objectstore.lookup import content_md5
from amiportal.objectstore.objects import StoredObject
from uploads.models import ObjectContent

_ONE_CALL_READS_S = 10  # a person waits for the answer
_CLAIMED_FOR = timedelta(minutes=3)  # said again while it reads; a reader that was killed holds no object longer
_SAID_AGAIN_AFTER_S = 30
_RETRIED_AFTER = timedelta(minutes=1)  # doubled with each attempt
_RETRIED_AT_LAST = timedelta(days=1)
_ROUND = timedelta(seconds=75)  # the worker's, and what it may take

Identity = tuple[str, str, int]


def identity(stored: StoredObject) -> Identity:
    """What tells one content under a key from another one."""
    return stored.key, stored.etag, stored.size_bytes


def known_md5s(bucket: str, objects: Collection[StoredObject]) -> dict[Identity, str]:
    """The MD5 of those objects that were read before."""
    if not objects:
        return {}
    rows = ObjectContent.objects.filter(bucket=bucket, key__in={stored.key for stored in objects}).exclude(md5="")
    known = {(key, etag, size): md5 for key, etag, size, md5 in rows.values_list("key", "etag", "size_bytes", "md5")}
    return {found: known[found] for found in map(identity, objects) if found in known}


def read_some(bucket: str, objects: Collection[StoredObject]) -> dict[Identity, str]:
    """The MD5 of as many of these objects as one call may read; the others, and what fails, are left to a worker."""
    wanted = {identity(stored): stored for stored in objects}
    rows = _waiting(bucket, wanted.values())
    ends_at = time.monotonic() + _ONE_CALL_READS_S
    left_bytes = settings.READ_BYTES_PER_CALL
    md5s: dict[Identity, str] = {}
    for known_as, stored in wanted.items():
        row = rows[known_as]
        if row.md5:
            md5s[known_as] = row.md5
        elif stored.size_bytes <= left_bytes and time.monotonic() < ends_at and _claim(row):
            left_bytes -= stored.size_bytes
            # What went wrong is kept with the row.
            with suppress(PortalError):
                if md5 := read(row, patience_s=_ONE_CALL_READS_S):
                    md5s[known_as] = md5
    return md5s


def read(row: ObjectContent, *, patience_s: int = 60) -> str:
    """The MD5 of an object that the caller has claimed, and keeps from now on; "" where it is not there as it was.

    Raises StoreError and its kin; what went wrong is kept with the row.
    """
    said_at = time.monotonic()

    def say_again() -> None:
        nonlocal said_at
        if time.monotonic() - said_at > _SAID_AGAIN_AFTER_S:
            said_at = time.monotonic()
            _rows(row).update(reading_until=timezone.now() + _CLAIMED_FOR)

    try:
        md5 = content_md5(
            row.bucket, row.key, etag=row.etag, size_bytes=row.size_bytes, patience_s=patience_s, alive=say_again
        )
    except PortalError as fault:
        _rows(row).update(reading_until=None, error=fault.message[:300])
        raise
    if md5 is None:
        # Whoever looks at the key again sees what is there now, which is another content.
        _rows(row).update(reading_until=None, error="The store no longer has this object as it was.")
        return ""
    _rows(row).update(md5=md5, read_at=timezone.now(), reading_until=None, error="")
    return md5


def claim_next() -> ObjectContent | None:
    """The object that a client waits for, or else that has waited longest, claimed; None where none is due."""
    for _ in range(10):  # others may be quicker
        now = timezone.now()
        due = ObjectContent.objects.filter(_is_free(now), md5="", try_at__lte=now)
        row = due.order_by("-is_awaited", "try_at").first()
        if row is None or _claim(row):
            return row
    return None


def keep(bucket: str, md5s: Mapping[StoredObject, str]) -> None:
    """Keep what a caller of its own budget has read: it need not be read again."""
    read_at = timezone.now()
    _write(bucket, {stored: {"md5": md5, "read_at": read_at} for stored, md5 in md5s.items()})


def read_by() -> datetime:
    """When a client may ask again for an object that waits to be read."""
    return timezone.now() + _ROUND


def _write(bucket: str, values: Mapping[StoredObject, dict]) -> None:
    """Set these values of the objects' rows, the same columns in each; rows are made where there are none."""
    if not values:
        return
    now = timezone.now()
    ObjectContent.objects.bulk_create(
        [
            ObjectContent(
                bucket=bucket,
                key=stored.key,
                etag=stored.etag,
                size_bytes=stored.size_bytes,
                asked_at=now,
                try_at=now,
                **values[stored],
            )
            for stored in sorted(values, key=identity)
        ],
        update_conflicts=True,
        unique_fields=["key", "bucket", "etag", "size_bytes"],
        update_fields=list(next(iter(values.values()))),
    )


def _waiting(bucket: str, objects: Collection[StoredObject]) -> dict[Identity, ObjectContent]:
    """A row for each object, made where there was none: what a call does not read itself, a worker reads next."""
    _write(bucket, {stored: {"is_awaited": True} for stored in objects})
    rows = ObjectContent.objects.filter(bucket=bucket, key__in={stored.key for stored in objects})
    return {(row.key, row.etag, row.size_bytes): row for row in rows}


def _claim(row: ObjectContent) -> bool:
    """Whether it is the caller's to read. One whose reader is killed each time is claimed ever more seldom."""
    now = timezone.now()
    delay = min(_RETRIED_AFTER * 2 ** min(row.attempts, 16), _RETRIED_AT_LAST)
    free = _rows(row).filter(_is_free(now))
    return bool(free.update(reading_until=now + _CLAIMED_FOR, attempts=F("attempts") + 1, try_at=now + delay))


def _is_free(now: datetime) -> Q:
    return Q(reading_until__isnull=True) | Q(reading_until__lt=now)


def _rows(row: ObjectContent) -> QuerySet[ObjectContent]:
    return ObjectContent.objects.filter(pk=row.pk, md5="")
