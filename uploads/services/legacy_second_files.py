"""Second files of one name, as old clients send them: kept beside the key, then sorted in under a name of their own.

These clients know names alone, so they cannot be told that two of their files share one. The URL of the second goes to
a key that no reader lists; its row holds the name STEM-2.EXT from the beginning. When the URLs are dead the contents
are compared: one that is there already is dropped, another one gets the name that its row holds.
"""

import unicodedata
from collections.abc import Iterator
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from amiportal.core.errors import Conflict
from amiportal.objectstore import copying
from amiportal.objectstore.lookup import head
from amiportal.objectstore.objects import StoredObject
from uploads.domain.batch import CardFile
from uploads.domain.keys import key_prefix
from uploads.domain.shared import MAX_NAME_BYTES
from uploads.ledger import statements
from uploads.models import UploadFailure, UploadLog, UploadSession

BESIDE_PREFIX = "_beside/"  # of a bucket; readers list below DEPLOYMENT_ID/DATA_TYPE/ alone
SECOND_FILE = "second_file"
SAME_CONTENT = "same_content"
_MOST_OF_ONE_NAME = 100
Status = UploadLog.Status


def reserve_beside(
    *, session: UploadSession, file: CardFile, now: datetime, expires_at: datetime, unsettled_until: datetime
) -> UploadLog | None:
    """A granted row for a second file of this name, its `beside_key` set; None when there are too many of the name.

    The row's path_on_card keeps the name that was asked for.
    """
    prefix = key_prefix(deployment_id=session.deployment.deployment_id, data_type=session.data_type)
    for name in _names_beside(file.name):
        own = file._replace(name=name, path_on_card=file.path_on_card or file.name)
        with transaction.atomic():
            if not statements.reserve(
                session=session, files=[own], now=now, expires_at=expires_at, unsettled_until=unsettled_until
            ):
                continue
            row = UploadLog.objects.filter(session=session, filename=name, status=Status.GRANTED).latest("id")
            row.beside_key = f"{BESIDE_PREFIX}{prefix}{row.pk}/{file.name}"
            UploadLog.objects.filter(pk=row.pk).update(beside_key=row.beside_key)
        return row
    return None


def first_name(row: UploadLog) -> str:
    """The name that a second file shares with the first, as it is stored."""
    return unicodedata.normalize("NFC", row.path_on_card)


def sort_in(row: UploadLog, *, session: UploadSession) -> None:
    """Bring a second file to where it belongs, its URL being dead. May be killed anywhere and run again.

    row: with a beside_key. session: the row's, with deployment and bucket. Raises StoreError.
    """
    bucket = session.deployment.bucket.name
    prefix = key_prefix(deployment_id=session.deployment.deployment_id, data_type=session.data_type)
    kept = head(bucket, row.beside_key)
    if kept is None:
        _close(row, Status.EXPIRED, "expired")
        return
    if row.status == Status.GRANTED:
        if _is_there_already(row, kept, bucket=bucket, prefix=prefix):
            UploadLog.objects.filter(pk=row.pk, status=Status.GRANTED).update(
                status=Status.REMOVED, error_code=SAME_CONTENT, size_bytes=kept.size_bytes, etag=kept.etag
            )
        else:
            _store(row, kept, session=session, bucket=bucket, prefix=prefix)
    # Its content was seen under a name that readers list, in this run or in the one that was killed here.
    copying.remove(bucket=bucket, key=row.beside_key)
    UploadLog.objects.filter(pk=row.pk).update(beside_key="")


def _is_there_already(row: UploadLog, kept: StoredObject, *, bucket: str, prefix: str) -> bool:
    """Whether the first of the name, or one that was sorted in before, has this content."""
    for name in (first_name(row), *_names_beside(first_name(row))):
        if name == row.filename:
            return False
        standing = head(bucket, prefix + name)
        if standing is not None and copying.is_equal(bucket, standing, kept):
            return True
    return False


def _store(row: UploadLog, kept: StoredObject, *, session: UploadSession, bucket: str, prefix: str) -> None:
    """Copy it to the first free name: that of the first file, if that never came, else the one its row holds."""
    for name in (first_name(row), row.filename, *_names_beside(first_name(row))):
        if not _hold(row, name) or head(bucket, prefix + name) is not None:
            continue
        try:
            stored = copying.copy(bucket=bucket, source=kept, key=prefix + name)
        except Conflict:
            continue  # another object came there first
        is_second = name != first_name(row)
        with transaction.atomic():
            UploadLog.objects.filter(pk=row.pk, status=Status.GRANTED).update(
                status=Status.UNPROVEN,
                stored_at=Now(),
                size_bytes=stored.size_bytes,
                etag=stored.etag,
                error_code=SECOND_FILE if is_second else "",
            )
            if is_second:
                _tell(row, name, session=session)
        return
    raise Conflict(f"No name is free for {row.beside_key}.", code="no_free_name")


def _hold(row: UploadLog, name: str) -> bool:
    """Let the row hold this name; False where another live row does."""
    if row.filename != name:
        try:
            with transaction.atomic():
                UploadLog.objects.filter(pk=row.pk).update(filename=name)
        except IntegrityError:
            return False
        row.filename = name
    return True


def _tell(row: UploadLog, name: str, *, session: UploadSession) -> None:
    UploadFailure.objects.create(
        account_id=session.account_id,
        session=session,
        deployment_id=session.deployment_id,
        client=session.client,
        step="sort in",
        filename=name,
        code=SECOND_FILE,
        message=f"Two files named {first_name(row)} came with different content. Both are kept: this one as {name}.",
    )


def _close(row: UploadLog, status: str, code: str) -> None:
    UploadLog.objects.filter(pk=row.pk, status=Status.GRANTED).update(status=status, error_code=code)
    UploadLog.objects.filter(pk=row.pk).update(beside_key="")


def _names_beside(name: str) -> Iterator[str]:
    stem, dot, extension = name.rpartition(".")
    for number in range(2, _MOST_OF_ONE_NAME):
        beside = f"{stem}-{number}{dot}{extension}"
        if len(beside.encode()) <= MAX_NAME_BYTES:
            yield beside
