"""Count what the store holds of one deployment and data type, night by night, and compare it with the ledger.

Streamed: memory grows with the number of nights, not of objects. Nothing is kept until the whole listing has been
read, so it may be killed anywhere and run again; what stood before stands until then.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from amiportal.errors import StoreError
from amiportal.objectstore.listing import stream
from amiportal.objectstore.lookup import lookup_by_head
from deployments.models import Deployment
from uploads.capture_time import device_time
from uploads.keys import key_prefix
from uploads.models import Inventory, InventoryNight, InventoryOddity, StorageDay
from uploads.seasons import Clock, clock_of, is_outside

ODDITIES_NAMED = 1_000  # of each kind; a list of more helps nobody, the counts tell the rest
_COPIED_AT_ONCE = 10_000
_ASKED_AT_ONCE = 1_000
Kind = InventoryOddity.Kind

_UNACCOUNTED = """
    SELECT filename, count(*) OVER () FROM inventory_listed AS listed
    WHERE NOT EXISTS (
        SELECT FROM uploads_uploadlog AS row
        WHERE row.deployment_id = %(deployment)s AND row.data_type = %(data_type)s AND row.filename = listed.filename
          AND row.status IN ('granted', 'verified', 'stored')
    ) AND NOT EXISTS (
        SELECT FROM uploads_uploadlog AS row
        WHERE row.filename = listed.filename AND row.deployment_id = %(deployment)s
          AND row.data_type = %(data_type)s AND row.status = 'present'
    )
    ORDER BY filename LIMIT %(most)s
"""
# What came after the listing began may have been missed by it.
_NOT_LISTED = """
    SELECT row.filename FROM uploads_uploadlog AS row
    WHERE row.deployment_id = %(deployment)s AND row.data_type = %(data_type)s
      AND row.status IN ('granted', 'verified', 'stored') AND row.stored_at < %(began_at)s
      AND row.filename > %(after)s
      AND NOT EXISTS (SELECT FROM inventory_listed AS listed WHERE listed.filename = row.filename)
    ORDER BY row.filename LIMIT %(most)s
