"""What a session proved long ago is looked at once more before its card is called safe to wipe.

A long upload has days between the first confirmation and the end; what happened to an object meanwhile nobody
has told.
"""

import time
from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from amiportal.objectstore.objects import StoredObject
from uploads.domain.shared import MAX_BATCH_FILES
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.ledger.unsettled import unsettled_keys
from uploads.models import UploadLog, UploadSession
from uploads.services.proof import Proof, found_by, look, prove

OLD_AFTER = timedelta(hours=1)
BUDGET_S = 15.0  # what one call may take; clients wait longer for an answer, proxies hardly
Status = UploadLog.Status


def recheck(session: UploadSession) -> int:
    """Compare again what this session proved over an hour ago; how many files are left for the next call.

    Proof that still holds gets the new time. What is gone or other becomes missing or mismatch. session: with
    deployment and bucket. Raises StoreError when the store cannot tell; what was compared before that is kept.
    """
    horizon = timezone.now() - OLD_AFTER
    ends_at = time.monotonic() + BUDGET_S
    old = UploadLog.objects.filter(session=session, status__in=UploadLog.PROVEN, verified_at__lt=horizon)
    after, unread = "", 0
    while batch := list(old.filter(filename__gt=after).order_by("filename")[:MAX_BATCH_FILES]):
        unread += _compare(session, batch)
        after = batch[-1].filename
        if time.monotonic() > ends_at:
            return unread + old.filter(filename__gt=after).count()
    return unread


def _compare(session: UploadSession, rows: list[UploadLog]) -> int:
    """How many of them nobody can tell of: the store failed at them, or the portal has to read their objects first."""
    found = found_by(look, session=session, names=[row.filename for row in rows], confirm_absent=True)
    told = [row for row in rows if row.filename in found]
    files = {row.pk: statements.card_file(row) for row in told if not _is_as_it_was(row, found[row.filename])}
    proofs = prove(files.values(), found, bucket=session.deployment.bucket.name)
    untils = unsettled_keys(deployment=session.deployment, data_type=session.data_type, names=list(found))
    still, changes, unread = [], [], len(rows) - len(told)
    for row in told:
        if row.filename in untils:
            until = untils[row.filename]
            changes.append(RowChange(row.pk, row.status, Status.UNSETTLED, "unsettled", unsettled_until=until))
            continue
        stored = found[row.filename]
        proof = proofs.get(files[row.pk]) if row.pk in files else None
        if stored is None:
            changes.append(RowChange(row.pk, row.status, Status.MISSING, "vanished"))
        elif proof is Proof.OTHER:
            changes.append(
                RowChange(
                    row.pk, row.status, Status.MISMATCH, "changed", etag=stored.etag, size_bytes=stored.size_bytes
                )
            )
        elif proof is Proof.UNREAD:
            unread += 1
        else:
            still.append(row.pk)
    UploadLog.objects.filter(pk__in=still, status__in=UploadLog.PROVEN).update(verified_at=Now())
    statements.settle(changes)
    return unread


def _is_as_it_was(row: UploadLog, stored: StoredObject | None) -> bool:
    return stored is not None and (stored.size_bytes, stored.etag) == (row.size_bytes, row.etag)
