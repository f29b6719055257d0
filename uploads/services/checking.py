"""What would become of these files; nothing is written."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.core.errors import PortalError
from amiportal.objectstore.objects import StoredObject
from uploads.domain import parts, shared
from uploads.domain.batch import CardFile, FileResult, Outcome, Warned
from uploads.domain.capture_time import device_time
from uploads.domain.downstream import PassedOver, passed_over
from uploads.domain.keys import content_type_accepted, name_refusal
from uploads.domain.seasons import Clock, clock_of, is_outside
from uploads.domain.shared import MAX_BATCH_FILES
from uploads.ledger.unsettled import unsettled_keys, unsettled_result
from uploads.models import UploadSession
from uploads.permissions import check_may_upload
from uploads.services import sessions
from uploads.services.proof import Proof, being_read, found_by, glance, not_told, prove

_MD5_HEX = re.compile(r"[0-9a-f]{32}")
OUTSIDE_SEASON = "outside_season"


def check_files(*, actor: User, session: UploadSession, files: Sequence[CardFile]) -> list[FileResult]:
    """One result per file, in the order asked: new, exists, stored, unsettled, conflict or refused.

    Raises PortalError for more than MAX_BATCH_FILES, StoreError when the store is away.
    """
    check_batch_size(files)
    check_may_upload(actor=actor, deployment=session.deployment, data_type=session.data_type)
    sessions.touch(session, now=timezone.now())
    results = refusals(files, data_type=session.data_type, needs="size")
    wanted = [file for index, file in enumerate(files) if index not in results]
    names = list({file.name: None for file in wanted})
    found = found_by(glance, session=session, names=names) if names else {}
    untils = unsettled_keys(deployment=session.deployment, data_type=session.data_type, names=names)
    told = [file for file in wanted if file.name in found and file.name not in untils]
    proofs = prove(told, found, bucket=session.deployment.bucket.name)
    now = timezone.now()
    answers = []
    for index, file in enumerate(files):
        result = results.get(index)
        if result is None and file.name in untils:
            result = unsettled_result(file.name, untils[file.name])
        elif result is None and file.name not in found:
            result = not_told(file.name)
        elif result is None:
            result = compare(file, found[file.name], proofs.get(file))
        answers.append(replace(result, warnings=warnings_about(file.name, session=session, now=now)))
    return answers


def check_batch_size(files: Sequence) -> None:
    if len(files) > MAX_BATCH_FILES:
        raise PortalError(
            f"{len(files):,} files in one request, where at most {MAX_BATCH_FILES:,} are taken. Send smaller batches.",
            code="batch_too_large",
            fields={"files": [f"At most {MAX_BATCH_FILES}."]},
        )


def refusals(
    files: Sequence[CardFile], *, data_type: str, needs: str = "", to_be_sent: bool = False
) -> dict[int, FileResult]:
    """Per index, what is refused by its description alone, or stands twice in the batch with other content.

    needs: "size" or "size and md5", which the description must then give; old clients give neither. to_be_sent: what
    is too large for one PUT must give the MD5 of its parts, too.

    A file that stands twice with equal size and MD5 is no error: both get the same answer.
    """
    results: dict[int, FileResult] = {}
    first: dict[str, CardFile] = {}
    for index, file in enumerate(files):
        refusal = name_refusal(file.name, data_type=data_type)
        if refusal is not None:
            results[index] = FileResult(file.name, Outcome.REFUSED, refusal.code, refusal.reason)
        elif file.content_type and not content_type_accepted(file.content_type, name=file.name, data_type=data_type):
            message = f"{file.content_type} does not go with {file.name} as {data_type}."
            results[index] = FileResult(file.name, Outcome.REFUSED, "content_type", message)
        elif needs and file.size_bytes is None:
            results[index] = FileResult(file.name, Outcome.REFUSED, "size_invalid", "The size in bytes is needed.")
        elif (file.md5 or needs == "size and md5") and not _MD5_HEX.fullmatch(file.md5):
            message = "The MD5 of the whole file is needed, as 32 hexadecimal digits."
            results[index] = FileResult(file.name, Outcome.REFUSED, "md5_invalid", message)
        elif file.size_bytes == 0:
            results[index] = FileResult(file.name, Outcome.REFUSED, "empty", "The file is empty.")
        elif file.size_bytes is not None and (found := _refused_as_large(file, file.size_bytes, to_be_sent=to_be_sent)):
            results[index] = found
        else:
            earlier = first.setdefault(file.name, file)
            if earlier is not file and (
                not file.md5 or (earlier.md5, earlier.size_bytes) != (file.md5, file.size_bytes)
            ):
                message = "Another file of this batch has the same name and other content."
                results[index] = FileResult(file.name, Outcome.CONFLICT, "name_twice", message)
    return results


def _refused_as_large(file: CardFile, size_bytes: int, *, to_be_sent: bool) -> FileResult | None:
    """For files that are large, or cut into parts; None for all others."""
    if not file.multipart_md5 and size_bytes <= parts.MAX_PUT_BYTES:
        return None
    if size_bytes > parts.MAX_FILE_BYTES:
        message = f"The file is larger than {parts.MAX_FILE_BYTES // 1024**3} GiB."
        return FileResult(file.name, Outcome.REFUSED, "too_large", message)
    if file.multipart_md5 and not parts.multipart_md5_fits(file.multipart_md5, size_bytes=size_bytes):
        message = f"The MD5 of the parts is that of parts of {shared.PART_SIZE_BYTES} bytes, and their number."
        return FileResult(file.name, Outcome.REFUSED, "multipart_md5_invalid", message)
    if to_be_sent and not file.multipart_md5:
        message = f"Above {parts.MAX_PUT_BYTES // 1024**3} GiB a file is sent in parts: give its multipart_md5."
        return FileResult(file.name, Outcome.REFUSED, "parts_needed", message)
    return None


def compare(file: CardFile, stored: StoredObject | None, proof: Proof | None) -> FileResult:
    """What a file is against what the store has at its key. proof: by `prove`, None for a file that tells no MD5."""
    if stored is None:
        return FileResult(file.name, Outcome.NEW)
    if file.size_bytes is not None and stored.size_bytes != file.size_bytes:
        return stored_conflict(file)
    if proof is None:
        return FileResult(file.name, Outcome.EXISTS)
    if proof is Proof.UNREAD:
        return being_read(file.name)
    return FileResult(file.name, Outcome.STORED, proven_by=proof) if proof.is_same else stored_conflict(file)


def stored_conflict(file: CardFile) -> FileResult:
    message = f"The store already holds another file named {file.name}. It is not overwritten."
    return FileResult(file.name, Outcome.CONFLICT, "stored_differs", message)


def refusals_by_season(files: Sequence[CardFile], *, session: UploadSession, now: datetime) -> dict[int, FileResult]:
    """Per index, what is refused because it was taken outside the season and the session gives no reason for it."""
    deployment = session.deployment
    if session.season_reason or not deployment.season:
        return {}
    results = {}
    for index, file in enumerate(files):
        taken_at = device_time(file.name)
        for warned in _warnings_about_time(taken_at, session=session, now=now) if taken_at else ():
            if warned.code == OUTSIDE_SEASON:
                message = f"{warned.message} Choose the deployment of that season, or begin again and give a reason."
                results[index] = FileResult(file.name, Outcome.REFUSED, OUTSIDE_SEASON, message)
    return results


def warnings_about(name: str, *, session: UploadSession, now: datetime) -> tuple[Warned, ...]:
    """What is odd about the device time in a name."""
    taken_at = device_time(name)
    if taken_at is None:
        return (Warned("no_device_time", "The name holds no time, so readers downstream will not find its night."),)
    unread: tuple[Warned, ...] = ()
    if passed_over(name) is PassedOver.TIME_UNREAD:
        unread = (Warned("time_unread", "The name holds its time in a form that readers downstream do not look for."),)
    return _warnings_about_time(taken_at, session=session, now=now) + unread


def _warnings_about_time(taken_at: datetime, *, session: UploadSession, now: datetime) -> tuple[Warned, ...]:
    clock = clock_of(taken_at, now=now)
    if clock is Clock.RESET:
        return (Warned("clock_reset", f"The device's clock said {taken_at:%Y-%m-%d}: it was reset."),)
    if clock is Clock.AHEAD:
        return (Warned("clock_ahead", f"The device's clock said {taken_at:%Y-%m-%d}, which lies ahead of us."),)
    deployment, day = session.deployment, taken_at.date()
    if is_outside(day, first_day=deployment.first_day, last_day=deployment.last_day):
        message = f"{day} lies outside the season of {deployment.deployment_id} ({deployment.season})."
        return (Warned(OUTSIDE_SEASON, message),)
    return ()
