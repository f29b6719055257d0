"""Compare with the store what was sent: the only way in which a row becomes verified."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.objects import StoredObject
from uploads.domain.batch import FileResult, Outcome
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.ledger.unsettled import unsettled_keys, unsettled_result
from uploads.models import UploadLog, UploadSession
from uploads.services import sessions
from uploads.services.checking import check_batch_size
from uploads.services.extra_headers import HEADERS_ADDED, added_headers, refused_for
from uploads.services.failures import report_rows
from uploads.services.granting import take_back
from uploads.services.proof import Proof, being_read, found_by, look, look_closely, not_told, prove

Status = UploadLog.Status


def confirm_files(*, actor: User, session: UploadSession, names: Sequence[str]) -> list[FileResult]:
    """One result per name, in the order asked: verified, missing, mismatch or unsettled.

    Works for retired deployments and finished sessions too: what was granted may be proven. Every absence is
    asked for by HEAD, since it may make somebody send a file again; a name at which the store fails is unsettled.
    Raises PortalError for too many names, StoreError when the store is away; then no row has changed.
    """
    assert session.account_id == actor.pk, "sessions come from permissions.session_of"
    check_batch_size(names)
    sessions.touch(session, now=timezone.now())
    by_name = settle_rows(session=session, rows=_newest_rows(session, set(names)))
    return [by_name.get(name) or _not_granted(name) for name in names]


def _unsettled(session: UploadSession, names: Collection[str]) -> dict[str, datetime]:
    return unsettled_keys(deployment=session.deployment, data_type=session.data_type, names=list(names))


def _wait(session: UploadSession, rows: dict[str, UploadLog]) -> dict[str, FileResult]:
    """Answers for rows whose keys may still be overwritten; they are compared when that is over."""
    untils = _unsettled(session, rows)
    statements.settle(
        RowChange(rows[name].pk, rows[name].status, Status.UNSETTLED, "unsettled", unsettled_until=until)
        for name, until in untils.items()
    )
    return {name: unsettled_result(name, until) for name, until in untils.items()}


def settle_rows(*, session: UploadSession, rows: dict[str, UploadLog]) -> dict[str, FileResult]:
    """Bring these rows of one session (by name, each with an MD5) to what the store says of them.

    A row at whose name the store failed stays as it is; its result says so. Raises StoreError for a store that is away.
    """
    waiting = _wait(session, rows)
    results = waiting | _compare(session, {name: row for name, row in rows.items() if name not in waiting})
    # Asked again after the proof is written: see granting.
    verified = [name for name, result in results.items() if result.status == Outcome.VERIFIED]
    untils = _unsettled(session, verified)
    if untils:
        take_back(session=session, untils=untils)
        results |= {name: unsettled_result(name, until) for name, until in untils.items()}
    return results


def _compare(session: UploadSession, rows: dict[str, UploadLog]) -> dict[str, FileResult]:
    if not rows:
        return {}
    found = _found(session, rows)
    told = {name: row for name, row in rows.items() if name in found}
    results = _settle(told, found, session=session)
    # A row that somebody else changed since it was read is read again: what the store has stands either way.
    ids = {row.pk: name for name, row in told.items()}
    fresh = {ids[row.pk]: row for row in UploadLog.objects.filter(pk__in=ids)}
    disagreeing = {name: row for name, row in fresh.items() if not _agrees(row, results[name])}
    results |= _settle(disagreeing, found, session=session)
    return results | {name: not_told(name) for name in rows if name not in told}


def _found(session: UploadSession, rows: dict[str, UploadLog]) -> dict[str, StoredObject | None]:
    """What the store has under the names of these rows, without those at which it failed."""
    # What was proven before was looked at closely then, and is asked for as cheaply as the store allows.
    proven = [name for name, row in rows.items() if row.status in UploadLog.PROVEN]
    others = [name for name, row in rows.items() if row.status not in UploadLog.PROVEN]
    found = found_by(look, session=session, names=proven, confirm_absent=True) if proven else {}
    return found | (found_by(look_closely, session=session, names=others) if others else {})


def _settle(
    rows: dict[str, UploadLog], found: dict[str, StoredObject | None], *, session: UploadSession
) -> dict[str, FileResult]:
    results: dict[str, FileResult] = {}
    changes: list[RowChange] = []
    files = {name: statements.card_file(row) for name, row in rows.items()}
    proofs = prove(files.values(), found, bucket=session.deployment.bucket.name)
    for name, row in rows.items():
        stored = found[name]
        results[name], change = _gone(row) if stored is None else _settled(row, stored, proofs[files[name]])
        if change is not None:
            changes.append(change)
    told = {row.pk: results[name].message for name, row in rows.items() if results[name].code == HEADERS_ADDED}
    _apply(changes, told)
    return results


def _agrees(row: UploadLog, result: FileResult) -> bool:
    """Whether a row calls a file proven exactly when the answer does."""
    return (row.status in UploadLog.PROVEN) == (result.status == Outcome.VERIFIED)


def _newest_rows(session: UploadSession, names: set[str]) -> dict[str, UploadLog]:
    rows = UploadLog.objects.filter(session=session, filename__in=names).exclude(md5="").order_by("id")
    return {row.filename: row for row in rows}


def _added(row: UploadLog, stored: StoredObject) -> list[str]:
    """What was added to the PUT that the row stands for; of what was stored before it, an encoding alone counts."""
    return added_headers(stored, data_type=None if row.granted_at is None else row.data_type)


def _gone(row: UploadLog) -> tuple[FileResult, RowChange | None]:
    """As _settled, of a row whose object the store does not have."""
    message = f"The store does not have {row.filename}. Send it again."
    result = FileResult(row.filename, Outcome.MISSING, "missing", message)
    if row.status == Status.GRANTED and not current_capabilities().honours_if_none_match:
        # The URL that is out could overwrite what the next one sends: the row keeps the key until it runs out.
        return result, None
    if row.status == Status.UNSETTLED:
        return result, RowChange(row.pk, row.status, Status.EXPIRED, "expired")
    gone = row.status in (Status.GRANTED, *UploadLog.PROVEN)
    code = "vanished" if row.status in UploadLog.PROVEN else "missing"
    return result, RowChange(row.pk, row.status, Status.MISSING, code) if gone else None


def _settled(row: UploadLog, stored: StoredObject, proof: Proof) -> tuple[FileResult, RowChange | None]:
    """What to answer for a row, and its transition if it needs one."""
    name = row.filename
    if proof is Proof.UNREAD:
        return being_read(name), None
    if proof.is_same and (added := _added(row, stored)):
        result = refused_for(added, name=name, outcome=Outcome.MISMATCH)
        is_new = row.status != Status.MISMATCH
        return result, RowChange(row.pk, row.status, Status.MISMATCH, result.code, etag=stored.etag) if is_new else None
    if proof.is_same:
        result = FileResult(name, Outcome.VERIFIED, proven_by=proof)
        if row.status in UploadLog.PROVEN:
            return result, None
        return result, RowChange(row.pk, row.status, Status.VERIFIED, etag=stored.etag)
    message = f"The store holds other content under {name} than what was read from the card."
    change = None
    if row.status != Status.MISMATCH:
        code = "changed" if row.status in UploadLog.PROVEN else "stored_differs"
        change = RowChange(row.pk, row.status, Status.MISMATCH, code, etag=stored.etag, size_bytes=stored.size_bytes)
    return FileResult(name, Outcome.MISMATCH, "stored_differs", message), change


def _apply(changes: list[RowChange], told: Mapping[int, str]) -> None:
    """Write the transitions, each only if its row is still as it was read. told: by row, what maintainers must know."""
    in_place: list[RowChange] = []
    taking_back: list[RowChange] = []
    for change in changes:
        takes_key = change.new_status == Status.VERIFIED and change.old_status != Status.GRANTED
        (taking_back if takes_key else in_place).append(change)
    with transaction.atomic():
        changed = statements.settle(in_place)
        report_rows({row_id: message for row_id, message in told.items() if row_id in changed})
    # A grant that had run out, or was given again to a second tab, no longer holds its key. Proven it is all the
    # same: it takes the key back if nobody else holds it, and else stands beside the one who does.
    for change in taking_back:
        try:
            with transaction.atomic():
                statements.settle([change])
        except IntegrityError:
            _stand_beside(change)


def _stand_beside(change: RowChange) -> None:
    beside = RowChange(change.row_id, change.old_status, Status.PRESENT, etag=change.etag)
    try:
        with transaction.atomic():
            statements.settle([beside])
    except IntegrityError:
        # This session has a present row for the name already, which says the same.
        if change.old_status == Status.UNSETTLED:
            statements.settle([RowChange(change.row_id, change.old_status, Status.EXPIRED, "granted_anew")])


def _not_granted(name: str) -> FileResult:
    message = f"{name} was not granted in this session, so there is nothing to compare it with. Ask for its URL first."
    return FileResult(name, Outcome.MISSING, "not_granted", message)
