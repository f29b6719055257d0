"""The clients already in the field: they send names alone, so nothing of theirs can be proven, only found.

What they cannot give (size, MD5) is recorded when the store is seen to have it: unproven, never verified. A URL of
theirs binds no MD5 and forbids no overwriting, so no key ever has two of them, nor one beside a URL of the new API:
a second file of a name is kept beside the first (legacy_second_files.py).
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.objectstore.presign import signer
from deployments.models import Deployment
from uploads.domain.batch import CardFile, Outcome
from uploads.domain.keys import is_hidden, key_prefix
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.ledger.unsettled import RESERVATION_GRACE
from uploads.models import UploadLog, UploadSession
from uploads.permissions import check_may_upload
from uploads.services import sessions
from uploads.services.checking import check_batch_size, refusals
from uploads.services.failures import Refused, record_refusals
from uploads.services.granting import reserve
from uploads.services.legacy_second_files import reserve_beside
from uploads.services.proof import look

NAME_TWICE = "name_twice"
_REFUSED_KEY = "_refused/file"
_OF_KEYS = r"""
SELECT DISTINCT filename FROM uploads_uploadlog
WHERE deployment_id = %(deployment)s AND data_type = %(data_type)s
  AND filename = ANY(string_to_array(%(names)s, E'\n'))
