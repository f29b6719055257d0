"""Inventories in the admin: the calendar with its gaps, what to look at, and counting again."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from uploads.admin.inventory import months
from uploads.models import Inventory, InventoryNight, InventoryOddity

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_client(maintainer) -> Client:
    client = Client()
    client.force_login(maintainer)
    return client


@pytest.fixture
def inventory(ladera) -> Inventory:
    inventory = Inventory.objects.create(
        deployment=ladera,
        data_type="snapshot_images",
        objects_count=1_234,
        size_bytes=5_600_000_000,
        unaccounted=2,
        taken_at=timezone.now(),
    )
    for day, number in ((30, 100), (31, 50)):
        InventoryNight.objects.create(
            inventory=inventory, night=date(2025, 12, day), objects_count=number, size_bytes=number
        )
    InventoryNight.objects.create(inventory=inventory, night=date(2026, 1, 2), objects_count=1, size_bytes=1)
    for name in ("a.jpg", "<script>b.jpg"):
        InventoryOddity.objects.create(inventory=inventory, kind="unaccounted", filename=name)
    return inventory


def test_months_over_the_turn_of_the_year_with_the_gap():
    nights = {date(2025, 12, 30): 100, date(2025, 12, 31): 50, date(2026, 1, 2): 1}
    (december, of_december), (january, of_january) = months(nights)
    assert (december, len(of_december)) == (date(2025, 12, 1), 31)
    assert (january, len(of_january)) == (date(2026, 1, 1), 31)
    assert [(day.night.day, day.shade) for day in of_december if day.objects] == [(30, 4), (31, 2)]
    assert [day.night for day in of_december + of_january if day.is_gap] == [date(2026, 1, 1)]
    assert of_january[1].shade == 1
    assert list(months({})) == []


def test_the_page_shows_nights_and_names_escaped(admin_client, inventory):
    text = admin_client.get(f"/admin/uploads/inventory/{inventory.pk}/change/").content.decode()
    assert "3 nights with files" in text
    assert 'class="shade-0 gap" title="2026-01-01: 0 files"' in text
    assert "2 not in the ledger" in text
    assert "&lt;script&gt;b.jpg" in text
    assert "<script>b.jpg" not in text


def test_the_list_by_what_is_to_look_at(admin_client, inventory, savanna):
    fine = Inventory.objects.create(deployment=savanna, data_type="snapshot_images", taken_at=timezone.now())
    listed = admin_client.get("/admin/uploads/inventory/")
    assert set(listed.context["cl"].result_list) == {inventory, fine}
    assert "5.6\N{NO-BREAK SPACE}GB" in listed.content.decode()
    for value, expected in (("unaccounted", {inventory}), ("vanished", set()), ("empty", {fine}), ("failed", set())):
        page = admin_client.get(f"/admin/uploads/inventory/?odd={value}")
        assert set(page.context["cl"].result_list) == expected, value


@pytest.mark.django_db(transaction=True)
def test_counting_anew_is_ordered_from_a_worker(empty_queue, admin_client, inventory):
    page = f"/admin/uploads/inventory/{inventory.pk}/count_again/"
    assert "until it has read all of it" in admin_client.get(page).content.decode()
    assert jobs() == 0
    assert "A worker counts it again" in admin_client.post(page, follow=True).content.decode()
    assert jobs() == 1
    admin_client.post(page)
    assert jobs() == 1
    admin_client.post("/admin/uploads/inventory/count_all/")
    assert jobs() > 1


def jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'uploads.take_inventory'")
        return cursor.fetchone()[0]


def test_nobody_changes_an_inventory(admin_client, inventory):
    admin_client.post(f"/admin/uploads/inventory/{inventory.pk}/change/", {"objects_count": 1})
    assert Inventory.objects.get().objects_count == 1_234
    assert admin_client.get("/admin/uploads/inventory/add/").status_code == 403
