"""The figures on the admin's front page: is all well, how full is the store, what came, what needs attention.

Each figure is one statement; the page has a bound on their number, pinned by a test.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from amiportal.accounts.actor import actor_of
from amiportal.objectstore.models import Allocation
from amiportal.operations.doctor.keeping import WARN_END, WARN_FULL
from amiportal.operations.doctor.models import Finding
from amiportal.operations.doctor.observations import STALE_AFTER, State
from deployments.models import Bucket, Deployment, Status
from uploads.ledger.damaged import HAS_DAMAGED
from uploads.models import Drift, Inventory, StorageDay, UploadFailure, UploadLog, UploadSession

UNDER_WAY_WITHIN = timedelta(hours=1)
STUCK_AFTER = timedelta(days=1)
STUCK_UNTIL = timedelta(days=30)  # what was left alone for longer is history, not work
UPLOAD_DAYS = 30
FORECAST_DAYS = 90
FEWEST_DAYS_TO_FORECAST = 7
LISTED = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart. share: of the longest one, 0 to 100."""

    label: str
    value: int
    share: float
    link: str


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that needs attention, with the list in which to see to it."""

    number: int
    text: str
    link: str


def front_page(request: HttpRequest, context: dict) -> dict:
    """UNFOLD's DASHBOARD_CALLBACK. Partners who see the admin's index by accident get the plain one."""
    if not actor_of(request).is_maintainer:
        return context
    now = timezone.now()
    # Some hundred rows: one per deployment and data type.
    inventories = list(Inventory.objects.select_related("deployment__bucket"))
    return context | {
        "storage": storage(now.date(), inventories),
        "cockpit_bars": [
            ("Storage by bucket", by_bucket(inventories)),
            ("Largest deployments", largest_deployments(inventories)),
        ],
        "uploads": uploads_by_day(now.date()),
        "sessions": sessions(now),
        "recent": recent_sessions(),
        "todos": todos(now, inventories),
        "health": health(),
        "drift": drift(),
        "upload_days": UPLOAD_DAYS,
    }


def storage(today: date, inventories: Sequence[Inventory]) -> dict:
    """Bytes used against the allocation, and when it is full at the pace of the last FORECAST_DAYS."""
    allocation = Allocation.objects.get(pk=Allocation.ONLY)
    used = sum(inventory.size_bytes for inventory in inventories)
    share = used / allocation.size_bytes if allocation.size_bytes else 1.0
    per_day = pace(
        list(
            StorageDay.objects.filter(day__gte=today - timedelta(days=FORECAST_DAYS))
            .values_list("day")
            .annotate(size_bytes=Sum("size_bytes"))
            .order_by("day")
        )
    )
    full_on = None
    if per_day and per_day > 0:
        left_days = max(0, allocation.size_bytes - used) / per_day
        full_on = today + timedelta(days=int(left_days)) if left_days < 36_500 else None
    return {
        "allocation": allocation,
        "used": used,
        "objects": sum(inventory.objects_count for inventory in inventories),
        "percent": round(100 * share, 1),
        "oldest": min((inventory.taken_at for inventory in inventories if inventory.taken_at), default=None),
        "per_day": per_day,
        "full_on": full_on,
        "full_before_end": full_on is not None and full_on < allocation.ends_on,
        "ends_soon": allocation.ends_on - today <= WARN_END,
        "nearly_full": share >= WARN_FULL,
        "link": reverse("admin:objectstore_allocation_change", args=[Allocation.ONLY]),
    }


def pace(days: Sequence[tuple[date, int]]) -> float | None:
    """Bytes per day by least squares over (day, bytes); None while too few days are known."""
    if len(days) < FEWEST_DAYS_TO_FORECAST:
        return None
    at = [(day - days[0][0]).days for day, _ in days]
    mean_at = sum(at) / len(at)
    mean_bytes = sum(size for _, size in days) / len(days)
    spread = sum((x - mean_at) ** 2 for x in at)
    return sum((x - mean_at) * (size - mean_bytes) for x, (_, size) in zip(at, days, strict=True)) / spread


def bars(rows: Sequence[tuple[str, int, str]]) -> list[Bar]:
    most = max((value for _, value, _ in rows), default=0)
    return [Bar(label, value, round(100 * value / most, 2) if most else 0.0, link) for label, value, link in rows]


def by_bucket(inventories: Sequence[Inventory]) -> list[Bar]:
    """Bytes per bucket, the largest first."""
    totals: Counter[Bucket] = Counter()
    for inventory in inventories:
        totals[inventory.deployment.bucket] += inventory.size_bytes
    held = reverse("admin:uploads_inventory_changelist")
    return bars(
        [
            (bucket.title, size, f"{held}?deployment__bucket__id__exact={bucket.pk}")
            for bucket, size in totals.most_common(LISTED)
            if size
        ]
    )


def largest_deployments(inventories: Sequence[Inventory]) -> list[Bar]:
    """Bytes of the largest deployments, all data types together."""
    totals: Counter[Deployment] = Counter()
    for inventory in inventories:
        totals[inventory.deployment] += inventory.size_bytes
    return bars(
        [
            (
                f"{deployment.location_name} ({deployment.deployment_id})",
                size,
                reverse("admin:deployments_deployment_change", args=[deployment.pk]),
            )
            for deployment, size in totals.most_common(LISTED)
            if size
        ]
    )


def uploads_by_day(today: date) -> list[Bar]:
    """Files that came per day (UTC), the days without any included."""
    first = today - timedelta(days=UPLOAD_DAYS - 1)
    rows = dict(
        UploadLog.objects.filter(
            granted_at__gte=datetime.combine(first, time.min, tzinfo=timezone.get_default_timezone()),
            status__in=[UploadLog.Status.VERIFIED, UploadLog.Status.UNPROVEN],
        )
        .values_list(TruncDate("granted_at"))
        .annotate(files=Count("pk"))
        .order_by()
    )
    days = [first + timedelta(days=number) for number in range(UPLOAD_DAYS)]
    ledger = reverse("admin:uploads_uploadlog_changelist")
    return bars([(f"{day}", rows.get(day, 0), f"{ledger}?granted_at_from={day}&granted_at_to={day}") for day in days])


def _unfinished() -> QuerySet[UploadSession]:
    return UploadSession.objects.filter(finished_at__isnull=True, is_legacy=False)


def sessions(now: datetime) -> dict[str, int]:
    """Sessions by how they do: under way, stuck (nobody came back for a day), and failures reported in a day."""
    counted = _unfinished().aggregate(
        under_way=Count("pk", filter=Q(last_seen_at__gte=now - UNDER_WAY_WITHIN)),
        stuck=Count("pk", filter=Q(last_seen_at__lt=now - STUCK_AFTER, last_seen_at__gte=now - STUCK_UNTIL)),
    )
    failed = UploadFailure.objects.filter(reported_at__gte=now - STUCK_AFTER).count()
    return counted | {"failed": failed}


def recent_sessions() -> QuerySet[UploadSession]:
    return UploadSession.objects.select_related("account", "deployment").order_by("-last_seen_at")[:LISTED]


def todos(now: datetime, inventories: Sequence[Inventory]) -> list[Todo]:
    """What is missing or silent among the active deployments, each with the filtered list that mends it."""
    silent_days = settings.SILENT_DEPLOYMENT_DAYS
    since = now - timedelta(days=silent_days)
    heard = UploadSession.objects.filter(deployment=OuterRef("pk"), last_seen_at__gte=since)
    active = Deployment.objects.filter(status=Status.ACTIVE, bucket__is_test=False)
    counted = active.aggregate(
        silent=Count("pk", filter=Q(~Exists(heard), created_at__lt=since)),
        hardware=Count("pk", filter=Q(hardware__isnull=True)),
        coordinates=Count("pk", filter=Q(latitude__isnull=True)),
        season=Count("pk", filter=Q(first_day__isnull=True)),
    )
    odd = {
        "undecided": sum(inventory.undecided > 0 for inventory in inventories),
        "unaccounted": sum(inventory.unaccounted > 0 for inventory in inventories),
        "outside": sum(inventory.outside_season > 0 for inventory in inventories),
    }
    damaged = UploadSession.objects.filter(HAS_DAMAGED, last_seen_at__gte=now - STUCK_UNTIL).count()
    cards = reverse("admin:uploads_uploadsession_changelist") + "?damaged=yes"
    deployments = reverse("admin:deployments_deployment_changelist") + "?status__exact=active"
    silence = f"active deployments without files for {silent_days} days"
    held = reverse("admin:uploads_inventory_changelist")
    found = [
        Todo(odd["unaccounted"], "counts found files that the ledger does not know", f"{held}?odd=unaccounted"),
        Todo(odd["undecided"], "counts could not compare all files", f"{held}?odd=undecided"),
        Todo(odd["outside"], "counts found files from outside the season", f"{held}?odd=outside_season"),
        Todo(damaged, "uploads of the last 30 days brought files that look damaged", cards),
        Todo(counted["silent"], silence, f"{deployments}&silent=yes"),
        Todo(counted["season"], "active deployments without a season", f"{deployments}&season_known=no"),
        Todo(counted["coordinates"], "active deployments without coordinates", f"{deployments}&coordinates_known=no"),
        Todo(counted["hardware"], "active deployments without hardware", f"{deployments}&hardware_known=no"),
    ]
    return [todo for todo in found if todo.number]


def drift() -> dict | None:
    """Stored files that changed or vanished and wait to be settled, by deployment; None where there are none."""
    counted: Iterable[Mapping[str, Any]] = (
        Drift.objects.filter(settled_at__isnull=True)
        .values("deployment", "deployment__deployment_id", "deployment__location_name")
        .annotate(
            files=Count("pk"),
            changed=Count("pk", filter=Q(kind=Drift.Kind.CHANGED)),
            vanished=Count("pk", filter=Q(kind=Drift.Kind.VANISHED)),
            back=Count("pk", filter=Q(back_at__isnull=False)),
        )
        .order_by("-files", "deployment__deployment_id")
    )
    waiting = reverse("admin:uploads_drift_changelist") + "?standing=open"
    places = [{**place, "link": f"{waiting}&deployment__id__exact={place['deployment']}"} for place in counted]
    if not places:
        return None
    return {
        "files": sum(place["files"] for place in places),
        "back": sum(place["back"] for place in places),
        "places": places[:LISTED],
        "more": len(places) - len(places[:LISTED]),
        "link": waiting,
    }


def health() -> dict:
    """How many findings of the doctor are bad or want a look; `checked_at` None before the first round.

    is_stale: nobody has looked for so long that what was found says nothing of now.
    """
    found = Finding.objects.aggregate(
        bad=Count("pk", filter=Q(state=State.BAD)),
        warn=Count("pk", filter=Q(state=State.WARN)),
        checked_at=Min("checked_at"),
        worst=Min(F("title"), filter=Q(state=State.BAD)),
    )
    checked_at = found["checked_at"]
    return found | {"is_stale": checked_at is not None and timezone.now() - checked_at > STALE_AFTER}
