"""Which snapshots are kept. Pure.

* Of the daily ones the newest 30, and the first of each of the newest 12 months. By count and not by age: a portal that
  was off for a year has lost none when it wakes.
* Those taken before an import or a restore, and what failed, for 30 days.
* Those taken by hand, until somebody removes them.
* The newest one that is ready, always.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from amiportal.operations.snapshots.models import Snapshot

DAILIES = 30
MONTHLIES = 12
BEFORE_A_WRITE = timedelta(days=30)

RULE = (
    f"Kept: the newest {DAILIES} daily ones and the first of each of the newest {MONTHLIES} months; "
    f"those taken before an import or a restore for {BEFORE_A_WRITE.days} days; "
    "those taken by hand until somebody removes them."
)


def outlived(snapshots: Iterable[Snapshot], *, now: datetime) -> list[Snapshot]:
    """Those to be removed. Presupposes all snapshots that are ready or failed."""
    newest_first = sorted(snapshots, key=lambda s: (s.taken_at, s.pk), reverse=True)
    ready = [s for s in newest_first if s.is_ready]
    dailies = [s for s in ready if s.reason == Snapshot.Reason.DAILY]
    firsts = {(s.taken_at.year, s.taken_at.month): s for s in dailies}  # the last one written is the month's first
    kept = {s.pk for s in (*ready[:1], *dailies[:DAILIES], *list(firsts.values())[:MONTHLIES])}
    for snapshot in newest_first:
        by_hand = snapshot.is_ready and snapshot.reason == Snapshot.Reason.HAND
        recent = snapshot.taken_at > now - BEFORE_A_WRITE
        if by_hand or (recent and (snapshot.reason != Snapshot.Reason.DAILY or not snapshot.is_ready)):
            kept.add(snapshot.pk)
    return [s for s in newest_first if s.pk not in kept]
