"""Grants that nobody confirmed: a browser closed, a field client that never asks. The store is asked for them."""

import logging

from django.utils import timezone

from amiportal.errors import BucketMissing
from uploads import ledger
from uploads.ledger import Change
from uploads.messages import MAX_BATCH_FILES
from uploads.models import UploadLog, UploadSession
from uploads.services import field_clients
from uploads.services.confirming import settle_rows
from uploads.services.granting import RESERVATION_GRACE

Status = UploadLog.Status
logger = logging.getLogger(__name__)


def settle_expired_grants(*, limit: int = 50_000) -> dict[str, int]:
    """Bring grants that ran out to verified, stored, mismatch or expired; the number of rows per new status.

    Reads and asks in batches of one session each, so it may be killed anywhere and run again. Raises StoreError when
    the store cannot tell.
    """
    counts: dict[str, int] = {}
    handled = 0
    after = 0
    while handled < limit:
        horizon = timezone.now() - RESERVATION_GRACE
        first = (
            UploadLog.objects.filter(status=Status.GRANTED, grant_expires_at__lt=horizon, session_id__gt=after)
            .order_by("session_id")
            .values_list("session_id", flat=True)
            .first()
        )
        if first is None:
            break
        session = UploadSession.objects.select_related("deployment__bucket").get(pk=first)
        rows = list(
            UploadLog.objects.filter(session=session, status=Status.GRANTED, grant_expires_at__lt=horizon).order_by(
                "id"
            )[:MAX_BATCH_FILES]
        )
        handled += len(rows)
        try:
            settled = _settle_session(session, rows)
        except BucketMissing as error:
            # It concerns this session's bucket alone; the others' grants must not wait for it.
            logger.warning("session %s is left unsettled: %s", session.pk, error.message)
            after = session.pk
            continue
        for status, number in settled.items():
            counts[status] = counts.get(status, 0) + number
        if len(rows) < MAX_BATCH_FILES:
            after = session.pk
    return counts


def _settle_session(session: UploadSession, rows: list[UploadLog]) -> dict[str, int]:
    settle_rows(session=session, rows={row.filename: row for row in rows if row.md5})
    field_clients.note_stored(session=session, names=[row.filename for row in rows if not row.md5])
    ids = [row.pk for row in rows]
    now = timezone.now()
    still_open = UploadLog.objects.filter(
        pk__in=ids, status__in=[Status.GRANTED, Status.MISSING], error_code__in=["", "missing"]
    )
    ledger.settle([Change(row.pk, row.status, Status.EXPIRED, "expired") for row in still_open], now=now)
    counts: dict[str, int] = {}
    for status in UploadLog.objects.filter(pk__in=ids).values_list("status", flat=True):
        counts[status] = counts.get(status, 0) + 1
    return counts
