"""Reserve keys, write ledger rows, sign URLs: in this order, always."""

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.core.errors import PortalError
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.objects import StoredObject
from amiportal.objectstore.presign import signer
from uploads.domain import shared
from uploads.domain.batch import CardFile, FileResult, GrantableFile, Outcome, UploadInParts
from uploads.domain.keys import content_type_of_taken, key_prefix
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.ledger.unsettled import RESERVATION_GRACE, unsettled_keys, unsettled_result
from uploads.models import UploadLog, UploadSession
from uploads.permissions import check_may_upload
from uploads.services import conflicts, multipart, sessions
from uploads.services.checking import check_batch_size, compare, refusals, refusals_by_season
from uploads.services.extra_headers import added_by_name, refused_for
from uploads.services.proof import found_by, look, not_told, prove

_MAX_CONTENDERS = 32  # each round one of those that ask for a key at the same moment gets it
_MAX_ROUNDS = 3  # each round settles rows that contradicted the store; a fourth means that others keep racing us

Status = UploadLog.Status


class _Times(NamedTuple):
    """As `ledger.statements.reserve` has them."""

    now: datetime
    expires_at: datetime
    unsettled_until: datetime | None


@dataclass(slots=True)
class Reservation:
    """How an attempt to reserve went, by name."""

    granted: set[str] = field(default_factory=set)
    held_by_others: dict[str, UploadLog] = field(default_factory=dict)  # open grants of other content
    accounted: dict[str, UploadLog] = field(default_factory=dict)  # rows that say: it is in the store


def grant_files(*, actor: User, session: UploadSession, files: Sequence[CardFile]) -> list[FileResult]:
    """One result per file, in the order asked: granted with URL or upload, stored, unsettled, conflict or refused.

    Each file needs size and MD5. Raises PortalError for too many files, a finished session or a closed
    deployment; StoreError when the store is away, and then nothing is granted.
    """
    check_batch_size(files)
    sessions.check_open(session)
    check_may_upload(actor=actor, deployment=session.deployment, data_type=session.data_type)
    now = timezone.now()
    sessions.touch(session, now=now)
    by_index = refusals_by_season(files, session=session, now=now)
    by_index |= refusals(files, data_type=session.data_type, needs="size and md5", to_be_sent=True)
    wanted = {file.name: GrantableFile.of(file) for index, file in enumerate(files) if index not in by_index}
    by_name = _grant(session, wanted, now=now)
    results = [by_index.get(index) or by_name[file.name] for index, file in enumerate(files)]
    conflicts.record(session=session, files=files, results=results)
    return results


def _grant(session: UploadSession, wanted: dict[str, GrantableFile], *, now: datetime) -> dict[str, FileResult]:
    results = _answer_for_unsettled(session, wanted)
    granted: dict[str, GrantableFile] = {}
    expires_at = now + timedelta(seconds=settings.GRANT_LIFETIME_S)
    settled = {name: file for name, file in wanted.items() if name not in results} if results else wanted
    pending = settled
    for _ in range(_MAX_ROUNDS):
        if not pending:
            break
        first_look = pending is settled
        looked_at = None if first_look else statements.now_of_database()
        # A row that says "stored" against a listing that says "absent" is worth a HEAD; a first look is not.
        found = found_by(look, session=session, names=list(pending), confirm_absent=not first_look)
        told = {name: file for name, file in pending.items() if name in found}
        results |= {name: not_told(name) for name in pending if name not in told}
        results |= _answer_for_stored(session, told, found)
        absent = {name: file for name, file in told.items() if name not in results}
        if looked_at is not None:
            _note_vanished(session, absent, looked_at=looked_at)
        reservation = reserve(session=session, files=absent, now=now, expires_at=expires_at)
        granted |= {name: absent[name] for name in reservation.granted}
        for name, row in reservation.held_by_others.items():
            results[name] = _reserved(name, row)
        if any(not row.md5 for row in reservation.held_by_others.values()):
            # An old client was granted the key since we asked.
            results |= _answer_for_unsettled(session, {name: absent[name] for name in reservation.held_by_others})
        pending = {name: absent[name] for name in reservation.accounted}
    results |= {name: _reserved(name, None) for name in pending}
    large = {
        name: file
        for name, file in granted.items()
        if file.multipart_md5 and file.size_bytes > shared.MULTIPART_ABOVE_BYTES
    }
    if large:
        results |= _in_parts(session, large, now=now)
        granted = {name: file for name, file in granted.items() if name not in large}
    return results | _signed(session, granted, now=now, expires_at=expires_at)


