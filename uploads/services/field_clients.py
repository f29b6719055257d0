"""The clients already in the field: they send names alone, so nothing of theirs can be proven, only found.

The rules are those of the new API; what they cannot give (size, MD5) is recorded when the store is seen to have
it, as "stored", never as "verified".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.errors import Conflict, PortalError
from amiportal.objectstore.lookup import lookup
from amiportal.objectstore.presign import signer
from deployments.models import Deployment
from uploads import ledger
from uploads.keys import key_prefix
from uploads.ledger import Change
from uploads.messages import CardFile
from uploads.models import UploadLog, UploadSession
from uploads.permissions import check_may_upload
from uploads.services import sessions
from uploads.services.checking import check_batch_size, refusals
from uploads.services.granting import Reservation, reserve
from uploads.services.proof import look

Status = UploadLog.Status


def which_exist(*, deployment: Deployment, data_type: str, names: Sequence[str]) -> dict[str, bool]:
    """For each name whether the store has it; open grants found there are noted in the ledger.

    A listing's absence is believed here even of stores whose listings lag: the answer "absent" only leads to
    asking for a URL, and there it is confirmed.
    """
    check_batch_size(names)
    prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
    # A name with a "/" would be looked up in another folder; no such key was ever granted.
    wanted = [name for name in set(names) if name and "/" not in name]
    found = lookup(bucket=deployment.bucket.name, prefix=prefix, names=wanted, confirm_absent=False) if wanted else {}
    present = {name: stored for name, stored in found.items() if stored is not None}
    if present:
        ledger.note_found(deployment=deployment, data_type=data_type, found=present, now=timezone.now())
    return {name: name in present for name in names}


def grant_to_field_client(
    *,
    actor: User,
    deployment: Deployment,
    data_type: str,
    uploader_name: str,
    files: Sequence[CardFile],
    client: str,
    address: str | None,
) -> dict[str, str]:
    """A URL per name, each binding the Content-Type alone, since these clients send no other header.

    All or nothing, for the answer has no place for a file's own error. Raises PortalError for a refused name,
    Conflict when a key holds an object or is being sent by another, and what `check_may_upload` raises.
    """
    check_batch_size(files)
    check_may_upload(actor=actor, deployment=deployment, data_type=data_type)
    for refusal in refusals(files, data_type=data_type).values():
        raise PortalError(f"{refusal.name}: {refusal.message}", code=refusal.code)
    session = sessions.field_session(
        actor=actor,
        deployment=deployment,
        data_type=data_type,
        uploader_name=uploader_name,
        client=client,
        address=address,
    )
    wanted = {file.name: file for file in files}
    found = look(session=session, names=list(wanted))
    _refuse_held([name for name in wanted if found[name] is not None], [])

    now = timezone.now()
    expires_at = now + timedelta(seconds=settings.GRANT_LIFETIME_S)
    _reserve_all(session, wanted, now=now, expires_at=expires_at)
    prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
    urls = signer().put_urls(
        bucket=deployment.bucket.name,
        files=[(prefix + file.name, {"Content-Type": file.content_type}) for file in wanted.values()],
        expires_in_s=settings.GRANT_LIFETIME_S,
        now=now,
    )
    return dict(zip(wanted, urls, strict=True))


def note_stored(*, session: UploadSession, names: Sequence[str]) -> None:
    """Look for a session's open grants without an MD5, and note in the ledger those that the store has."""
    if not names:
        return
    found = look(session=session, names=list(names), confirm_absent=True)
    present = {name: stored for name, stored in found.items() if stored is not None}
    deployment, data_type = session.deployment, session.data_type
    ledger.note_found(deployment=deployment, data_type=data_type, found=present, now=timezone.now())


def _reserve_all(session: UploadSession, wanted: dict[str, CardFile], *, now: datetime, expires_at: datetime) -> None:
    """Reserve every key, or none and raise Conflict. A row that claims a vanished object gives way once."""
    outcome = _reserve_or_roll_back(session, wanted, now=now, expires_at=expires_at)
    if outcome.accounted and not outcome.held_by_others and not _believe_store(session, outcome.accounted):
        outcome = _reserve_or_roll_back(session, wanted, now=now, expires_at=expires_at)
    if outcome.granted != wanted.keys():
        _refuse_held(list(outcome.accounted), list(outcome.held_by_others))


def _reserve_or_roll_back(
    session: UploadSession, wanted: dict[str, CardFile], *, now: datetime, expires_at: datetime
) -> Reservation:
    """Unless all are granted nothing is written, so that an earlier grant of this session keeps its key too."""
    with transaction.atomic():
        outcome = reserve(session=session, files=wanted, now=now, expires_at=expires_at)
        if outcome.granted != wanted.keys():
            transaction.set_rollback(True)
    return outcome


def _believe_store(session: UploadSession, accounted: dict[str, UploadLog]) -> list[str]:
    """Of names that the ledger calls stored against a listing, those that HEAD finds; the others' rows are closed."""
    if not accounted:
        return []
    now = timezone.now()
    found = look(session=session, names=list(accounted), confirm_absent=True)
    vanished = [row for name, row in accounted.items() if found[name] is None]
    ledger.settle([Change(row.pk, row.status, Status.MISSING, "vanished") for row in vanished], now=now)
    return [name for name in accounted if found[name] is not None]


def _refuse_held(stored: Sequence[str], reserved: Sequence[str]) -> None:
    """Raise Conflict for names that the store holds or another session sends."""
    if stored:
        raise Conflict(f"Already stored: {', '.join(stored)}", code="stored_differs")
    if reserved:
        raise Conflict(f"Already being uploaded by another: {', '.join(reserved)}", code="reserved")
