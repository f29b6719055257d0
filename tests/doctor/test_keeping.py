"""Room in the store, the allocation's end, the last snapshot and the inventories, each with its bound."""

from datetime import timedelta

import pytest
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.objectstore.models import Allocation
from amiportal.operations.doctor import keeping
from amiportal.operations.doctor.observations import Observation, State
from amiportal.operations.snapshots.models import Snapshot
from deployments.models import Bucket, Deployment
from uploads.models import Inventory

pytestmark = pytest.mark.django_db
TB = 10**12


def seen(subject: str) -> Observation:
    return {observation.subject: observation for observation in keeping.examine_keeping()}[subject]


def held(deployment, **values) -> Inventory:
    return Inventory.objects.create(
        **{"deployment": deployment, "data_type": "snapshot_images", "taken_at": timezone.now()} | values
    )


def snapshot(*, hours_ago: float, **values) -> Snapshot:
    whole = {"state": "ready", "sha256": "0" * 64, "size_bytes": 1, "file": "x", "rows": 1_234}
    taken_at = timezone.now() - timedelta(hours=hours_ago)
    return Snapshot.objects.create(**{"reason": "daily", "taken_at": taken_at} | whole | values)


@pytest.mark.parametrize(
    ("tb", "state"), [(0, "ok"), (79, "ok"), (80, "warn"), (94, "warn"), (95, "bad"), (101, "bad")]
)
def test_the_store_is_warned_of_at_eighty_percent(ladera, tb, state):
    Allocation.objects.update(size_tb=100)
    held(ladera, size_bytes=tb * TB)
    room = seen("storage")
    assert (room.state, room.is_certain) == (state, True)
    assert room.told == f"{tb}% of the allocation is used: {tb:.1f} of 100 TB."


@pytest.mark.parametrize(("days", "state"), [(61, "ok"), (60, "warn"), (0, "warn"), (-1, "bad")])
def test_the_allocations_end_is_warned_of_sixty_days_before(days, state):
    ends_on = timezone.now().date() + timedelta(days=days)
    Allocation.objects.update(ends_on=ends_on)
    assert seen("allocation end").state == state
    assert str(ends_on) in seen("allocation end").told


@pytest.mark.parametrize(("hours", "state"), [(0.1, "ok"), (25, "ok"), (27, "warn"), (73, "bad")])
def test_a_snapshot_a_day(hours, state):
    snapshot(hours_ago=hours)
    assert seen("snapshot").state == state
    assert seen("snapshot").told.startswith("1,234 rows were copied ")


def test_no_snapshot_yet_is_well_on_the_first_day_alone(maintainer):
    assert seen("snapshot").state == State.OK
    User.objects.update(date_joined=timezone.now() - timedelta(hours=27))
    assert seen("snapshot").state == State.WARN


def test_a_snapshot_that_failed_until_the_next_one(maintainer):
    failed = {"state": "failed", "sha256": "", "file": "", "error": "The store does not answer."}
    snapshot(hours_ago=5, **failed)
    assert seen("snapshot").state == State.WARN
    snapshot(hours_ago=6)
    assert seen("snapshot").state == State.WARN
    assert "The store does not answer." in seen("snapshot").told
    snapshot(hours_ago=4)
    assert seen("snapshot").state == State.OK


def test_inventories_that_are_old_or_failed(ladera, savanna):
    held(ladera)
    row = held(savanna, taken_at=timezone.now() - timedelta(hours=71))
    assert (seen("inventory").state, seen("inventory").told) == (State.OK, "2 counted, the oldest 2 days ago.")
    row.error = "The store does not answer."
    row.save()
    assert seen("inventory").state == State.WARN
    assert "1 could not be counted again" in seen("inventory").told
    row.error, row.taken_at = "", timezone.now() - timedelta(hours=73)
    row.save()
    assert seen("inventory").state == State.WARN
    # Of a data type that is no longer taken there nothing is counted, and nobody waits for it.
    Bucket.objects.filter(pk=savanna.bucket_id).update(data_types=["audible_recordings"])
    assert seen("inventory").state == State.OK


def test_deployments_that_were_never_counted(ladera, savanna):
    held(ladera)
    assert seen("inventory").state == State.OK  # the other is new
    Deployment.objects.update(created_at=timezone.now() - timedelta(days=4))
    Deployment.objects.exclude(pk__in=[ladera.pk, savanna.pk]).update(created_at=timezone.now())
    assert seen("inventory").state == State.WARN
    assert "1 deployments were never counted" in seen("inventory").told


def test_few_queries(ladera, savanna, django_assert_num_queries):
    held(ladera)
    held(savanna)
    snapshot(hours_ago=1)
    with django_assert_num_queries(7):
        assert len(list(keeping.examine_keeping())) == 4
