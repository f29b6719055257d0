"""Files that changed or vanished in the store: what the health page says of them, and what nobody was mailed yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet
from django.urls import reverse

from amiportal.operations.doctor.observations import Observation, State
from uploads.models import Drift, UploadSession

GROUPS_TOLD = 50
NAMES_TOLD = 5
# All that one count finds is one mail, so a count under way is waited for; but not for ever.
WAITS_AT_MOST = timedelta(hours=1)
_BEING_COUNTED = """
    SELECT args ->> 'deployment_id', args ->> 'data_type' FROM procrastinate_jobs
    WHERE status = 'doing' AND task_name = 'uploads.take_inventory'
"""


@dataclass(frozen=True, slots=True)
class Drifted:
    """One session's files that changed or vanished. names: the first of them."""

    who: str
    email: str
    where: str
    changed: int
    vanished: int
    names: Sequence[str]
    session_link: str  # paths, all of them
    receipt_link: str


@dataclass(frozen=True, slots=True)
class News:
    """files, more: of all together, and groups beyond those told; ids: of what it speaks of."""

    groups: Sequence[Drifted]
    files: int
    more: int
    ids: Sequence[int]


def news(now: datetime) -> News | None:
    """What was found and not mailed, all uploaders of a round together; None where there is nothing, or not yet."""
    untold = _untold(now)
    ids = list(untold.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return None
    untold = Drift.objects.filter(pk__in=ids)  # what comes meanwhile has a mail of its own
    counted = list(
        untold.values("row__session")
        .annotate(
            files=Count("pk"),
            changed=Count("pk", filter=Q(kind=Drift.Kind.CHANGED)),
            vanished=Count("pk", filter=Q(kind=Drift.Kind.VANISHED)),
            last=Max("pk"),
        )
        .order_by("-files", "row__session")
    )
    told = counted[:GROUPS_TOLD]
    sessions = UploadSession.objects.select_related("account", "deployment__bucket").in_bulk(
        [group["row__session"] for group in told]
    )
    groups = [_group(sessions[group["row__session"]], group, untold) for group in told]
    return News(groups, len(ids), len(counted) - len(told), ids)


def told(news: News, *, at: datetime) -> None:
    Drift.objects.filter(pk__in=news.ids, told_at__isnull=True).update(told_at=at)


def examine_drift() -> Iterator[Observation]:
    subject = ("drift", "Stored files")
    found = Drift.objects.filter(settled_at__isnull=True).aggregate(
        files=Count("pk"), back=Count("pk", filter=Q(back_at__isnull=False)), places=Count("deployment", distinct=True)
    )
    if not found["files"]:
        text = "Every file that a count compared is in the store as it was, or is settled."
        yield Observation(*subject, State.OK, text)
        return
    back = f" {found['back']:,} of them are back as they were." if found["back"] else ""
    yield Observation(
        *subject,
        State.BAD,
        f"{_counted(found['files'], 'file')} of {_counted(found['places'], 'deployment')} changed or vanished behind "
        f"the portal.{back}",
        "Open Changed files. Ask the uploaders to keep their cards, bring back what can be brought back (see the "
        "guide), and settle each with a reason.",
        is_certain=True,
    )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _untold(now: datetime) -> QuerySet[Drift]:
    untold = Drift.objects.filter(told_at__isnull=True, settled_at__isnull=True)
    if not untold.exists():
        return untold
    with connection.cursor() as cursor:
        cursor.execute(_BEING_COUNTED)
        being_counted = cursor.fetchall()
    for deployment_id, data_type in being_counted:
        untold = untold.exclude(
            deployment__deployment_id=deployment_id, data_type=data_type, found_at__gt=now - WAITS_AT_MOST
        )
    return untold


def _group(session: UploadSession, counted: Mapping[str, Any], untold: QuerySet[Drift]) -> Drifted:
    names = untold.filter(row__session=session).order_by("row__filename").values_list("row__filename", flat=True)
    place = session.deployment
    return Drifted(
        who=session.uploader_name or str(session.account),
        email=session.account.email,
        where=f"{place.deployment_id} ({place.bucket.title}, {place.location_name}), "
        f"{session.get_data_type_display().lower()}",
        changed=counted["changed"],
        vanished=counted["vanished"],
        names=list(names[:NAMES_TOLD]),
        session_link=reverse("admin:uploads_uploadsession_change", args=[session.pk]),
        receipt_link=reverse("receipt", args=[session.pk]),
    )
