"""Grants that nobody confirmed, a browser closed: the store is asked for them.

Those of old clients, whose URLs bind no MD5, are in `unsettled`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from django.db.models import Q
from django.utils import timezone

from amiportal.background.rounds import in_groups
from uploads.domain.batch import Outcome
from uploads.domain.shared import MAX_BATCH_FILES
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.ledger.unsettled import RESERVATION_GRACE
from uploads.models import UploadLog, UploadSession
from uploads.services.confirming import settle_rows
from uploads.services.proof import check_all_told

Status = UploadLog.Status
ROUND = "Grants that ran out"  # for people, on the health page


def settle_expired_grants(*, limit: int = 50_000) -> dict[str, int]:
    """Bring grants that ran out to verified, mismatch or expired; the number of rows per new status.

    Reads and asks in batches of one session each, so it may be killed anywhere and run again. What the store cannot
    tell of one key or one bucket is left over for the next time (amiportal.background.rounds).
    """
    counts: Counter[str] = Counter()
    for settled in in_groups(ROUND, _batches(limit), _settle_rows, name_of=_key):
        counts.update(settled)
    return dict(counts)


def _batches(limit: int) -> Iterator[tuple[str, list[UploadLog]]]:
    """Grants that ran out by session, at most MAX_BATCH_FILES at a time, each batch with its name."""
    horizon = timezone.now() - RESERVATION_GRACE
    run_out = UploadLog.objects.filter(status=Status.GRANTED, grant_expires_at__lt=horizon).exclude(md5="")
    run_out = run_out.select_related("session__deployment__bucket", "deployment").order_by("session_id", "id")
    after, number = (0, 0), 0
    while number < limit:
        first = run_out.filter(Q(session_id=after[0], id__gt=after[1]) | Q(session_id__gt=after[0])).first()
        if first is None:
            return
        rows = list(run_out.filter(session_id=first.session_id, id__gte=first.pk)[:MAX_BATCH_FILES])
        after, number = (first.session_id, rows[-1].pk), number + len(rows)
        yield f"session {first.session_id}", rows


def _key(row: UploadLog) -> str:
    return f"{row.deployment.deployment_id}/{row.data_type}/{row.filename} of session {row.session_id}"


def _settle_rows(rows: Sequence[UploadLog]) -> dict[str, int]:
    return _settle_session(rows[0].session, list(rows))


def _settle_session(session: UploadSession, rows: list[UploadLog]) -> dict[str, int]:
    results = settle_rows(session=session, rows={row.filename: row for row in rows})
    # Those that cannot be told yet, since the portal has to read them first, are left to a later round.
    left = {name for name, result in results.items() if result.status == Outcome.UNSETTLED}
    ids = [row.pk for row in rows if row.filename not in left]
    still_open = UploadLog.objects.filter(
        pk__in=ids, status__in=[Status.GRANTED, Status.MISSING], error_code__in=["", "missing"]
    )
    statements.settle([RowChange(row.pk, row.status, Status.EXPIRED, "expired") for row in still_open])
    check_all_told(results.values())
    counts: dict[str, int] = {}
    for status in UploadLog.objects.filter(pk__in=ids).values_list("status", flat=True):
        counts[status] = counts.get(status, 0) + 1
    return counts
