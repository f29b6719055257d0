"""Rows whose object changed or vanished behind the portal, found by a count and noted; and what came back.

settle_drifts is what a maintainer does about them.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from amiportal.objectstore.objects import StoredObject
from deployments.models import Deployment
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.models import Drift, UploadLog
from uploads.services.recomparing import Recomparison, Seen

Status = UploadLog.Status
_LOOKED_AT_ONCE = 1_000


class Watch:
    """What one count finds out of its suspects. undecided: told of names that could not be compared this time."""

    def __init__(self, *, deployment: Deployment, data_type: str, undecided: Callable[[Iterable[str]], None]):
        self._of: dict[str, Any] = {"deployment": deployment, "data_type": data_type}
        self._recomparison = Recomparison(deployment=deployment, data_type=data_type)
        self._tell_undecided = undecided

    def look_into(self, names: Sequence[str]) -> None:
        """Ask the store for these, and turn each row whose object is not as the ledger has it. Raises StoreError."""
        rows = list(self._watched(names))
        seen = self._recomparison.see(rows)
        statements.note_etags((row, _etag(seen[row.pk])) for row in rows if _has_another_etag(row, seen[row.pk]))
        changes = [_lost(row, seen[row.pk].stored) for row in rows if seen[row.pk].is_same is False]
        statements.settle(changes)
        self._tell_undecided({row.filename for row in rows if seen[row.pk].is_same is None})

    def look_for_returns(self) -> None:
        """Ask the store for all that is not settled, and note what is there again as it was. Raises StoreError."""
        after = 0
        while drifts := list(
            Drift.objects.filter(**self._of, settled_at__isnull=True, pk__gt=after)
            .select_related("row")
            .order_by("pk")[:_LOOKED_AT_ONCE]
        ):
            after = drifts[-1].pk
            note_what_is_there(drifts, self._recomparison.see([drift.row for drift in drifts]), now=timezone.now())

    def _watched(self, names: Sequence[str]) -> QuerySet[UploadLog]:
        rows = UploadLog.objects.filter(**self._of, filename__in=names, status__in=UploadLog.WATCHED)
        return rows.exclude(filename__in=uncompared_keys(**self._of, names=names))


def uncompared_keys(*, deployment: Deployment, data_type: str, names: Collection[str]) -> set[str]:
    """Of these names those that an old program may still overwrite, or could until now: they are settled later."""
    rows = UploadLog.objects.filter(
        deployment=deployment, data_type=data_type, filename__in=names, unsettled_until__isnull=False, beside_key=""
    )
    return set(rows.values_list("filename", flat=True))


def note_what_is_there(drifts: Iterable[Drift], seen: dict[int, Seen], *, now: datetime) -> None:
    """Keep on open drifts what the store was just seen to have; what nobody could tell stays as it was."""
    told = []
    for drift in drifts:
        found = seen[drift.row_id]
        if found.is_same is None:
            continue
        drift.looked_at = now
        drift.back_at = (drift.back_at or now) if found.is_same else None
        drift.seen_etag = _etag(found)
        drift.seen_size_bytes = found.stored.size_bytes if found.stored else None
        told.append(drift)
    Drift.objects.bulk_update(told, ["looked_at", "back_at", "seen_etag", "seen_size_bytes"])


def _has_another_etag(row: UploadLog, seen: Seen) -> bool:
    return bool(seen.is_same and _etag(seen)) and _etag(seen) != row.etag


def _etag(seen: Seen) -> str:
    return seen.stored.etag if seen.stored else ""


def _lost(row: UploadLog, stored: StoredObject | None) -> RowChange:
    if stored is None:
        return RowChange(row.pk, row.status, Status.MISSING, "vanished")
    return RowChange(row.pk, row.status, Status.MISMATCH, "changed", etag=stored.etag, size_bytes=stored.size_bytes)
