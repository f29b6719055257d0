"""What a maintainer does about changed and vanished files: says why it is well, and what is back counts again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db import IntegrityError, transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.core.errors import Forbidden, PortalError
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.models import Drift, UploadLog
from uploads.services.drift import note_what_is_there, uncompared_keys
from uploads.services.recomparing import Recomparison, Seen

MOST_AT_ONCE = 1_000
Status = UploadLog.Status


@dataclass(frozen=True, slots=True)
class Settled:
    """How many files: restored are there as they were, and their rows proven again; known are not, and stay lost.

    undecided: the store could not tell of them just now, so they stay open.
    """

    restored: int = 0
    known: int = 0
    undecided: int = 0


def settle_drifts(*, actor: User, ids: Iterable[int], reason: str) -> Settled:
    """Close these, with who, when and why. Each is asked of the store first, and read where no ETag tells.

    Those that somebody settled meanwhile are passed over. Raises Forbidden, PortalError for a missing reason or more
    than MOST_AT_ONCE, and StoreError; then nothing has changed.
    """
    if not actor.is_maintainer:
        raise Forbidden("Only maintainers settle changed and vanished files.")
    reason = " ".join(reason.split())[: Drift._meta.get_field("reason").max_length]
    if not reason:
        raise PortalError("Say why: it is kept with your name.", code="reason_missing")
    ids = set(ids)
    if len(ids) > MOST_AT_ONCE:
        raise PortalError(f"At most {MOST_AT_ONCE:,} files at a time.", code="too_many_files")
    drifts = open_drifts(ids)
    seen = see(drifts)
    now = timezone.now()
    with transaction.atomic():
        still_open = {
            drift.pk: drift for drift in Drift.objects.select_for_update().filter(pk__in=ids, settled_at__isnull=True)
        }
        drifts = [drift for drift in drifts if drift.pk in still_open]
        note_what_is_there(drifts, seen, now=now)
        by_answer = {answer: [d for d in drifts if seen[d.row_id].is_same is answer] for answer in (True, False, None)}
        for drift in by_answer[True]:
            _give_back(drift, seen[drift.row_id])
        for is_same in (True, False):
            Drift.objects.filter(pk__in=[drift.pk for drift in by_answer[is_same]]).update(
                settled_at=now, settled_by=actor, reason=reason, is_restored=is_same
            )
    return Settled(*(len(by_answer[answer]) for answer in (True, False, None)))


def open_drifts(ids: Iterable[int]) -> list[Drift]:
    """Those of `ids` that nobody has settled, with their rows, a prefix after the other."""
    drifts = Drift.objects.filter(pk__in=list(ids), settled_at__isnull=True)
    return list(drifts.select_related("row", "deployment__bucket").order_by("deployment_id", "data_type", "pk"))


def see(drifts: Sequence[Drift]) -> dict[int, Seen]:
    """What the store has in the place of these, ordered as by `open_drifts`; by the rows' ids. Raises StoreError.

    While a key may still be overwritten, nobody can tell.
    """
    seen: dict[int, Seen] = {}
    for (_, data_type), some in groupby(drifts, key=lambda drift: (drift.deployment_id, drift.data_type)):
        together = list(some)
        deployment, rows = together[0].deployment, [drift.row for drift in together]
        seen |= Recomparison(deployment=deployment, data_type=data_type).see(rows)
        names = uncompared_keys(deployment=deployment, data_type=data_type, names=[row.filename for row in rows])
        seen |= {row.pk: Seen(None, None) for row in rows if row.filename in names}
    return seen


def _give_back(drift: Drift, seen: Seen) -> None:
    """The row counts as before. Where another holds its key by now, it stands beside that one."""
    row = drift.row
    if row.status not in UploadLog.LOST or seen.stored is None:
        return  # a client had it compared again
    beside = [Status.PRESENT] if row.md5 else []
    for status in dict.fromkeys([drift.status_before, *beside]):
        try:
            with transaction.atomic():
                statements.settle([RowChange(row.pk, row.status, status, etag=seen.stored.etag)])
            return
        except IntegrityError:
            continue  # as the last way of all: this session has another row that says the same
