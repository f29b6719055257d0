"""A snapshot's file, fetched and proven before anything is read out of it."""

import hashlib

from amiportal.core.errors import PortalError
from amiportal.objectstore.portal_files import read_file
from amiportal.operations.snapshots.contents import Contents, contents_of
from amiportal.operations.snapshots.fileformat import NotASnapshot, unpack
from amiportal.operations.snapshots.models import Snapshot


class SnapshotUnreadable(PortalError):
    """The snapshot cannot be used; the message says why."""

    code = "snapshot_unreadable"
    http_status = 409


def read_snapshot(snapshot: Snapshot) -> Contents:
    """What it holds. Raises SnapshotUnreadable, NotFound for a lost file, StoreError."""
    if not snapshot.is_ready:
        raise SnapshotUnreadable(f"The {snapshot} is {snapshot.get_state_display()}: there is nothing in it to use.")
    packed = bytearray()
    read_file(snapshot.file, packed.extend)
    if hashlib.sha256(packed).hexdigest() != snapshot.sha256:
        raise SnapshotUnreadable(f"The file of the {snapshot} is not the one that was written. Use another snapshot.")
    try:
        return contents_of(unpack(bytes(packed)))
    except NotASnapshot as error:
        raise SnapshotUnreadable(f"The {snapshot} cannot be used: {error}.") from error
