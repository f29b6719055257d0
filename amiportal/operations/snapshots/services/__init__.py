"""Every write of snapshots, and what a snapshot writes back. `actor` None is the worker, or a command on the server."""

from amiportal.operations.snapshots.services.keeping import keep_snapshots, remove_snapshot
from amiportal.operations.snapshots.services.reading import SnapshotUnreadable, read_snapshot
from amiportal.operations.snapshots.services.restoring import PlanChanged, RestoreRefused, plan_restore, restore
from amiportal.operations.snapshots.services.taking import SnapshotFailed, snapshot_before_import, take_snapshot

__all__ = [
    "PlanChanged",
    "RestoreRefused",
    "SnapshotFailed",
    "SnapshotUnreadable",
    "keep_snapshots",
    "plan_restore",
    "read_snapshot",
    "remove_snapshot",
    "restore",
    "snapshot_before_import",
    "take_snapshot",
]
