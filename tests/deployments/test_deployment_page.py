"""What a deployment's page shows of its files, sessions and people, and what it costs."""

from datetime import date

import pytest
from django.db import connection
from django.utils import timezone

from tests.deployments.admin_pages import said, url
from tests.deployments.uploaded_rows import finished, granted
from tests.people import make_person
from tests.uploads.stored_objects import row
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.models import Inventory, InventoryNight

pytestmark = pytest.mark.django_db
QUERIES = 18


@pytest.fixture
def counted(ladera) -> Inventory:
    inventory = Inventory.objects.create(
        deployment=ladera,
        data_type="snapshot_images",
        objects_count=1_234,
        size_bytes=5_600_000_000,
        unaccounted=21,
        outside_season=23,
        taken_at=timezone.now(),
    )
    for day in (1, 2, 5):
        InventoryNight.objects.create(
            inventory=inventory, night=date(2026, 5, day), objects_count=400, size_bytes=2_000_000
        )
    return inventory


def test_what_the_store_holds(page, ladera, counted):
    text = page.get(url("deployment_change", ladera.pk)).content.decode()
    assert "1,234</strong> objects" in text
    assert "5.6\N{NO-BREAK SPACE}GB" in text
    link = f'href="/admin/uploads/inventory/{counted.pk}/change/"'
    for number in (21, 23):
        assert f'<a class="cockpit-warn" {link}>{number}</a>' in text
    assert 'class="shade-0 gap" title="2026-05-03: 0 files"' in text
    assert "2 without any between them" in text
    assert text.count("not counted yet") == 3


def test_what_changed_or_vanished_leads_to_its_list(page, ladera, colleague, counted):
    files = [row(ladera, colleague, name) for name in ("a.jpg", "b.jpg", "c.jpg")]
    for file, status, code in zip(files, ("mismatch", "missing"), ("changed", "vanished"), strict=False):
        statements.settle([RowChange(file.pk, "verified", status, code)])
    text = page.get(url("deployment_change", ladera.pk)).content.decode()
    query = f"?standing=open&amp;deployment__id__exact={ladera.pk}&amp;data_type__exact=snapshot_images"
    assert text.count(f'<a class="cockpit-warn" href="/admin/uploads/drift/{query}">1</a>') == 2


def test_nothing_counted_and_nobody_yet(page, ladera):
    text = page.get(url("deployment_change", ladera.pk)).content.decode()
    assert "Nothing has been counted yet" in text
    assert "Nobody has uploaded anything to it yet" in text
    assert "No partner may upload into" in text


def test_its_last_ten_sessions_and_its_people(page, ladera, savanna, colleague, outsider):
    own = [finished(ladera, colleague, uploader_name=f"Person {number}") for number in range(12)]
    foreign = finished(savanna, colleague)
    gone = make_person("gone", "Partners", ladera.bucket, is_active=False)
    text = page.get(url("deployment_change", ladera.pk)).content.decode()
    shown = [f"/admin/uploads/uploadsession/{session.pk}/change/" in text for session in own]
    assert shown == [False] * 2 + [True] * 10
    assert f"/uploadsession/{foreign.pk}/" not in text
    assert f"/admin/uploads/uploadsession/?deployment__id__exact={ladera.pk}" in text
    assert "colleague@example.org" in text
    assert f"/accounts/user/{gone.pk}/" not in text
    assert f"/accounts/user/{outsider.pk}/" not in text


def test_queries_do_not_grow(page, ladera, counted, colleague, django_assert_max_num_queries):
    here = url("deployment_change", ladera.pk)
    for number in range(12):
        finished(ladera, colleague, uploader_name=f"Person {number}")
        make_person(f"partner{number}", "Partners", ladera.bucket)
    for data_type in ("motion_images", "audible_recordings", "ultrasound_recordings"):
        inventory = Inventory.objects.create(deployment=ladera, data_type=data_type, taken_at=timezone.now())
        InventoryNight.objects.create(inventory=inventory, night=date(2026, 5, 1), objects_count=1, size_bytes=1)
    granted(ladera, colleague, minutes_left=5)
    page.get(here)
    with django_assert_max_num_queries(QUERIES) as queries:
        assert page.get(here).status_code == 200
    assert not [query for query in queries.captured_queries if "uploads_uploadlog" in query["sql"]]


@pytest.mark.django_db(transaction=True)
def test_counting_again_is_ordered_from_a_worker(empty_queue, page, ladera):
    count_again = url("deployment_count_again", ladera.pk)
    page.get(count_again)
    assert jobs() == 0
    assert "A worker counts it again" in said(page.post(count_again))
    assert jobs() == len(ladera.bucket.data_types)


def jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'uploads.take_inventory'")
        return cursor.fetchone()[0]
