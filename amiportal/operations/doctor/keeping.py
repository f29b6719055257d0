"""What the portal keeps: room in the store and until when, the dated copy of its tables, the counts of what is held."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import Count, F, Min, Q, Sum
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.objectstore.models import Allocation
from amiportal.operations.doctor.alone import alone
from amiportal.operations.doctor.observations import Observation, State
from amiportal.operations.snapshots.models import Snapshot
from deployments.models import Deployment
from uploads.models import Inventory

WARN_FULL = 0.80
BAD_FULL = 0.95
WARN_END = timedelta(days=60)
SNAPSHOT_WARN = timedelta(hours=26)  # one a day, and two hours for a worker that was away
SNAPSHOT_BAD = timedelta(days=3)
INVENTORY_WARN = timedelta(days=3)
TB = 10**12


def examine_keeping() -> Iterator[Observation]:
    now = timezone.now()
    yield from alone(_room, ("storage", "Storage"))
    yield from alone(partial(_end, now.date()), ("allocation end", "Allocation's end"))
    yield from alone(partial(_snapshot, now), ("snapshot", "Last snapshot"))
    yield from alone(partial(_inventory, now), ("inventory", "Inventories"))


def _room() -> Observation:
    told = ("storage", "Storage")
    allocation = Allocation.objects.get(pk=Allocation.ONLY)
    used = Inventory.objects.aggregate(used=Sum("size_bytes"))["used"] or 0
    share = used / allocation.size_bytes if allocation.size_bytes else 1.0
    text = f"{share:.0%} of the allocation is used: {used / TB:,.1f} of {allocation.size_bytes / TB:,.0f} TB."
    remedy = "Ask the store's operator for more and set the new size under Allocation, or move old seasons elsewhere."
    state = State.BAD if share >= BAD_FULL else State.WARN if share >= WARN_FULL else State.OK
    return Observation(*told, state, text, remedy, is_certain=True)


def _end(today: date) -> Observation:
    told = ("allocation end", "Allocation's end")
    allocation = Allocation.objects.get(pk=Allocation.ONLY)
    left = allocation.ends_on - today
    remedy = "Ask the store's operator to prolong it, and set the new last day under Allocation."
    if left < timedelta(0):
        return Observation(*told, State.BAD, f"It ended on {allocation.ends_on}.", remedy, is_certain=True)
    state = State.WARN if left <= WARN_END else State.OK
    text = f"It ends on {allocation.ends_on}, in {left.days} days."
    return Observation(*told, state, text, remedy, is_certain=True)


def _snapshot(now: datetime) -> Observation:
    told = ("snapshot", "Last snapshot")
    remedy = "Look at Snapshots and at Background work for what went wrong, and take one by hand."
    last = Snapshot.objects.filter(state=Snapshot.State.READY).order_by("-taken_at").first()
    failed = Snapshot.objects.filter(state=Snapshot.State.FAILED).order_by("-taken_at").first()
    if last is None:
        first_account = User.objects.aggregate(at=Min("date_joined"))["at"] or now
        state = State.OK if failed is None and now - first_account < SNAPSHOT_WARN else State.WARN
        return Observation(*told, state, "None has been taken yet; a worker takes one every day.", remedy)
    text = f"{last.rows:,} rows were copied {_ago(now - last.taken_at)}."
    if failed is not None and failed.taken_at > last.taken_at:
        return Observation(*told, State.WARN, f"{text} The next one failed: {failed.error or 'no reason'}", remedy)
    age = now - last.taken_at
    state = State.BAD if age > SNAPSHOT_BAD else State.WARN if age > SNAPSHOT_WARN else State.OK
    return Observation(*told, state, text, remedy)


def _inventory(now: datetime) -> Observation:
    """Of prefixes that are still counted: a data type that was taken from its bucket keeps its last figures."""
    told = ("inventory", "Inventories")
    remedy = (
        "Look at Inventory, to look at: Could not be counted, and at Background work; then choose “Count everything "
        "again”. Start more workers if counts take days."
    )
    counted = Inventory.objects.filter(deployment__bucket__data_types__contains=[F("data_type")]).aggregate(
        prefixes=Count("pk"), failed=Count("pk", filter=~Q(error="")), oldest=Min("taken_at")
    )
    never = Deployment.objects.filter(created_at__lt=now - INVENTORY_WARN, inventories__isnull=True).count()
    parts = [
        f"{counted['prefixes']} counted" if counted["prefixes"] else "None has been counted yet, workers do by night"
    ]
    if counted["oldest"]:
        parts[0] += f", the oldest {_ago(now - counted['oldest'])}"
    if counted["failed"]:
        parts.append(f"{counted['failed']} could not be counted again")
    if never:
        parts.append(f"{never} deployments were never counted")
    is_late = counted["oldest"] is not None and now - counted["oldest"] > INVENTORY_WARN
    state = State.WARN if is_late or counted["failed"] or never else State.OK
    return Observation(*told, state, f"{'; '.join(parts)}.", remedy)


def _ago(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    if hours < 1:
        return "within the hour"
    return f"{hours:.0f} hours ago" if hours < 48 else f"{age.days} days ago"