def _answer_for_unsettled(session: UploadSession, files: Mapping[str, CardFile]) -> dict[str, FileResult]:
    """Results for keys that an older program may still overwrite; the ledger notes what is to be compared then."""
    untils = _unsettled(session, files)
    if untils:
        waiting = [file for name, file in files.items() if name in untils]
        with transaction.atomic():
            statements.record_unsettled(session=session, files=waiting, untils=untils)
            statements.note_details(session=session, files=waiting)
    return {name: unsettled_result(name, until) for name, until in untils.items()}


def _unsettled(session: UploadSession, names: Collection[str]) -> dict[str, datetime]:
    return unsettled_keys(deployment=session.deployment, data_type=session.data_type, names=list(names))


def _answer_for_stored(
    session: UploadSession, files: Mapping[str, CardFile], found: dict[str, StoredObject | None]
) -> dict[str, FileResult]:
    """Results for what the store already has; equal content is written into the ledger as such."""
    results: dict[str, FileResult] = {}
    equal: list[tuple[CardFile, str]] = []
    same: dict[str, StoredObject] = {}
    proofs = prove(files.values(), found, bucket=session.deployment.bucket.name)
    for name, file in files.items():
        stored = found[name]
        if stored is None:
            continue
        results[name] = compare(file, stored, proofs[file])
        if results[name].status == Outcome.STORED:
            equal.append((file, stored.etag))
            same[name] = stored
    added = added_by_name(deployment=session.deployment, data_type=session.data_type, found=same)
    results |= {name: refused_for(names, name=name, outcome=Outcome.CONFLICT) for name, names in added.items()}
    equal = [(file, etag) for file, etag in equal if file.name not in added]
    if equal:
        with transaction.atomic():
            proven = statements.prove_granted(session=session, files=equal)
            own = {name for session_id, name in proven if session_id == session.pk} | _proven_before(session, equal)
            statements.record_present(session=session, files=[pair for pair in equal if pair[0].name not in own])
            statements.note_details(session=session, files=[file for file, _ in equal])
        # Written first, asked after; an old client's grant is written and then asks for such rows: whoever of the two
        # comes second sees the other.
        untils = _unsettled(session, [file.name for file, _ in equal])
        if untils:
            take_back(session=session, untils=untils)
            results |= {name: unsettled_result(name, until) for name, until in untils.items()}
    return results


def take_back(*, session: UploadSession, untils: Mapping[str, datetime]) -> None:
    """Proof that this session has of these names is no proof yet: their keys may be overwritten until then."""
    rows = UploadLog.objects.filter(session=session, filename__in=untils, status__in=UploadLog.PROVEN)
    statements.settle(
        RowChange(row.pk, row.status, Status.UNSETTLED, "unsettled", unsettled_until=untils[row.filename])
        for row in rows
    )


def _proven_before(session: UploadSession, equal: list[tuple[CardFile, str]]) -> set[str]:
    """Names that this session itself sent and verified: they need no second row."""
    names = [file.name for file, _ in equal]
    rows = UploadLog.objects.filter(session=session, filename__in=names, status=Status.VERIFIED)
    return set(rows.values_list("filename", flat=True))


def reserve(
    *,
    session: UploadSession,
    files: Mapping[str, CardFile],
    now: datetime,
    expires_at: datetime,
    unsettled_until: datetime | None = None,
) -> Reservation:
    """Write a granted row per file unless a live row of another holds its key.

    An open grant gives way when it has run out, when it was for the same content, or when it is this session's
    own; one whose URL binds no MD5 only when it has run out. The database's constraint decides races: of two sessions
    one gets the row, the other sees it here. unsettled_until: as `ledger.statements.reserve` has it.
    """
    times = _Times(now, expires_at, unsettled_until)
    outcome = Reservation()
    pending = dict(files)
    for _ in range(_MAX_CONTENDERS):
        if not pending:
            return outcome
        with transaction.atomic():
            _reserve_once(session, pending, outcome, times)
            statements.note_details(session=session, files=[pending[name] for name in outcome.granted & pending.keys()])
        if len(outcome.granted) == len(files):
            return outcome
        # Several that ask for one content at once make way for one another: whoever waited sees the winner's row now.
        settled = outcome.granted | outcome.accounted.keys() | outcome.held_by_others.keys()
        pending = {name: file for name, file in pending.items() if name not in settled}
    raise PortalError("Too many ask for the same files at once. Try again.", code="busy", http_status=503)


