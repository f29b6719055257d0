from amiportal.operations.snapshots.admin.snapshots import SnapshotAdmin

__all__ = ["SnapshotAdmin"]
