"""One a day by itself, kept by rule, and no leftovers."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone

from amiportal.background.models import LeftOver
from amiportal.core.errors import StoreUnavailable
from amiportal.objectstore import portal_files
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.retention import outlived
from amiportal.operations.snapshots.services import SnapshotFailed, keep_snapshots, read_snapshot, take_snapshot
from amiportal.operations.snapshots.tasks import keep_snapshots_task
from tests.faultproxy import FaultProxy
from tests.faults import Status, always, never

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_Reason, _State = Snapshot.Reason, Snapshot.State


def made(days_ago: float, reason=_Reason.DAILY, state=_State.READY) -> Snapshot:
    snapshot = Snapshot(reason=reason, state=state, taken_at=NOW - timedelta(days=days_ago))
    snapshot.pk = made.number = made.number + 1
    return snapshot


made.number = 0


def kept(snapshots: list[Snapshot]) -> list[Snapshot]:
    gone = {s.pk for s in outlived(random.sample(snapshots, len(snapshots)), now=NOW)}
    return [s for s in snapshots if s.pk not in gone]


def test_thirty_days_and_the_first_of_twelve_months():
    snapshots = [made(day) for day in range(800)]
    left = kept(snapshots)
    assert left[:30] == snapshots[:30]
    firsts = [s.taken_at.date().isoformat() for s in left[30:]]
    assert [first[-2:] for first in firsts] == ["01"] * len(firsts)
    assert (firsts[0], firsts[-1]) == ("2026-10-01", "2025-12-01")  # November's first is among the 30


def test_after_a_long_sleep_none_is_lost():
    snapshots = [made(400 + day) for day in range(30)]
    assert kept(snapshots) == snapshots


def test_the_first_of_a_month_need_not_be_its_first_day():
    early, later = made(40), made(35)  # 13 and 18 October
    assert early in kept([made(day) for day in range(30)] + [early, later])
    assert later not in kept([made(day) for day in range(30)] + [early, later])


@pytest.mark.parametrize(
    ("reason", "days", "stays"), [("import", 29, True), ("import", 31, False), ("restore", 31, False)]
)
def test_before_a_write_for_thirty_days(reason, days, stays):
    snapshot = made(days, reason)
    assert (snapshot in kept([made(0), snapshot])) == stays


def test_by_hand_until_removed_and_the_newest_always():
    by_hand, failed = made(4000, _Reason.HAND), made(31, _Reason.HAND, _State.FAILED)
    assert kept([made(0), by_hand, failed])[1:] == [by_hand]
    alone = made(300, _Reason.IMPORT)
    assert kept([alone]) == [alone]


# --- By the hour ----------------------------------------------------------------------------------------------


def files(store) -> set[str]:
    listed = store.list_objects_v2(Bucket=settings.PORTAL_FILES_BUCKET, Prefix="snapshots/")
    return {item["Key"] for item in listed.get("Contents", [])}


@pytest.mark.django_db
def test_one_a_day_however_often_it_runs():
    keep_snapshots_task(0)
    keep_snapshots_task(0)
    snapshot = Snapshot.objects.get()
    assert (snapshot.reason, snapshot.state, snapshot.taken_by) == ("daily", "ready", None)
    Snapshot.objects.update(taken_at=timezone.now() - timedelta(days=1))
    assert keep_snapshots() is not None
    assert Snapshot.objects.count() == 2


@pytest.mark.django_db
def test_what_has_outlived_the_rule_goes_with_its_file(store):
    first = keep_snapshots()
    Snapshot.objects.filter(pk=first.pk).update(reason="import", taken_at=timezone.now() - timedelta(days=40))
    second = keep_snapshots()
    third = keep_snapshots()
    assert third is None
    assert list(Snapshot.objects.all()) == [second]
    assert first.file not in files(store)
    assert second.file in files(store)
    assert read_snapshot(second).rows["allocation"]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["taking", "going"])
def test_what_was_left_half_way_goes_with_its_file(store, state):
    name = portal_files.save_file("snapshots/half-way", ContentFile(b"half"))
    old = timezone.now() - timedelta(hours=2)
    Snapshot.objects.create(state=state, reason="hand", file=name, taken_at=old)
    never_written = Snapshot.objects.create(state=state, reason="hand", file="snapshots/never", taken_at=old)
    young = Snapshot.objects.create(state="taking", reason="hand", file="snapshots/young")
    keep_snapshots()
    assert name not in files(store)
    assert not Snapshot.objects.filter(pk=never_written.pk).exists()
    assert set(Snapshot.objects.values_list("state", flat=True)) == {"ready", "taking"}
    assert Snapshot.objects.filter(pk=young.pk).exists()


@pytest.mark.django_db
def test_a_failed_day_leaves_one_row_and_is_made_good(storage_is_away):
    for _ in range(2):
        with pytest.raises((SnapshotFailed, StoreUnavailable)):
            keep_snapshots()
    assert Snapshot.objects.filter(state="failed").count() == 1


@pytest.mark.django_db
def test_a_failure_is_forgotten_when_it_is_made_good():
    Snapshot.objects.create(state="failed", reason="daily", file="snapshots/none", error="away")
    keep_snapshots()
    assert list(Snapshot.objects.values_list("state", flat=True)) == ["ready"]


@pytest.mark.django_db(transaction=True)
def test_what_the_store_does_not_let_go_keeps_neither_the_days_snapshot_nor_other_removals(storage, store):
    """Such as a bucket under object lock, or a key without the right to delete."""
    old, other = (take_snapshot(actor=None, reason=_Reason.IMPORT) for _ in range(2))
    Snapshot.objects.update(taken_at=timezone.now() - timedelta(days=31))
    young = take_snapshot(actor=None, reason=_Reason.HAND)
    Snapshot.objects.filter(pk=young.pk).update(taken_at=timezone.now() - timedelta(days=2))
    with FaultProxy(settings.S3_ENDPOINT_URL) as proxy:
        storage(endpoint_url=proxy.url)
        proxy.fault = always(Status(403, "AccessDenied"), method="DELETE", key=old.file)
        daily = keep_snapshots()
        assert (daily.reason, daily.state) == ("daily", "ready")
        assert keep_snapshots() is None
        assert daily.file in files(store)
        assert other.file not in files(store)
        assert set(Snapshot.objects.all()) == {old, young, daily}
        left = LeftOver.objects.get()
        assert (left.item, left.tries) == (old.file, 2)
        proxy.fault = never
        keep_snapshots()
    assert old.file not in files(store)
    assert set(Snapshot.objects.all()) == {young, daily}
    assert not LeftOver.objects.exists()
