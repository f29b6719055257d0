"""Open, find and finish upload sessions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.core.errors import PortalError
from deployments.models import Deployment
from uploads.models import GivenVerdict, UploadLog, UploadSession
from uploads.permissions import deployment_for_upload
from uploads.selectors import tally, unsettled_untils
from uploads.services import conflicts
from uploads.services.rechecking import recheck
from uploads.services.verdicts import keep_given

LEGACY_SESSION_GAP = timedelta(hours=6)  # an old client's session ends when nothing came for so long
SEEN_WITHIN = timedelta(seconds=15)  # the one-file-per-request clients would else write a row per request


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a session stands. `safe_to_wipe` is true only when every file of the selection is proven.

    unproven: all that is not, among them those that are unsettled: an older program may overwrite them until
    `unsettled_until`. refused: files answered with a conflict whose content is not proven under any name. comparing:
    files that were proven long ago and are still to be looked at once more; counted at the end of a session alone.
    """

    session: UploadSession
    files: int
    verified: int
    stored_before: int
    unproven: int
    safe_to_wipe: bool
    unsettled: int = 0
    unsettled_until: datetime | None = None
    refused: int = 0
    comparing: int = 0


def open_session(
    *,
    actor: User,
    deployment_id: str,
    data_type: str,
    uploader_name: str,
    client: str,
    declared_files: int | None,
    declared_bytes: int | None,
    address: str | None,
    season_reason: str = "",
) -> UploadSession:
    """Begin an upload. season_reason: why files from outside the season belong here; without it none are granted.

    Raises NotFound or Forbidden as `permissions.deployment_for_upload` does.
    """
    deployment = deployment_for_upload(actor=actor, deployment_id=deployment_id, data_type=data_type)
    now = timezone.now()
    return UploadSession.objects.create(
        account=actor,
        uploader_name=uploader_name or str(actor),
        deployment=deployment,
        data_type=data_type,
        client=client,
        address=address,
        started_at=now,
        last_seen_at=now,
        declared_files=declared_files,
        declared_bytes=declared_bytes,
        season_reason=season_reason,
    )


def legacy_session(
    *,
    actor: User,
    deployment: Deployment,
    data_type: str,
    uploader_name: str,
    client: str,
    address: str | None,
) -> UploadSession:
    """The session that an old client's call belongs to: these clients know of none.

    Found by account, name, deployment and data type while the last activity is under six hours old; else opened.
    """
    now = timezone.now()
    same = UploadSession.objects.filter(
        account=actor,
        uploader_name=uploader_name,
        deployment=deployment,
        data_type=data_type,
        is_legacy=True,
        finished_at__isnull=True,
        last_seen_at__gt=now - LEGACY_SESSION_GAP,
    )
    session = same.order_by("-id").first()
    if session is None:
        session = _open_legacy_session(same, actor, deployment, data_type, uploader_name, client, address, now)
    else:
        touch(session, now=now)
    session.deployment = deployment  # spares the callers the query for it and its bucket
    return session


def _open_legacy_session(
    same: QuerySet[UploadSession],
    actor: User,
    deployment: Deployment,
    data_type: str,
    uploader_name: str,
    client: str,
    address: str | None,
    now: datetime,
) -> UploadSession:
    with transaction.atomic():
        # These clients send many requests at once: without the lock each of the first ones opens a session.
        lock_named = f"field session {actor.pk} {deployment.pk} {data_type} {uploader_name}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock_named])
        return same.order_by("-id").first() or UploadSession.objects.create(
            account=actor,
            uploader_name=uploader_name,
            deployment=deployment,
            data_type=data_type,
            client=client,
            is_legacy=True,
            address=address,
            started_at=now,
            last_seen_at=now,
        )


def touch(session: UploadSession, *, now: datetime) -> None:
    """Note that the session's client is alive, to within SEEN_WITHIN."""
    if now - session.last_seen_at < SEEN_WITHIN:
        return
    UploadSession.objects.filter(pk=session.pk, last_seen_at__lt=now).update(last_seen_at=now)


def check_open(session: UploadSession) -> None:
    if session.finished_at is not None:
        raise PortalError(
            f"Session {session.pk} is finished. Open a new one for more files.",
            code="session_finished",
            http_status=409,
        )


def finish_session(
    *, actor: User, session: UploadSession, selected_files: int | None = None, selected_bytes: int | None = None
) -> Verdict:
    """End a session and say how it stands; may be repeated, the first end's time stays.

    What was proven over an hour ago is compared once more: where that takes longer than one call may, `comparing` is
    above 0 and the card not yet safe; repeated calls go on with it. Raises StoreError when the store cannot tell.

    selected_files, selected_bytes: how many the selection had, if the client knows better than when it began. Without
    any number of files nothing can be called complete, so the card is not safe to wipe.
    """
    assert session.account_id == actor.pk, "sessions come from permissions.session_of"
    now = timezone.now()
    selected = {"declared_files": selected_files, "declared_bytes": selected_bytes}
    known = {field: count for field, count in selected.items() if count is not None}
    if known and session.finished_at is None:
        UploadSession.objects.filter(pk=session.pk).update(**known)
        for field, count in known.items():
            setattr(session, field, count)
    # Two hosts' clocks need not agree: the end is never before the beginning, and no verdict is lost by it.
    ended = UploadSession.objects.filter(pk=session.pk, finished_at__isnull=True)
    ended.update(
        finished_at=Greatest(F("started_at"), Value(now)), last_seen_at=Greatest(F("last_seen_at"), Value(now))
    )
    session.refresh_from_db(fields=["finished_at"])
    comparing = recheck(session)
    verdict = verdict_of(session)
    if comparing:
        verdict = replace(verdict, comparing=comparing, safe_to_wipe=False)
    keep_given(
        session=session,
        how=GivenVerdict.How.FINISH,
        at=now,
        files=verdict.files,
        verified=verdict.verified,
        stored_before=verdict.stored_before,
        unproven=verdict.unproven,
        unsettled=verdict.unsettled,
        refused=verdict.refused,
        safe_to_wipe=verdict.safe_to_wipe,
    )
    return verdict


def verdict_of(session: UploadSession) -> Verdict:
    return verdicts_of([session])[0]


def verdicts_of(sessions: Sequence[UploadSession]) -> list[Verdict]:
    """In the order given, with the same few queries for all."""
    ids = [session.pk for session in sessions]
    tallies = tally(ids)
    refused = conflicts.unmended(ids)
    waiting = [pk for pk, counted in tallies.items() if counted.get(UploadLog.Status.UNSETTLED)]
    untils = unsettled_untils(waiting) if waiting else {}
    return [
        _verdict(session, tallies.get(session.pk, {}), refused.get(session.pk, 0), untils.get(session.pk))
        for session in sessions
    ]


def _verdict(session: UploadSession, counted: dict[str, int], refused: int, until: datetime | None) -> Verdict:
    total = sum(counted.values())
    proven_files = sum(counted.get(status, 0) for status in UploadLog.PROVEN)
    return Verdict(
        session=session,
        files=total,
        verified=counted.get(UploadLog.Status.VERIFIED, 0),
        stored_before=counted.get(UploadLog.Status.PRESENT, 0),
        unproven=max(total, session.declared_files or 0) - proven_files,
        safe_to_wipe=proven_files > 0 and proven_files == total == session.declared_files and not refused,
        unsettled=counted.get(UploadLog.Status.UNSETTLED, 0),
        unsettled_until=until,
        refused=refused,
    )
