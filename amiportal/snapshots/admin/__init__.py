from amiportal.snapshots.admin.snapshots import SnapshotAdmin

__all__ = ["SnapshotAdmin"]