def _reserve_once(session: UploadSession, files: Mapping[str, CardFile], outcome: Reservation, times: _Times) -> None:
    outcome.granted |= statements.reserve(session=session, files=files.values(), **times._asdict())
    held = files.keys() - outcome.granted
    if not held:
        return
    rows = (
        UploadLog.objects.select_for_update()
        .filter(
            deployment_id=session.deployment_id,
            data_type=session.data_type,
            filename__in=held,
            status__in=UploadLog.LIVE,
        )
        .order_by("filename")
    )
    yields: list[RowChange] = []
    for row in rows:
        if row.status != Status.GRANTED:
            outcome.accounted[row.filename] = row
        elif (change := _yielding(row, files[row.filename], session=session, now=times.now)) is not None:
            yields.append(change)
        else:
            outcome.held_by_others[row.filename] = row
    statements.settle(yields)
    free = [files[name] for name in held - outcome.accounted.keys() - outcome.held_by_others.keys()]
    outcome.granted |= statements.reserve(session=session, files=free, **times._asdict())


def _yielding(row: UploadLog, file: CardFile, *, session: UploadSession, now: datetime) -> RowChange | None:
    """The change by which an open grant makes room for `file`, or None when it stands."""
    if row.granted_until + RESERVATION_GRACE < now:
        return RowChange(row.pk, row.status, Status.EXPIRED, "expired")
    if not row.md5:
        return None
    if row.md5 == file.md5 and row.size_bytes == file.size_bytes:
        return RowChange(row.pk, row.status, Status.EXPIRED, "granted_anew")
    # The URL that is out binds the old content; where the store heeds If-None-Match it cannot overwrite the new.
    if row.session_id == session.pk and file.md5 and current_capabilities().honours_if_none_match:
        return RowChange(row.pk, row.status, Status.FAILED, "content_changed")
    return None


def _note_vanished(session: UploadSession, absent: Mapping[str, CardFile], *, looked_at: datetime) -> None:
    """Rows that claim an object which the store, asked by HEAD, does not have: their keys are free again."""
    rows = UploadLog.objects.filter(
        deployment_id=session.deployment_id,
        data_type=session.data_type,
        filename__in=absent,
        status__in=[Status.VERIFIED, Status.UNPROVEN],
        stored_at__lt=looked_at,
    )
    statements.settle([RowChange(row.pk, row.status, Status.MISSING, "vanished") for row in rows])


def _reserved(name: str, row: UploadLog | None) -> FileResult:
    until = f" until {row.granted_until + RESERVATION_GRACE:%H:%M} UTC" if row else ""
    message = f"Another upload holds the name {name} for other content{until}."
    return FileResult(name, Outcome.CONFLICT, "reserved", message)


def _signed(
    session: UploadSession, granted: Mapping[str, CardFile], *, now: datetime, expires_at: datetime
) -> dict[str, FileResult]:
    """URLs for rows that are committed. Each binds type and MD5, and forbids overwriting where the store can."""
    conditions = {"If-None-Match": "*"} if current_capabilities().honours_if_none_match else {}
    prefix = key_prefix(deployment_id=session.deployment.deployment_id, data_type=session.data_type)
    headers = {
        name: {
            "Content-Type": content_type_of_taken(name, data_type=session.data_type),
            "Content-MD5": base64.b64encode(bytes.fromhex(file.md5)).decode(),
        }
        | conditions
        for name, file in granted.items()
    }
    urls = signer().put_urls(
        bucket=session.deployment.bucket.name,
        files=[(prefix + name, headers[name]) for name in granted],
        expires_in_s=settings.GRANT_LIFETIME_S,
        now=now,
    )
    return {
        name: FileResult(name, Outcome.GRANTED, url=url, headers=headers[name], expires_at=expires_at)
        for name, url in zip(granted, urls, strict=True)
    }


def _in_parts(session: UploadSession, granted: dict[str, GrantableFile], *, now: datetime) -> dict[str, FileResult]:
    """The uploads of large files whose rows are committed. Their parts' URLs are asked for as they are needed.

    Where the store fails at one of them, its row holds the key for the next try.
    """
    uploads = multipart.open_uploads(session=session, files=granted, now=now)
    return {name: not_told(name) for name in granted} | {
        name: FileResult(
            name,
            Outcome.GRANTED,
            upload=UploadInParts(upload.pk, upload.part_size_bytes, multipart.parts_of(upload)),
        )
        for name, upload in uploads.items()
    }
