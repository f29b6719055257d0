"""The admin's front page: true figures, links that lead to what they count, and few queries."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from amiportal.objectstore.models import Allocation
from amiportal.operations import dashboard
from deployments.models import Deployment
from uploads.models import Inventory, StorageDay, UploadFailure, UploadLog, UploadSession
from uploads.services.inventory import note_storage_day

pytestmark = pytest.mark.django_db
TB = 10**12
MOST_QUERIES = 16


@pytest.fixture
def admin_client(maintainer) -> Client:
    client = Client()
    client.force_login(maintainer)
    return client


def session(account, deployment, **values) -> UploadSession:
    now = timezone.now()
    return UploadSession.objects.create(
        **{"account": account, "deployment": deployment, "data_type": "snapshot_images"}
        | {"started_at": now - timedelta(days=40), "last_seen_at": now}
        | values
    )


def held(deployment, size_bytes: int, **values) -> Inventory:
    return Inventory.objects.create(
        deployment=deployment,
        data_type="snapshot_images",
        objects_count=2,
        size_bytes=size_bytes,
        taken_at=timezone.now(),
        **values,
    )


def test_an_empty_portal_says_what_to_do(admin_client):
    text = admin_client.get("/admin/").content.decode()
    assert "of 280\N{NO-BREAK SPACE}TB" in text
    assert "Nothing has been counted yet" in text
    assert "Nobody has uploaded anything yet" in text
    assert "The forecast comes with a week of counts" in text


def test_few_queries_however_much_there_is(admin_client, colleague, ladera, savanna):
    for deployment in (ladera, savanna):
        held(deployment, TB)
        for _ in range(5):
            session(colleague, deployment)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert admin_client.get("/admin/").status_code == 200
    assert len(queries) <= MOST_QUERIES


def test_storage_against_the_allocation(ladera, savanna):
    held(ladera, 42 * TB)
    held(savanna, 28 * TB)
    today = date(2026, 6, 30)
    for number in range(10):
        StorageDay.objects.create(
            day=today - timedelta(days=number), bucket=ladera.bucket, objects_count=1, size_bytes=(70 - number) * TB
        )
    figures = dashboard.storage(today, list(Inventory.objects.all()))
    assert (figures["used"], figures["percent"], figures["nearly_full"]) == (70 * TB, 25.0, False)
    assert figures["per_day"] == pytest.approx(TB)
    assert figures["full_on"] == today + timedelta(days=210)
    assert figures["full_before_end"]
    Allocation.objects.update(size_tb=80)
    figures = dashboard.storage(today, list(Inventory.objects.all()))
    assert figures["nearly_full"]
    assert figures["full_on"] == today + timedelta(days=10)


@pytest.mark.parametrize("sizes", [[5] * 6, [5] * 10, [9, 8, 7, 6, 5, 4, 3]])
def test_no_forecast_from_too_few_days_or_without_growth(ladera, sizes):
    today = date(2026, 6, 30)
    for number, size in enumerate(sizes):
        StorageDay.objects.create(
            day=today - timedelta(days=len(sizes) - number), bucket=ladera.bucket, objects_count=1, size_bytes=size
        )
    assert dashboard.storage(today, list(Inventory.objects.all()))["full_on"] is None


def test_sessions_by_how_they_do(colleague, ladera):
    now = timezone.now()
    session(colleague, ladera)
    session(colleague, ladera, last_seen_at=now - timedelta(days=2))
    session(colleague, ladera, last_seen_at=now - timedelta(days=31))
    session(colleague, ladera, finished_at=now)
    session(colleague, ladera, is_legacy=True)
    UploadFailure.objects.create(account=colleague, code="network")
    assert dashboard.sessions(now) == {"under_way": 1, "stuck": 1, "failed": 1}


def test_files_per_day_with_the_empty_days(colleague, ladera):
    today = datetime.now(UTC).date()
    opened = session(colleague, ladera)
    for number, (days_ago, status) in enumerate(
        [(0, "verified"), (0, "verified"), (3, "unproven"), (3, "failed"), (40, "verified")]
    ):
        moment = timezone.now() - timedelta(days=days_ago)
        UploadLog.objects.create(
            session=opened,
            deployment=ladera,
            data_type="snapshot_images",
            filename=f"{number}.jpg",
            size_bytes=1,
            md5="0" * 32,
            etag="x",
            status=status,
            granted_at=moment,
            stored_at=moment,
            verified_at=moment,
        )
    bars = dashboard.uploads_by_day(today)
    assert len(bars) == 30
    assert [(bar.label, bar.value, bar.share) for bar in bars if bar.value] == [
        (str(today - timedelta(days=3)), 1, 50.0),
        (str(today), 2, 100.0),
    ]


def test_each_todo_leads_to_exactly_what_it_counts(admin_client, ladera, savanna, colleague):
    old = timezone.now() - timedelta(days=100)
    Deployment.objects.update(created_at=old, hardware=None, latitude=None, longitude=None, first_day=None)
    Deployment.objects.filter(pk__in=[ladera.pk, savanna.pk]).update(status="active")
    session(colleague, ladera)
    held(ladera, 1, undecided=3, unaccounted=1)
    for todo in dashboard.todos(timezone.now(), list(Inventory.objects.all())):
        page = admin_client.get(todo.link)
        assert page.status_code == 200, todo.link
        rows = [row for row in page.context["cl"].result_list if getattr(row, "deployment_id", "") != "dep_test"]
        assert len(rows) == todo.number, todo.text


def test_a_days_storage_is_kept_once(ladera, savanna):
    held(ladera, 5)
    held(savanna, 7)
    day = date(2026, 6, 30)
    assert note_storage_day(day=day) == 2
    Inventory.objects.filter(deployment=ladera).update(size_bytes=9)
    note_storage_day(day=day)
    assert dict(StorageDay.objects.values_list("bucket__name", "size_bytes")) == {
        ladera.bucket.name: 9,
        savanna.bucket.name: 7,
    }
