"""What happens to snapshots by themselves: one a day, some kept, the others and all leftovers removed."""

import logging
from datetime import timedelta

from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.background.rounds import each_alone
from amiportal.core.errors import Conflict
from amiportal.objectstore.portal_files import delete_file
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.retention import outlived
from amiportal.operations.snapshots.services.taking import take_snapshot
from deployments.permissions import require_maintainer

logger = logging.getLogger(__name__)
# A snapshot takes seconds; with a slow store and its retries some minutes. After this its process is dead.
GIVEN_UP_AFTER = timedelta(hours=1)
ROUND = "Snapshots to be removed"  # for people, on the health page
_State = Snapshot.State


def keep_snapshots() -> Snapshot | None:
    """Take the day's snapshot unless there is one, and remove leftovers and what has outlived the rule.

    May be run at any time and killed anywhere. Returns the snapshot taken. Raises SnapshotFailed when none could be.
    What cannot be removed is left over for the next time (amiportal.background.rounds).
    """
    # What failed yesterday is told by what is missing; a list of hourly failures tells no more.
    Snapshot.objects.filter(state=_State.FAILED, reason=Snapshot.Reason.DAILY).update(state=_State.GOING)
    Snapshot.objects.filter(state=_State.TAKING, taken_at__lt=timezone.now() - GIVEN_UP_AFTER).update(
        state=_State.GOING
    )
    # Taken first: nothing that is in the way of the old ones may keep the new one from being taken.
    try:
        return _take_the_days()
    finally:
        _remove_what_goes()


def remove_snapshot(*, actor: User | None, snapshot: Snapshot) -> None:
    """Remove one that was taken by hand. Raises Conflict for another: those go by rule; StoreError."""
    require_maintainer(actor)
    chosen = Snapshot.objects.filter(pk=snapshot.pk, reason=Snapshot.Reason.HAND).exclude(state=_State.TAKING)
    if not chosen.update(state=_State.GOING):
        raise Conflict("Only snapshots taken by hand are removed by hand; the others go by rule.", code="goes_by_rule")
    _remove(snapshot)


def _remove_what_goes() -> None:
    settled = Snapshot.objects.filter(state__in=(_State.READY, _State.FAILED)).defer("manifest")
    for snapshot in outlived(settled, now=timezone.now()):
        Snapshot.objects.filter(pk=snapshot.pk, state=snapshot.state).update(state=_State.GOING)
    going = Snapshot.objects.filter(state=_State.GOING).defer("manifest")
    each_alone(ROUND, going, _remove, name_of=lambda snapshot: snapshot.file)


def _take_the_days() -> Snapshot | None:
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    if Snapshot.objects.filter(reason=Snapshot.Reason.DAILY, state=_State.READY, taken_at__gte=midnight).exists():
        return None
    return take_snapshot(actor=None, reason=Snapshot.Reason.DAILY)


def _remove(snapshot: Snapshot) -> None:
    """The file, then the row: killed between the two, the row is found again."""
    delete_file(snapshot.file)
    Snapshot.objects.filter(pk=snapshot.pk, state=_State.GOING).delete()
    logger.info("removed the %s", snapshot)
