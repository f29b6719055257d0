"""What a client could not do, told by itself so that maintainers need not be written to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.objectstore.capabilities import current_capabilities
from deployments.models import Deployment
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
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
        if current_capabilities().honours_if_none_match:
            # An old client's URL, told by the MD5 it lacks, forbids no overwriting on any store.
            rows = (
                UploadLog.objects.select_for_update()
                .filter(session=session, filename__in=codes, status=UploadLog.Status.GRANTED)
                .exclude(md5="")
            )
            statements.settle(
                RowChange(row.pk, row.status, UploadLog.Status.FAILED, codes[row.filename]) for row in rows
            )
    return len(failures)


@dataclass(frozen=True, slots=True)
class Refused:
    """A name that an old client asked for and that was not granted. is_data: False for files of the system."""

    name: str
    code: str
    message: str
    http_status: int = 400
    is_data: bool = True


def record_refusals(*, session: UploadSession, refused: Iterable[Refused], now: datetime) -> None:
    """Record what an old client was refused, once per name and day: these clients ask again every few seconds."""
    told = [refusal for refusal in refused if refusal.is_data]
    if not told:
        return
    known = set(
        UploadFailure.objects.filter(
            account_id=session.account_id,
            deployment_id=session.deployment_id,
            filename__in=[_printable(refusal.name) for refusal in told],
            reported_at__gte=now.replace(hour=0, minute=0, second=0, microsecond=0),
        ).values_list("filename", "code")
    )
    UploadFailure.objects.bulk_create(
        UploadFailure(
            account_id=session.account_id,
            session=session,
            deployment_id=session.deployment_id,
            client=session.client,
            step="grant",
            filename=_printable(refusal.name),
            code=refusal.code,
            message=refusal.message[:500],
            http_status=refusal.http_status,
        )
        for refusal in told
        if (_printable(refusal.name), refusal.code) not in known
    )


def _printable(name: str) -> str:
    """A name as the table takes it: it was refused, so it may hold anything, and be of any length."""
    return "".join(character if character.isprintable() else "\ufffd" for character in name)[:255]


def report_rows(messages: Mapping[int, str]) -> None:
    """Record what the portal itself found wrong with rows of the ledger, given by id; each row's code says what."""
    rows = UploadLog.objects.filter(pk__in=messages).select_related("session", "deployment").order_by("pk")
    UploadFailure.objects.bulk_create(
        UploadFailure(
            account_id=row.session.account_id,
            session=row.session,
            deployment=row.deployment,
            client=row.session.client,
            step="confirm",
            filename=row.filename,
            code=row.error_code,
            message=messages[row.pk],
        )
        for row in rows
    )


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
