"""What was brought to a deployment, and whether somebody is bringing files now: for deployments.holdings."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from amiportal.accounts.models import User
from deployments.holdings import Holdings
from deployments.models import Deployment
from uploads.models import MultipartUpload, UploadLog, UploadSession

UNDER_WAY_WITHIN = timedelta(hours=1)  # a page that waits for a bad link asks at least every minute
# The sum reads the rows of one deployment by the index of its live keys, and no more of them than a second allows.
FILES_SUMMED = 1_000_000
_TOLD = 5
_SUMMED = """
    SELECT count(*), coalesce(sum(size_bytes), 0) FROM (
        SELECT size_bytes FROM uploads_uploadlog
        WHERE deployment_id = %s AND status IN ('verified', 'unproven') LIMIT %s
    ) AS brought
"""


def under_way(deployments: Iterable[Deployment]) -> dict[int, list[str]]:
    """By deployment: sessions seen within the hour, URLs that still work, and large files that wait for their rest."""
    chosen, now = list(deployments), timezone.now()
    told: dict[int, list[str]] = defaultdict(list)
    sessions = UploadSession.objects.filter(
        deployment__in=chosen, finished_at__isnull=True, last_seen_at__gt=now - UNDER_WAY_WITHIN
    )
    for session in sessions.select_related("account"):
        told[session.deployment_id].append(
            f"{session.uploader_name or session.account} is uploading {session.get_data_type_display().lower()} "
            f"(session {session.pk}, last seen {session.last_seen_at:%H:%M} UTC)"
        )
    for pk, sentences in told.items():
        if len(sentences) > _TOLD:
            told[pk] = [*sentences[:_TOLD], f"and {len(sentences) - _TOLD} sessions more"]
    alive = _alive(UploadLog.objects.filter(deployment__in=chosen), now=now)
    for open_ in alive.values("deployment_id").annotate(files=Count("pk"), until=Max("grant_expires_at")).order_by():
        files = _counted(open_["files"], "file")
        told[open_["deployment_id"]].append(f"{files} may still be sent, until {open_['until']:%H:%M} UTC")
    waiting = MultipartUpload.objects.filter(deployment__in=chosen, status=MultipartUpload.Status.OPEN)
    for row in waiting.values("deployment_id").annotate(files=Count("pk")).order_by():
        told[row["deployment_id"]].append(f"{_counted(row['files'], 'large file')} half sent, in parts")
    return dict(told)


def _alive(rows: QuerySet[UploadLog], *, now: datetime) -> QuerySet[UploadLog]:
    """Rows whose URL can still write: of an open grant, and of any row of an old client, whose URL overwrites."""
    may_write = Q(status=UploadLog.Status.GRANTED) | Q(unsettled_until__gt=now, md5="")
    return rows.filter(may_write, grant_expires_at__gt=now)


def urls_end_at(deployments: Iterable[Deployment]) -> datetime | None:
    """When the last upload URL into these deployments runs out; None where none is alive."""
    rows = UploadLog.objects.filter(deployment__in=list(deployments))
    return _alive(rows, now=timezone.now()).aggregate(end=Max("grant_expires_at"))["end"]


def urls_of_person_end_at(person: User) -> datetime | None:
    """When the last upload URL that this person was given runs out; None where none is alive."""
    rows = UploadLog.objects.filter(session__account=person)
    return _alive(rows, now=timezone.now()).aggregate(end=Max("grant_expires_at"))["end"]


def holdings_of(deployment: Deployment) -> Holdings:
    sessions = UploadSession.objects.filter(deployment=deployment)
    figures = sessions.aggregate(number=Count("pk"), last=Max("last_seen_at"))
    with connection.cursor() as cursor:
        cursor.execute(_SUMMED, [deployment.pk, FILES_SUMMED + 1])
        files, size_bytes = cursor.fetchone()
    last = sessions.select_related("account").order_by("-id")[:_TOLD]
    return Holdings(
        under_way=under_way([deployment]).get(deployment.pk, ()),
        sessions=figures["number"],
        last_sessions=[
            f"{session.started_at:%Y-%m-%d %H:%M} UTC: {session.uploader_name or session.account}, "
            f"{session.get_data_type_display().lower()}, {'finished' if session.finished_at else 'not finished'}"
            for session in last
        ],
        files=min(files, FILES_SUMMED),
        size_bytes=int(size_bytes),
        is_more=files > FILES_SUMMED,
        last_upload_at=figures["last"],
        links=[
            ("Sessions", list_of("uploadsession", deployment)),
            ("Uploaded files", list_of("uploadlog", deployment)),
        ],
    )


def list_of(model_name: str, deployment: Deployment) -> str:
    """The admin's list of these rows of one deployment."""
    return f"{reverse(f'admin:uploads_{model_name}_changelist')}?deployment__id__exact={deployment.pk}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
