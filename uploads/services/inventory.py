"""Count what the store holds of one deployment and data type, night by night, and compare it with the ledger.

Streamed: memory grows with the hours in which files were made, not with the files. Nothing is kept until the whole
listing has been read, so it may be killed anywhere and run again; what stood before stands until then.
"""

from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from amiportal.core.errors import StoreError
from amiportal.objectstore.listing import pages
from deployments.models import Deployment
from uploads.domain.keys import key_prefix
from uploads.models import Inventory, InventoryNight, InventoryOddity, StorageDay
from uploads.services.drift import Watch
from uploads.services.drift_comparison import Comparison
from uploads.services.inventory_sums import Kind, Tally


def take_inventory(*, deployment: Deployment, data_type: str) -> Inventory:
    """Count one prefix again. Raises StoreError after noting why; the figures of before then stay, with their time.

    Two at once do no harm but double work: callers hold a lock (see tasks).
    """
    began_at = timezone.now()
    try:
        tally = _count(deployment, data_type, began_at=began_at)
    except StoreError as error:
        Inventory.objects.filter(deployment=deployment, data_type=data_type).update(error=error.message[:300])
        raise
    return _keep(tally, deployment=deployment, data_type=data_type, taken_at=began_at)


def _count(deployment: Deployment, data_type: str, *, began_at: datetime) -> Tally:
    prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
    tally = Tally(began_at, deployment.first_day, deployment.last_day)
    watch = Watch(deployment=deployment, data_type=data_type, undecided=partial(tally.note, Kind.UNDECIDED))
    comparison = Comparison(
        deployment=deployment,
        data_type=data_type,
        began_at=began_at,
        unaccounted=partial(tally.note, Kind.UNACCOUNTED),
        suspect=watch.look_into,
    )
    watch.look_for_returns()
    for page in pages(deployment.bucket.name, prefix):
        names = [key[len(prefix) :] for key in page.keys]
        tally.add(names, page.sizes)
        comparison.add(names, page.sizes, page.etags)
    comparison.finish()
    return tally


def _keep(tally: Tally, *, deployment: Deployment, data_type: str, taken_at: datetime) -> Inventory:
    first, last = tally.span
    with transaction.atomic():
        inventory, _ = Inventory.objects.update_or_create(
            deployment=deployment,
            data_type=data_type,
            defaults={
                "objects_count": tally.objects,
                "size_bytes": tally.size_bytes,
                "first_device_time": first,
                "last_device_time": last,
                "undated": tally.undated,
                "outside_season": tally.odd[Kind.OUTSIDE_SEASON],
                "unaccounted": tally.odd[Kind.UNACCOUNTED],
                "undecided": tally.odd[Kind.UNDECIDED],
                "taken_at": taken_at,
                "error": "",
            },
        )
        inventory.nights.all().delete()
        inventory.oddities.all().delete()
        InventoryNight.objects.bulk_create(
            InventoryNight(inventory=inventory, night=night, objects_count=objects, size_bytes=size)
            for night, (objects, size) in tally.nights.items()
        )
        InventoryOddity.objects.bulk_create(
            InventoryOddity(inventory=inventory, kind=kind, filename=name) for kind, name in tally.named
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
