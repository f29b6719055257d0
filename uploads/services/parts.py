"""The parts of large files: what the store has of them, URLs for more, and the whole made of them.

The reservation is the ledger's, as for any file: each step first makes sure that the key is held for this very content.
So a laptop that slept through its grant goes on, unless somebody else's file has taken the key meanwhile.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, product
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.core.errors import Conflict, Forbidden, NotFound, PortalError, StoreError, StoreUnavailable
from amiportal.objectstore import multipart as store
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.multipart import StoredPart
from amiportal.objectstore.presign import signer
from uploads.domain.batch import CardFile, Outcome
from uploads.domain.parts import multipart_md5_of, size_of_part
from uploads.ledger import statements
from uploads.models import MultipartUpload, UploadLog, UploadSession
from uploads.permissions import check_may_upload
from uploads.services import multipart, sessions
from uploads.services.granting import grant_files
from uploads.services.proof import Proof, look, prove

MAX_PARTS_PER_CALL = 100
_MAX_CHOICES = 64  # of parts that stand twice in a listing; each choice costs a millisecond
Status = MultipartUpload.Status


class PartClaim(NamedTuple):
    """A part about to be sent: its number, counted from 1, and its MD5 in lower-case hex."""

    number: int
    md5: str


@dataclass(frozen=True, slots=True)
class SignedPart:
    number: int
    url: str
    headers: dict[str, str]
    expires_at: datetime


class Wholeness(models.TextChoices):
    COMPLETED = "completed"  # the store has made the object; confirming proves it
    INCOMPLETE = "incomplete"  # some parts are missing, or have the wrong size
    MISMATCH = "mismatch"  # all parts are there, and are not those of the file
    CONFLICT = "conflict"  # other content has, or is about to have, that name


@dataclass(frozen=True, slots=True)
class Completion:
    status: Wholeness
    code: str = ""
    message: str = ""
    missing: tuple[int, ...] = ()  # numbers of parts, with INCOMPLETE alone


def list_parts(*, actor: User, session: UploadSession, upload_id: int) -> list[StoredPart]:
    """What the store holds of an upload; a number may stand there twice, the newest last.

    Raises NotFound for an upload that this session was not granted, or that is no longer open: presigning tells more.
    """
    assert session.account_id == actor.pk, "sessions come from permissions.session_of"
    sessions.touch(session, now=timezone.now())
    upload, _ = _upload_of(session, upload_id)
    found = store.parts(**multipart.in_store(upload)) if upload.status == Status.OPEN else None
    if found is None:
        raise _not_open(upload_id)
    return found


def sign_parts(*, actor: User, session: UploadSession, upload_id: int, claims: Sequence[PartClaim]) -> list[SignedPart]:
    """A URL per part, in the order asked, each bound to the part's MD5; the grant lasts as long as they do.

    Raises what `list_parts` and `check_may_upload` do, Conflict when the key has gone to other content, PortalError
    for a part that the file does not have.
    """
    sessions.check_open(session)
    check_may_upload(actor=actor, deployment=session.deployment, data_type=session.data_type)
    now = timezone.now()
    sessions.touch(session, now=now)
    upload, row = _upload_of(session, upload_id)
    _check_claims(claims, upload)
    if upload.status != Status.OPEN or not _hold(actor, session, upload, row, now=now):
        raise _not_open(upload_id)
    sign, place = signer(), multipart.in_store(upload)
    signed = []
    for claim in claims:
        headers = {"Content-MD5": base64.b64encode(bytes.fromhex(claim.md5)).decode()}
        url = sign.part_url(
            **place,
            part_number=claim.number,
            expires_in_s=settings.GRANT_LIFETIME_S,
            now=now,
            signed_headers=headers,
        )
        signed.append(SignedPart(claim.number, url, headers, _expiry(now)))
    return signed


def complete_upload(*, actor: User, session: UploadSession, upload_id: int) -> Completion:
    """Have the store make the object of its parts, if by its own listing they are the file's; may be repeated.

    Works in a retired deployment while the grant stands, as a PUT does whose URL is out. What the store answers to the
    call is not believed: before and after, the key itself is looked at. Raises as `sign_parts`, and StoreError.
    """
    sessions.check_open(session)
    now = timezone.now()
    sessions.touch(session, now=now)
    upload, row = _upload_of(session, upload_id)
    try:
        if upload.status == Status.OPEN:
            _hold(actor, session, upload, row, now=now)
    except Conflict as taken:
        return Completion(Wholeness.CONFLICT, taken.code, taken.message)
    if (standing := _standing(session, upload, row)) is not None:
        return standing
    if upload.status != Status.OPEN:
        raise _not_open(upload_id)
    found = store.parts(**multipart.in_store(upload))
    chosen = None if found is None else _chosen(found, upload, row)
    if isinstance(chosen, list):
        return _complete(session, upload, row, chosen)
    # Another tab may have completed it since the look at the key: its parts go then, one by one, while we list them.
    if (standing := _standing(session, upload, row)) is not None:
        return standing
    if chosen is None:
        raise _not_open(upload_id)
    return chosen


def _complete(
    session: UploadSession, upload: MultipartUpload, row: UploadLog, chosen: Sequence[StoredPart]
) -> Completion:
    fault: PortalError | None = None
    try:
        if not store.complete(**multipart.in_store(upload), chosen=chosen):
            fault = _not_open(upload.pk)
    except (Conflict, StoreError) as error:
        fault = error
    # The answer may have been lost, or speak of an earlier try that had succeeded.
    standing = _standing(session, upload, row, just_made=fault is None)
    if standing is not None:
        return standing
    if fault is None or isinstance(fault, Conflict):
        raise StoreUnavailable(f"The object store does not show {upload.filename} yet. Try again in a moment.")
    raise fault


def _standing(
    session: UploadSession, upload: MultipartUpload, row: UploadLog, *, just_made: bool = False
) -> Completion | None:
    """What the object under the key makes of the upload; None where there is no object.

    just_made: by us, so that gigabytes are not read for what only a confirmation can say.
    """
    name = row.filename
    stored = look(session=session, names=[name], confirm_absent=True)[name]
    if stored is None:
        return None
    file = CardFile(name, row.size_bytes, row.md5, multipart_md5=row.multipart_md5)
    proofs = prove([file], {name: stored}, bucket=session.deployment.bucket.name, may_read=not just_made)
    if proofs[file] is Proof.OTHER:
        message = f"The store already holds another file named {name}. It is not overwritten."
        return Completion(Wholeness.CONFLICT, "stored_differs", message)
    # One that came whole, by a single PUT, leaves the parts for the weekly round: see multipart.abort_abandoned.
    if just_made or multipart.may_be_made_of(stored, upload):
        multipart.close(upload, status=Status.COMPLETED)
    return Completion(Wholeness.COMPLETED)


def _chosen(found: Sequence[StoredPart], upload: MultipartUpload, row: UploadLog) -> list[StoredPart] | Completion:
    """The parts to make the object of, or why there is none to be made.

    Where the store's ETags are not known to be MD5s they may not add up; sizes and numbers must do then, since each
    part was bound to an MD5 as it was sent, and confirming reads the whole.
    """
    total = multipart.parts_of(upload)
    fitting: dict[int, dict[str, StoredPart]] = {number: {} for number in range(1, total + 1)}
    for part in reversed(found):  # the newest first
        if part.number in fitting and part.size_bytes == _size_of(part.number, upload):
            fitting[part.number].setdefault(part.etag, part)
    missing = tuple(number for number, parts in fitting.items() if not parts)
    if missing:
        message = f"{len(missing)} of {total} parts of {upload.filename} are not in the store yet."
        return Completion(Wholeness.INCOMPLETE, "parts_missing", message, missing)
    choices = [list(parts.values()) for parts in fitting.values()]
    for chosen in islice(product(*choices), _MAX_CHOICES):
        if _combined(chosen) == row.multipart_md5:
            return list(chosen)
    if current_capabilities().multipart_etag_is_md5_of_md5s:
        message = f"The parts in the store are not those of {upload.filename} as it was read. Send those that differ."
        return Completion(Wholeness.MISMATCH, "parts_differ", message)
    return [parts[0] for parts in choices]


def _combined(chosen: Sequence[StoredPart]) -> str:
    try:
        return multipart_md5_of(part.etag for part in chosen)
    except ValueError:
        return ""  # ETags that are no MD5s


def _size_of(number: int, upload: MultipartUpload) -> int:
    return size_of_part(number, size_bytes=upload.size_bytes, part_size_bytes=upload.part_size_bytes)


def _upload_of(session: UploadSession, upload_id: int) -> tuple[MultipartUpload, UploadLog]:
    """An upload, and this session's newest row for its content: whoever was never granted it is not told of it."""
    upload = MultipartUpload.objects.filter(
        pk=upload_id, deployment_id=session.deployment_id, data_type=session.data_type
    ).first()
    if upload is None:
        raise _not_open(upload_id)
    upload.deployment = session.deployment  # spares the queries for it and its bucket
    rows = UploadLog.objects.filter(
        session=session, filename=upload.filename, md5=upload.md5, size_bytes=upload.size_bytes
    )
    row = rows.exclude(multipart_md5="").order_by("-id").first()
    if row is None:
        raise _not_open(upload_id)
    return upload, row


