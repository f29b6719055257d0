"""Every write of snapshots, and what a snapshot writes back. `actor` None is the worker, or a command on the server."""

from amiportal.snapshots.services.taking import SnapshotFailed, snapshot_before_import, take_snapshot

__all__ = ["SnapshotFailed", "snapshot_before_import", "take_snapshot"]