"""
# Keys with a URL out, of an old client or of the new API, whatever became of its row: two URLs on one key, of which one
# binds no MD5, would let one file silently replace another. And names that this visit has sent already: whoever asks
# again for one has a second file of it.
_BUSY = f"""{_OF_KEYS} AND (
    md5 <> '' AND grant_expires_at > %(alive_since)s
    OR md5 = '' AND beside_key = '' AND unsettled_until > %(now)s AND grant_expires_at IS NOT NULL
    OR session_id = %(session)s AND status IN ('granted', 'unproven')
)"""
# Keys that were just reserved here, and that another row calls proven or has a URL for.
_CLAIMED = f"""{_OF_KEYS} AND (
    status IN ('verified', 'present')
    OR md5 <> '' AND grant_expires_at > %(alive_since)s
    OR md5 = '' AND beside_key = '' AND status <> 'granted' AND unsettled_until > %(now)s
       AND grant_expires_at IS NOT NULL
)"""
Status = UploadLog.Status


@dataclass(slots=True)
class Granted:
    """What became of the names asked for, by name as asked: each has a URL, or stands in `refused`, never both.

    beside: how many of the URLs lead beside their name, for a second file of it.
    """

    urls: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)
    beside: int = 0


@dataclass(frozen=True, slots=True)
class _Times:
    now: datetime
    expires_at: datetime
    unsettled_until: datetime


def grant_to_legacy_client(
    *,
    actor: User,
    deployment: Deployment,
    data_type: str,
    uploader_name: str,
    files: Sequence[CardFile],
    client: str,
    address: str | None,
) -> Granted:
    """A URL per name, each binding the Content-Type alone, since these clients send no other header.

    Names are taken in any Unicode form and stored composed. A refused name costs its neighbours nothing; it is
    recorded as a failure. Raises PortalError for too many names, and what `check_may_upload` raises.
    """
    check_batch_size(files)
    check_may_upload(actor=actor, deployment=deployment, data_type=data_type)
    session = sessions.legacy_session(
        actor=actor,
        deployment=deployment,
        data_type=data_type,
        uploader_name=uploader_name,
        client=client,
        address=address,
    )
    outcome = Granted(refused=_refused_by_name(files, data_type=data_type))
    wanted = [_composed(file) for file in files if file.name not in outcome.refused]
    now = timezone.now()
    expires_at = now + timedelta(seconds=settings.LEGACY_GRANT_LIFETIME_S)
    times = _Times(now, expires_at, expires_at + RESERVATION_GRACE)
    _note_shared_url(session, outcome, times)
    _grant(session, wanted, outcome, times)
    record_refusals(session=session, refused=outcome.refused.values(), now=now)
    return outcome


def refused_url(*, deployment: Deployment, content_type: str) -> str:
    """A URL that the store refuses, for a name in the middle of others: it ran out long ago, and leads to no file."""
    (url,) = signer().put_urls(
        bucket=deployment.bucket.name,
        files=[(_REFUSED_KEY, {"Content-Type": content_type})],
        expires_in_s=1,
        now=timezone.now() - timedelta(days=30),
    )
    return url


def _composed(file: CardFile) -> CardFile:
    """The file under its name in composed form; the name as it was asked for is kept as its path on the card."""
    name = unicodedata.normalize("NFC", file.name)
    return file if name == file.name else file._replace(name=name, path_on_card=file.name)


def _asked_for(file: CardFile) -> str:
    return file.path_on_card or file.name


def _refused_by_name(files: Sequence[CardFile], *, data_type: str) -> dict[str, Refused]:
    """What is refused by its name or type alone, by name as asked."""
    refused = {}
    times = Counter(file.name for file in files)
    for file in files:
        if times[file.name] > 1:
            message = (
                f"{times[file.name]} files named {file.name} were asked for at once, and the program has one URL for "
                "them. None of them was sent: the card must not be wiped."
            )
            refused[file.name] = Refused(file.name, NAME_TWICE, message)
    for index, found in refusals([_composed(file) for file in files], data_type=data_type).items():
        if found.status == Outcome.REFUSED:
            name = files[index].name
            refused[name] = Refused(name, found.code, found.message, is_data=not is_hidden(name))
    return refused


def _note_shared_url(session: UploadSession, outcome: Granted, times: _Times) -> None:
    """A row for each name that had to share one URL: until it is asked for in another way, it has not come.

    Without it a third file of the name, sent alone, would make the client believe that all of them are there.
    """
    for asked in (refused.name for refused in outcome.refused.values() if refused.code == NAME_TWICE):
        name = unicodedata.normalize("NFC", asked)
        again = UploadLog.objects.filter(session=session, filename=name, status=Status.FAILED, md5="")
        if name and not again.update(error_code=NAME_TWICE, unsettled_until=times.unsettled_until):
            UploadLog.objects.create(
                session=session,
                deployment=session.deployment,
                data_type=session.data_type,
                filename=name[:255],
                path_on_card=asked if asked != name else "",
                status=Status.FAILED,
                error_code=NAME_TWICE,
                unsettled_until=times.unsettled_until,
            )


def _grant(session: UploadSession, wanted: Sequence[CardFile], outcome: Granted, times: _Times) -> None:
    first, beside = _first_of_names(wanted)
    found = look(session=session, names=list(first)) if first else {}
    there = [name for name in first if found[name] is not None]
    busy = _names_by(_BUSY, session, there, now=times.now)
    for name in there:
        if name in busy:
            beside.append(first.pop(name))
        else:
            _already_stored(first.pop(name), outcome)
    beside += _reserve(session, first, outcome, times)
    rows = [(file, reserve_beside(session=session, file=file, **_as_given(times))) for file in beside]
    for file, row in rows:
        if row is None:
            message = f"Too many files are named {file.name}. This one was not taken: the card must not be wiped."
            outcome.refused[_asked_for(file)] = Refused(file.name, "too_many_of_name", message)
    outcome.beside = sum(row is not None for _, row in rows)
    prefix = key_prefix(deployment_id=session.deployment.deployment_id, data_type=session.data_type)
    signed = [(file, prefix + name) for name, file in first.items()]
    signed += [(file, row.beside_key) for file, row in rows if row is not None]
    urls = signer().put_urls(
        bucket=session.deployment.bucket.name,
        files=[(key, {"Content-Type": file.content_type}) for file, key in signed],
        expires_in_s=settings.LEGACY_GRANT_LIFETIME_S,
        now=times.now,
    )
    outcome.urls |= {_asked_for(file): url for (file, _), url in zip(signed, urls, strict=True)}


def _first_of_names(wanted: Sequence[CardFile]) -> tuple[dict[str, CardFile], list[CardFile]]:
    """The first file of each name, and the others: names that differ in their Unicode form alone."""
    first: dict[str, CardFile] = {}
    return first, [file for file in wanted if first.setdefault(file.name, file) is not file]


def _names_by(statement: str, session: UploadSession, names: Collection[str], *, now: datetime) -> set[str]:
    if not names:
        return set()
    given: dict[str, Any] = {
        "session": session.pk,
        "deployment": session.deployment_id,
        "data_type": session.data_type,
        "names": "\n".join(names),  # a text takes a third of the time of an array; no name that is granted has a break
        "now": now,
        "alive_since": now - RESERVATION_GRACE,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return {name for (name,) in cursor.fetchall()}


def _already_stored(file: CardFile, outcome: Granted) -> None:
    outcome.refused[_asked_for(file)] = Refused(file.name, "stored_differs", f"Already stored: {file.name}", 409)


def _reserve(session: UploadSession, first: dict[str, CardFile], outcome: Granted, times: _Times) -> list[CardFile]:
    """Reserve these keys; what cannot be is taken out of `first`: the object is there, or it goes beside (returned)."""
    beside: list[CardFile] = []
    if not first:
        return beside
    reservation = reserve(session=session, files=first, **_as_given(times))
    beside += [first.pop(name) for name in reservation.held_by_others]
    busy = {row.filename for row in reservation.accounted.values() if _is_busy(row, session, now=times.now)}
    beside += [first.pop(name) for name in busy]
    accounted = {name: first.pop(name) for name in reservation.accounted if name not in busy}
    if accounted:
        vanished = _vanished(session, {name: reservation.accounted[name] for name in accounted})
        again = {name: accounted[name] for name in vanished}
        for name in accounted.keys() - again.keys():
            _already_stored(accounted[name], outcome)
        if again:
            granted = reserve(session=session, files=again, **_as_given(times)).granted
            first |= {name: again[name] for name in granted}
            beside += [file for name, file in again.items() if name not in granted]
    # Written first, asked after: see granting. Whoever calls the key stored meanwhile, or has a URL for it, is seen.
    for name in _claimed(session, first, now=times.now):
        beside.append(first.pop(name))
    return beside


def _is_busy(row: UploadLog, session: UploadSession, *, now: datetime) -> bool:
    """As _BUSY, of the row that holds the key."""
    if row.session_id == session.pk:
        return True
    alive_until = row.grant_expires_at + RESERVATION_GRACE if row.md5 and row.grant_expires_at else row.unsettled_until
    return alive_until is not None and alive_until > now


def _vanished(session: UploadSession, rows: Mapping[str, UploadLog]) -> list[str]:
    """Of names that the ledger calls stored against a listing, those that HEAD does not find; their rows are closed."""
    found = look(session=session, names=list(rows), confirm_absent=True)
    gone = [row for name, row in rows.items() if found[name] is None]
    statements.settle([RowChange(row.pk, row.status, Status.MISSING, "vanished") for row in gone])
    return [row.filename for row in gone]


def _claimed(session: UploadSession, names: Collection[str], *, now: datetime) -> list[str]:
    """Names that others call proven, or have a URL for: the rows just written are taken back, no URL was given."""
    claimed = sorted(_names_by(_CLAIMED, session, names, now=now))
    if claimed:
        own = UploadLog.objects.filter(session=session, filename__in=claimed, status=Status.GRANTED, md5="")
        with transaction.atomic():
            own.update(status=Status.EXPIRED, error_code="not_given", unsettled_until=None)
    return claimed


def _as_given(times: _Times) -> dict[str, datetime]:
    return {"now": times.now, "expires_at": times.expires_at, "unsettled_until": times.unsettled_until}