def _hold(actor: User, session: UploadSession, upload: MultipartUpload, row: UploadLog, *, now: datetime) -> bool:
    """Hold the key for this content from now on, granting it again where the grant ran out.

    False where the upload has come to its end: completed, stored otherwise, aborted. Raises Conflict when others have
    the key, NotFound when another upload took this one's place, and what `grant_files` does.
    """
    file = CardFile(row.filename, row.size_bytes, row.md5, row.path_on_card, multipart_md5=row.multipart_md5)
    if not statements.prolong(
        deployment_id=session.deployment_id, data_type=session.data_type, file=file, expires_at=_expiry(now)
    ):
        (granted,) = grant_files(actor=actor, session=session, files=[file])
        if granted.status == Outcome.STORED:
            return False
        if granted.status in (Outcome.CONFLICT, Outcome.UNSETTLED):
            raise Conflict(granted.message, code=granted.code)
        if granted.status == Outcome.REFUSED:
            raise Forbidden(granted.message, code=granted.code)
        if granted.upload is None or granted.upload.id != upload.pk:
            raise _not_open(upload.pk)
    return bool(MultipartUpload.objects.filter(pk=upload.pk, status=Status.OPEN).update(last_used_at=now))


def _check_claims(claims: Sequence[PartClaim], upload: MultipartUpload) -> None:
    total = multipart.parts_of(upload)
    if wrong := [claim.number for claim in claims if not 1 <= claim.number <= total]:
        raise PortalError(
            f"{upload.filename} has the parts 1 to {total}, so no part {wrong[0]}.",
            code="part_unknown",
            fields={"parts": [f"Numbers from 1 to {total}."]},
        )


def _expiry(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.GRANT_LIFETIME_S)


def _not_open(upload_id: int) -> NotFound:
    message = f"There is no open upload {upload_id} of a file of this session. Presign the file again."
    return NotFound(message, code="upload_unknown")
