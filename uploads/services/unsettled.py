"""Keys that an older program could overwrite, compared once its URLs are dead (rule 11)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from amiportal.background.rounds import in_groups
from amiportal.objectstore.objects import StoredObject
from deployments.models import Deployment
from uploads.domain.batch import Outcome
from uploads.domain.shared import MAX_BATCH_FILES
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.models import UploadFailure, UploadLog
from uploads.services import legacy_second_files
from uploads.services.confirming import settle_rows
from uploads.services.proof import Proof, check_all_told, look_in, prove

ROUND = "Keys that old programs could overwrite"  # for people, on the health page
OVERWRITTEN = "overwritten"
Status = UploadLog.Status


class _Key(NamedTuple):
    """One key to be compared. is_beside: a second file of a name, to be sorted in."""

    deployment: Deployment
    data_type: str
    name: str
    is_beside: bool


def settle_unsettled_keys(*, limit: int = 50_000) -> int:
    """Compare the keys whose last URL without MD5 is dead; the number of rows that were brought to an end.

    What the store cannot tell of one key or one bucket is left over for the next time (amiportal.background.rounds).
    May be killed anywhere and run again.
    """
    return sum(in_groups(ROUND, _batches(limit), _settle, name_of=_name))


def _due() -> QuerySet[UploadLog]:
    return UploadLog.objects.filter(unsettled_until__lte=timezone.now())


def _batches(limit: int) -> Iterator[tuple[str, list[_Key]]]:
    """The keys that are due, at most MAX_BATCH_FILES of one deployment and data type at a time."""
    number = 0
    # Second files are sorted in when it is settled what became of the first ones.
    for is_beside in (False, True):
        due = _due().exclude(beside_key="") if is_beside else _due().filter(beside_key="")
        places = due.values_list("deployment_id", "data_type").distinct().order_by("deployment_id", "data_type")
        for deployment_pk, data_type in list(places):
            deployment = Deployment.objects.select_related("bucket").get(pk=deployment_pk)
            rows = due.filter(deployment=deployment, data_type=data_type).order_by("filename")
            names = rows.values_list("filename", flat=True).distinct()
            after = ""
            while number < limit and (batch := list(names.filter(filename__gt=after)[:MAX_BATCH_FILES])):
                after, number = batch[-1], number + len(batch)
                keys = [_Key(deployment, data_type, name, is_beside) for name in batch]
                yield f"{deployment.deployment_id}/{data_type}{' second files' if is_beside else ''}", keys


def _name(key: _Key) -> str:
    return f"{key.deployment.deployment_id}/{key.data_type}/{key.name}"


def _settle(keys: Sequence[_Key]) -> int:
    """How many rows of these keys, all of one deployment and data type, were brought to an end."""
    deployment, data_type, _, is_beside = keys[0]
    names = [key.name for key in keys]
    due = list(
        _due()
        .filter(deployment=deployment, data_type=data_type, filename__in=names)
        .select_related("session__account")
        .order_by("id")
    )
    for row in due:
        row.session.deployment = deployment
    due = [row for row in due if bool(row.beside_key) is is_beside]
    if is_beside:
        for row in due:
            legacy_second_files.sort_in(row, session=row.session)
    else:
        found = look_in(deployment=deployment, data_type=data_type, names=names, confirm_absent=True)
        _settle_unproven([row for row in due if not row.md5], found)
        being_read = _settle_claims([row for row in due if row.md5])
        unread = _look_again(deployment, data_type, due, found)
        due = [row for row in due if row.pk not in being_read and row.filename not in unread]
    return _due().filter(pk__in=[row.pk for row in due]).update(unsettled_until=None)


def _settle_unproven(rows: Iterable[UploadLog], found: dict[str, StoredObject | None]) -> None:
    """What the old clients' own rows say: found, never come, gone, or other than it was when it was found."""
    for row in rows:
        stored = found[row.filename]
        if stored is None:
            if row.status in (Status.GRANTED, Status.UNPROVEN):
                new, code = (
                    (Status.EXPIRED, "expired") if row.status == Status.GRANTED else (Status.MISSING, "vanished")
                )
                statements.settle([RowChange(row.pk, row.status, new, code)])
        elif row.status == Status.GRANTED:
            statements.note_found(
                deployment=row.session.deployment, data_type=row.data_type, found={row.filename: stored}
            )
        elif row.status == Status.UNPROVEN:
            if row.etag and row.etag != stored.etag:
                _tell_overwritten(row, stored)
            UploadLog.objects.filter(pk=row.pk, status=Status.UNPROVEN).update(
                size_bytes=stored.size_bytes, etag=stored.etag, error_code=""
            )


def _settle_claims(rows: Sequence[UploadLog]) -> set[int]:
    """What was asked for meanwhile with an MD5 becomes verified, mismatch or expired.

    The ids of those of which nobody can say before the portal has read the object: they wait for a later round.
    """
    being_read: set[int] = set()
    by_session: dict[int, dict[str, UploadLog]] = {}
    for row in rows:
        if row.status == Status.UNSETTLED:
            by_session.setdefault(row.session_id, {})[row.filename] = row  # the newest of a name
    for rows_of_session in by_session.values():
        session = next(iter(rows_of_session.values())).session
        results = settle_rows(session=session, rows=rows_of_session)
        check_all_told(results.values())
        being_read |= {
            rows_of_session[name].pk for name, result in results.items() if result.status == Outcome.UNSETTLED
        }
    newest = {row.pk for rows_of_session in by_session.values() for row in rows_of_session.values()}
    statements.settle(
        RowChange(row.pk, row.status, Status.EXPIRED, "granted_anew")
        for row in rows
        if row.status == Status.UNSETTLED and row.pk not in newest
    )
    return being_read


def _look_again(
    deployment: Deployment, data_type: str, due: Sequence[UploadLog], found: dict[str, StoredObject | None]
) -> set[str]:
    """Proof that was given while the key could still be overwritten is held against what is there now.

    The names of which nobody can say before the portal has read the object.
    """
    until = {row.filename: row.unsettled_until for row in due if not row.md5 and row.unsettled_until}
    proven = UploadLog.objects.filter(
        deployment=deployment, data_type=data_type, filename__in=until, status__in=UploadLog.PROVEN
    )
    early = [row for row in proven if row.verified_at is None or row.verified_at <= until[row.filename]]
    files = {row.pk: statements.card_file(row) for row in early}
    proofs = prove(files.values(), found, bucket=deployment.bucket.name)
    changes = []
    for row in early:
        stored = found[row.filename]
        if stored is None:
            changes.append(RowChange(row.pk, row.status, Status.MISSING, "vanished"))
        elif proofs[files[row.pk]] is Proof.OTHER:
            changes.append(
                RowChange(
                    row.pk, row.status, Status.MISMATCH, "changed", etag=stored.etag, size_bytes=stored.size_bytes
                )
            )
    statements.settle(changes)
    return {row.filename for row in early if proofs.get(files[row.pk]) is Proof.UNREAD}


def _tell_overwritten(row: UploadLog, stored: StoredObject) -> None:
    """An old client's file was there, and another one came over it while its URL lived: the first is lost."""
    UploadFailure.objects.create(
        account_id=row.session.account_id,
        session=row.session,
        deployment=row.session.deployment,
        client=row.session.client,
        step="settle",
        filename=row.filename,
        code=OVERWRITTEN,
        message=f"{row.filename} was overwritten through an old program's URL: it had {row.size_bytes} bytes, now "
        f"{stored.size_bytes}. The card it came from must not be wiped before it is compared.",
    )
