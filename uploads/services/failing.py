"""What a client could not do, told by itself so that maintainers need not be written to."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.objectstore.habits import current_habits
from deployments.models import Deployment
from uploads import ledger
from uploads.ledger import Change
from uploads.models import UploadFailure, UploadLog, UploadSession
from uploads.permissions import deployment_visible_to
from uploads.services import sessions
from uploads.services.checking import check_batch_size


@dataclass(frozen=True, slots=True)
class ClientFailure:
    """One thing that went wrong at a client; `name` is "" when it concerns no single file."""

    name: str
    code: str
    message: str = ""
    http_status: int | None = None
    attempts: int | None = None
    step: str = ""  # what the client was at
    link: str = ""  # what it knew of its connection


def report_client_failures(
    *, actor: User, failures: Sequence[ClientFailure], deployment_id: str, client: str, user_agent: str
) -> int:
    """Record what went wrong outside of any session; the number recorded. deployment_id: "" when none was chosen yet.

    Raises NotFound for a deployment that the actor may not see.
    """
    check_batch_size(failures)
    deployment = deployment_visible_to(actor=actor, deployment_id=deployment_id) if deployment_id else None
    UploadFailure.objects.bulk_create(
        _row(failure, account=actor, deployment=deployment, client=client, user_agent=user_agent)
        for failure in failures
    )
    return len(failures)


def report_failures(*, actor: User, session: UploadSession, failures: Sequence[ClientFailure], user_agent: str) -> int:
    """Record them; the number recorded. Open grants of these names are given back where that is safe."""
    assert session.account_id == actor.pk, "sessions come from permissions.session_of"
    check_batch_size(failures)
    now = timezone.now()
    sessions.touch(session, now=now)
    codes = {failure.name: failure.code for failure in failures if failure.name}
    with transaction.atomic():
        UploadFailure.objects.bulk_create(
            _row(
                failure,
                account=actor,
                deployment=session.deployment,
                client=session.client,
                user_agent=user_agent,
                session=session,
            )
            for failure in failures
        )
        # Elsewhere the URL that is out could overwrite what the next holder of the key sends.
        if current_habits().honours_if_none_match:
            # A field client's URL, told by the MD5 it lacks, forbids no overwriting on any store.
            rows = (
                UploadLog.objects.select_for_update()
                .filter(session=session, filename__in=codes, status=UploadLog.Status.GRANTED)
                .exclude(md5="")
            )
            ledger.settle(
                [Change(row.pk, row.status, UploadLog.Status.FAILED, codes[row.filename]) for row in rows],
                now=now,
            )
    return len(failures)


def _row(
    failure: ClientFailure,
    *,
    account: User,
    deployment: Deployment | None,
    client: str,
    user_agent: str,
    session: UploadSession | None = None,
) -> UploadFailure:
    return UploadFailure(
        account=account,
        session=session,
        deployment=deployment,
        client=client,
        step=failure.step,
        link=failure.link,
        filename=failure.name,
        code=failure.code,
        message=failure.message,
        http_status=failure.http_status,
        attempts=failure.attempts,
        user_agent=user_agent[:300],
    )
