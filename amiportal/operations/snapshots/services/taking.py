"""Taking a snapshot: a row, then the file, then the proof that it can be read, and only then "ready".

Whatever kills this half-way leaves a row that is not ready; services/keeping.py removes it with its file.
"""

import hashlib
import uuid

from django.core.files.base import ContentFile
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.core.errors import PortalError
from amiportal.objectstore.portal_files import delete_file, read_file, save_file
from amiportal.operations.snapshots.fileformat import pack
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.tables import TABLES, current_lines
from deployments.permissions import require_maintainer

FOLDER = "snapshots"
_ERROR_LENGTH = Snapshot._meta.get_field("error").max_length
_APPS = ("accounts", "deployments", "objectstore")  # whose migrations say what the rows mean


class SnapshotFailed(PortalError):
    """No snapshot was taken; the message says why."""

    code = "snapshot_failed"
    http_status = 503


def take_snapshot(*, actor: User | None, reason: str) -> Snapshot:
    """A dated copy of the metadata tables in the portal's storage, read back and found equal. Takes about a second.

    Presupposes that no transaction is open: the store is asked meanwhile. Raises SnapshotFailed; the row then says
    `failed`, and why.
    """
    require_maintainer(actor)
    snapshot = Snapshot(taken_by=actor, reason=reason, taken_at=timezone.now())
    snapshot.file = f"{FOLDER}/{snapshot.taken_at:%Y/%Y-%m-%dT%H%MZ}-{uuid.uuid4().hex[:8]}.jsonl.gz"
    snapshot.save()
    try:
        return _fill(snapshot)
    except PortalError as error:
        message = f"No snapshot could be taken: {error.message}"
        Snapshot.objects.filter(pk=snapshot.pk, state=Snapshot.State.TAKING).update(
            state=Snapshot.State.FAILED, error=message[:_ERROR_LENGTH]
        )
        raise SnapshotFailed(message) from error


def snapshot_before_import(*, actor: User | None, **sent: object) -> None:
    """Take a snapshot, so that there is a way back from the import that begins; receives `before_import`."""
    try:
        take_snapshot(actor=actor, reason=Snapshot.Reason.IMPORT)
    except SnapshotFailed as error:
        raise SnapshotFailed(f"Nothing was imported, since there would be no way back. {error.message}") from error


def _fill(snapshot: Snapshot) -> Snapshot:
    manifest, packed = pack(
        current_lines(),
        about={
            "taken_at": snapshot.taken_at.isoformat(),
            "taken_by": snapshot.taken_by.username if snapshot.taken_by else None,
            "reason": snapshot.get_reason_display(),
            "migrations": _migrations(),
            "fields": {table.name: table.names for table in TABLES},
        },
    )
    written = hashlib.sha256(packed)
    name = save_file(snapshot.file, ContentFile(packed))
    if name != snapshot.file:  # cannot be, the name being random; then the row would not know its file
        delete_file(name)
        raise SnapshotFailed("The name of its file is taken. Try again.")
    found = hashlib.sha256()
    read_file(name, found.update)
    if found.digest() != written.digest():
        raise SnapshotFailed("The storage gives back something else than was written.")
    ready = Snapshot.objects.filter(pk=snapshot.pk, state=Snapshot.State.TAKING).update(
        state=Snapshot.State.READY,
        rows=sum(manifest["rows"].values()),
        size_bytes=len(packed),
        sha256=written.hexdigest(),
        manifest=manifest,
    )
    if not ready:
        delete_file(name)
        raise SnapshotFailed("It took so long that it was given up for dead. Try again.")
    snapshot.refresh_from_db()
    return snapshot


def _migrations() -> dict[str, str]:
    """The newest migration of each app whose tables are copied."""
    applied = sorted(MigrationRecorder(connection).applied_migrations())
    return {app: name for app, name in applied if app in _APPS}