"""


@dataclass(slots=True)
class Counted:
    """The sums of one listing. `nights` maps an evening to [objects, bytes]."""

    objects: int = 0
    size_bytes: int = 0
    undated: int = 0
    first: datetime | None = None
    last: datetime | None = None
    nights: dict[date, list[int]] = field(default_factory=dict)
    odd: Counter = field(default_factory=Counter)
    named: list[tuple[str, str]] = field(default_factory=list)  # (kind, filename)

    def note(self, kind: str, filename: str) -> None:
        self.odd[kind] += 1
        if self.odd[kind] <= ODDITIES_NAMED:
            self.named.append((kind, filename))


def take_inventory(*, deployment: Deployment, data_type: str) -> Inventory:
    """Count one prefix anew. Raises StoreError after noting why; the figures of before then stay, with their time.

    Two at once do no harm but double work: callers hold a lock (see tasks).
    """
    began_at = timezone.now()
    try:
        counted = _count(deployment, data_type, began_at=began_at)
    except StoreError as error:
        Inventory.objects.filter(deployment=deployment, data_type=data_type).update(error=error.message[:300])
        raise
    return _keep(counted, deployment=deployment, data_type=data_type, taken_at=began_at)


def _count(deployment: Deployment, data_type: str, *, began_at: datetime) -> Counted:
    counted = Counted()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.inventory_listed")
        cursor.execute('CREATE TEMP TABLE inventory_listed (filename text COLLATE "C")')
        try:
            listed = _listed(deployment, data_type, counted, now=began_at)
            while names := list(islice(listed, _COPIED_AT_ONCE)):
                # A COPY of its own per batch: none is open while the next page is fetched.
                with cursor.copy("COPY inventory_listed FROM STDIN") as copy:
                    for name in names:
                        copy.write_row((name,))
            cursor.execute("ANALYZE inventory_listed")
            _compare(deployment, data_type, counted, began_at=began_at)
        finally:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.inventory_listed")
    return counted


def _listed(deployment: Deployment, data_type: str, counted: Counted, *, now: datetime) -> Iterator[str]:
    """Names below the prefix as the store lists them, each counted on its way."""
    prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
    season = {"first_day": deployment.first_day, "last_day": deployment.last_day}
    for stored in stream(deployment.bucket.name, prefix):
        name = stored.key[len(prefix) :]
        counted.objects += 1
        counted.size_bytes += stored.size_bytes
        taken_at = device_time(name)
        if taken_at is None or clock_of(taken_at, now=now) != Clock.PLAUSIBLE:
            counted.undated += 1
        else:
            counted.first = min(counted.first or taken_at, taken_at)
            counted.last = max(counted.last or taken_at, taken_at)
            night = counted.nights.setdefault(night_of(taken_at), [0, 0])
            night[0] += 1
            night[1] += stored.size_bytes
            if is_outside(taken_at.date(), **season):
                counted.note(Kind.OUTSIDE_SEASON, name)
        yield name


def night_of(taken_at: datetime) -> date:
    """The evening on which the night of a device time began; nights are cut at noon."""
    return (taken_at - timedelta(hours=12)).date()


def _compare(deployment: Deployment, data_type: str, counted: Counted, *, began_at: datetime) -> None:
    parameters = {"deployment": deployment.pk, "data_type": data_type, "began_at": began_at}
    unaccounted = _rows(_UNACCOUNTED, parameters | {"most": ODDITIES_NAMED})
    counted.named += [(Kind.UNACCOUNTED, name) for name, _ in unaccounted]
    counted.odd[Kind.UNACCOUNTED] = unaccounted[0][1] if unaccounted else 0
    prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
    after = ""
    while names := [name for (name,) in _rows(_NOT_LISTED, parameters | {"after": after, "most": _ASKED_AT_ONCE})]:
        # A listing's absence is no proof: each is asked for.
        found = lookup_by_head(bucket=deployment.bucket.name, prefix=prefix, names=names)
        for name in names:
            if found[name] is None:
                counted.note(Kind.ABSENT, name)
        after = names[-1]


def _rows(query: str, parameters: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def _keep(counted: Counted, *, deployment: Deployment, data_type: str, taken_at: datetime) -> Inventory:
    with transaction.atomic():
        inventory, _ = Inventory.objects.update_or_create(
            deployment=deployment,
            data_type=data_type,
            defaults={
                "objects_count": counted.objects,
                "size_bytes": counted.size_bytes,
                "first_device_time": counted.first,
                "last_device_time": counted.last,
                "undated": counted.undated,
                "outside_season": counted.odd[Kind.OUTSIDE_SEASON],
                "unaccounted": counted.odd[Kind.UNACCOUNTED],
                "absent": counted.odd[Kind.ABSENT],
                "taken_at": taken_at,
                "error": "",
            },
        )
        inventory.nights.all().delete()
        inventory.oddities.all().delete()
        InventoryNight.objects.bulk_create(
            InventoryNight(inventory=inventory, night=night, objects_count=objects, size_bytes=size)
            for night, (objects, size) in counted.nights.items()
        )
        InventoryOddity.objects.bulk_create(
            InventoryOddity(inventory=inventory, kind=kind, filename=name) for kind, name in counted.named
        )
    return inventory


def note_storage_day(*, day: date) -> int:
    """Keep what each bucket holds by its inventories, as of `day`; how many buckets. May be repeated."""
    held = (
        Inventory.objects.filter(taken_at__isnull=False)
        .values("deployment__bucket_id")
        .annotate(objects_total=Sum("objects_count"), bytes_total=Sum("size_bytes"))
        .order_by()
    )
    rows = [
        StorageDay(
            day=day,
            bucket_id=row["deployment__bucket_id"],
            objects_count=row["objects_total"],
            size_bytes=row["bytes_total"],
        )
        for row in held
    ]
    StorageDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["day", "bucket"],
        update_fields=["objects_count", "size_bytes"],
    )
    return len(rows)
