"""What the store holds: counted night by night, compared with the ledger, and never made up."""

import json
from datetime import UTC, date, datetime
from functools import partial

import pytest
from django.db import connection

from amiportal.core.errors import StoreError
from amiportal.objectstore import listing
from tests.faultproxy import FaultProxy
from tests.faults import Status, first
from tests.uploads import stored_objects
from tests.uploads.stored_objects import counted, row
from uploads.models import Drift, Inventory
from uploads.services import inventory as service
from uploads.services import inventory_sums
from uploads.services.inventory_sums import night_of
from uploads.tasks.upkeep import order_inventory, plan_inventories_task

pytestmark = pytest.mark.django_db
NAMES = ["20250714220000-snapshot.jpg", "20250715030000-snapshot.jpg", "20250715220000-snapshot.jpg"]


@pytest.fixture
def deployment(site):
    return site.deployment


@pytest.fixture
def put(store, deployment):
    return partial(stored_objects.put, store, deployment)


def test_objects_bytes_nights_and_times(put, deployment):
    for name in NAMES:
        put(name)
    put("19700101000114-snapshot.jpg", b"12")
    put("no-time.jpg", b"1")
    put("20250714_220000.WAV", data_type="audible_recordings")  # another prefix
    taken = counted(deployment)
    assert (taken.objects_count, taken.size_bytes, taken.undated) == (5, 15, 2)
    assert (taken.first_device_time.isoformat(), taken.last_device_time.isoformat()) == (
        "2025-07-14T22:00:00+00:00",
        "2025-07-15T22:00:00+00:00",
    )
    assert list(taken.nights.values_list("night", "objects_count", "size_bytes")) == [
        (date(2025, 7, 14), 2, 8),
        (date(2025, 7, 15), 1, 4),
    ]


def test_nights_are_cut_at_noon():
    assert night_of(datetime(2025, 7, 15, 11, 59, tzinfo=UTC)) == date(2025, 7, 14)
    assert night_of(datetime(2025, 7, 15, 12, 0, tzinfo=UTC)) == date(2025, 7, 15)


def test_what_the_ledger_does_not_know_and_what_the_store_does_not_have(put, deployment, account):
    for name in NAMES:
        put(name)
    row(deployment, account, NAMES[0])
    row(deployment, account, NAMES[1], status="present")
    row(deployment, account, "20250716220000-gone.jpg")
    row(deployment, account, "20250716230000-never-came.jpg", status="missing")
    taken = counted(deployment)
    assert taken.unaccounted == 1
    assert list(taken.oddities.values_list("kind", "filename")) == [("unaccounted", NAMES[2])]
    assert [(drift.row.filename, drift.kind) for drift in Drift.objects.all()] == [
        ("20250716220000-gone.jpg", "vanished")
    ]


def test_what_came_after_the_listing_began_is_not_called_vanished(deployment, account):
    file = row(deployment, account, NAMES[0], stored_at=datetime(2100, 1, 1, tzinfo=UTC))
    counted(deployment)
    file.refresh_from_db()
    assert (file.status, Drift.objects.count()) == ("verified", 0)


def test_what_a_short_listing_lacks_is_asked_for(put, deployment, account, monkeypatch):
    put(NAMES[0])
    row(deployment, account, NAMES[0])
    monkeypatch.setattr(service, "pages", lambda bucket, prefix: iter(()))
    taken = counted(deployment)
    assert (taken.objects_count, Drift.objects.count()) == (0, 0)


def test_files_outside_the_season_are_named(put, deployment):
    deployment.first_day, deployment.last_day = date(2025, 7, 15), date(2025, 7, 15)
    deployment.save()
    for name in NAMES:
        put(name)
    taken = counted(deployment)
    assert taken.outside_season == 1
    assert [odd.filename for odd in taken.oddities.filter(kind="outside")] == [NAMES[0]]


def test_of_very_many_oddities_all_are_counted_and_the_first_are_named(put, deployment, monkeypatch):
    monkeypatch.setattr(inventory_sums, "ODDITIES_NAMED", 2)
    for name in NAMES:
        put(name)
    taken = counted(deployment)
    assert taken.unaccounted == 3
    assert [odd.filename for odd in taken.oddities.all()] == NAMES[:2]


def test_counting_again_replaces_what_stood(put, store, deployment):
    for name in NAMES:
        put(name)
    counted(deployment)
    store.delete_object(Bucket=deployment.bucket.name, Key=f"{deployment.deployment_id}/snapshot_images/{NAMES[2]}")
    taken = counted(deployment)
    assert Inventory.objects.get() == taken
    assert (taken.objects_count, taken.nights.count(), taken.oddities.count()) == (2, 1, 2)


def test_a_store_that_fails_half_way_leaves_the_figures_of_before(put, deployment, settings, monkeypatch):
    for name in NAMES:
        put(name)
    before = counted(deployment)
    put("20250720220000-snapshot.jpg")
    monkeypatch.setattr(service, "pages", lambda bucket, prefix: listing.pages(bucket, prefix, page_size=2))
    with FaultProxy(settings.S3_ENDPOINT_URL) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        pages = []

        def second_page_on(request):
            pages.append(request)
            return Status(503) if len(pages) > 1 else None

        proxy.fault = second_page_on
        with pytest.raises(StoreError):
            counted(deployment)
    after = Inventory.objects.get()
    assert (after.objects_count, after.taken_at, after.nights.count()) == (3, before.taken_at, 2)
    assert after.error


def test_a_fault_that_passes_is_not_seen(put, deployment, settings):
    for name in NAMES:
        put(name)
    with FaultProxy(settings.S3_ENDPOINT_URL, fault=first(2, Status(503))) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        assert counted(deployment).objects_count == 3


@pytest.mark.django_db(transaction=True)
def test_a_job_per_prefix_is_ordered_once(empty_queue, deployment):
    plan_inventories_task.func(timestamp=0)
    order_inventory(deployment_id=deployment.deployment_id, data_type="snapshot_images")
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'uploads.take_inventory'")
        ordered = [json.loads(args) for (args,) in cursor.fetchall()]
    own = [args["data_type"] for args in ordered if args["deployment_id"] == deployment.deployment_id]
    assert sorted(own) == sorted(deployment.bucket.data_types)
