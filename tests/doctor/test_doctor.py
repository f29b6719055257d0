"""The doctor tells what is broken and what to do, remembers since when, and mails what changes."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from amiportal.objectstore import roundtrip
from amiportal.objectstore.buckets import ensure_bucket
from amiportal.operations.doctor import machine
from amiportal.operations.doctor.models import Finding
from amiportal.operations.doctor.observations import Observation, State
from amiportal.operations.doctor.services import examine, record
from deployments.models import Bucket
from tests.faultproxy import FaultProxy
from tests.faults import Status, always
from uploads.models import ObjectContent, UploadFailure


@pytest.fixture
def trials(empty_queue, bucket, settings) -> Bucket:
    for name in (bucket, "test-upload"):  # the second has a row by migration
        ensure_bucket(name, origins=settings.PORTAL_ORIGINS)
    return Bucket.objects.create(name=bucket, title="Trials", is_test=True)


@pytest.fixture
def worker(db) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")


def seen(subject: str) -> Observation:
    return {observation.subject: observation for observation in examine()}[subject]


def test_all_is_well_and_the_round_trip_leaves_nothing(trials, worker, store):
    states = {observation.subject: observation.state for observation in examine()}
    assert states.pop("mail") == State.WARN  # no server is set in tests
    assert states.pop("disk") in (State.OK, State.WARN)
    assert {subject: state for subject, state in states.items() if state != State.OK} == {}
    assert f"bucket {trials.name}" in states
    assert "Contents" not in store.list_objects_v2(Bucket=trials.name)


def test_a_store_that_is_away_is_one_fault_and_not_one_per_bucket(trials, worker, settings):
    before = record(examine())
    assert len(before) > 5
    honest = settings.S3_ENDPOINT_URL
    with FaultProxy(honest, fault=always(Status(503))) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        settings.S3_MAX_ATTEMPTS = 1
        changes = record(examine())
    assert [(change.finding.subject, change.before, change.finding.state) for change in changes] == [
        ("store", State.OK, State.BAD)
    ]
    assert Finding.objects.get(subject=f"bucket {trials.name}").state == State.OK
    settings.S3_ENDPOINT_URL = honest
    assert [change.finding.subject for change in record(examine())] == ["store"]


def test_a_bucket_that_vanished(trials, worker, store):
    store.delete_bucket(Bucket=trials.name)
    assert seen(f"bucket {trials.name}").state == State.BAD
    assert "Create or check in the store" in seen(f"bucket {trials.name}").remedy
    assert seen("round trip").state == State.BAD
    store.create_bucket(Bucket=trials.name)


def test_bytes_that_come_back_changed(trials, monkeypatch):
    monkeypatch.setattr(roundtrip.secrets, "token_bytes", lambda size: bytearray(b"x" * size))
    honest = roundtrip.call
    monkeypatch.setattr(roundtrip, "call", lambda *a, **k: type(honest(*a, **k))(200, {}, b"y" * 1_000))
    assert seen("round trip").state == State.BAD


def test_no_worker_and_a_silent_one(trials):
    assert seen("worker").state == State.BAD
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '5 minutes')")
    assert "5 minutes ago" in seen("worker").told


def test_jobs_that_wait_for_long(trials, worker):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) "
            "VALUES ('default', 'x', now() - interval '1 hour')"
        )
    assert seen("queue").state == State.WARN
    assert seen("queue").told.startswith("1 job waits, 0 jobs failed")


def test_failures_that_clients_reported(trials, worker, maintainer):
    UploadFailure.objects.create(account=maintainer, code="network")
    old = UploadFailure.objects.create(account=maintainer, code="network")
    UploadFailure.objects.filter(pk=old.pk).update(reported_at=timezone.now() - timedelta(days=2))
    assert seen("uploads").state == State.WARN
    assert seen("uploads").told.startswith("1 failures were reported by 1 accounts")


def test_objects_that_nobody_could_read(trials, worker):
    assert seen("contents").state == State.OK
    now = timezone.now()
    asked = {"bucket": "pan", "etag": "e-2", "size_bytes": 5, "try_at": now}
    ObjectContent.objects.create(key="dep000001/snapshot_images/new.jpg", asked_at=now, **asked)
    assert seen("contents").state == State.OK
    long_ago = now - timedelta(days=2)
    ObjectContent.objects.create(key="dep000001/snapshot_images/a.jpg", asked_at=long_ago, error="Too slow.", **asked)
    assert seen("contents").state == State.WARN
    assert "pan/dep000001/snapshot_images/a.jpg. Too slow." in seen("contents").told
    ObjectContent.objects.update(md5="0" * 32, read_at=now)
    assert seen("contents").state == State.OK


@pytest.mark.parametrize(("days", "state"), [(61, State.OK), (60, State.WARN), (0, State.WARN), (-1, State.BAD)])
def test_the_stores_key_is_warned_of_sixty_days_before(trials, settings, days, state):
    settings.S3_KEY_EXPIRES_ON = timezone.now().date() + timedelta(days=days)
    assert seen("store key").state == state


@pytest.mark.parametrize(("ahead_s", "state"), [(0.0, State.OK), (-31.0, State.WARN), (400.0, State.BAD)])
def test_clocks_that_are_apart(trials, monkeypatch, ahead_s, state):
    monkeypatch.setattr("amiportal.operations.doctor.store.clock_difference_s", lambda bucket: ahead_s)
    assert seen("clock").state == state


def test_a_full_disk(trials, monkeypatch):
    monkeypatch.setattr(machine, "DISK_BAD_FREE", 1.1)
    assert seen("disk").state == State.BAD


def test_since_stays_while_the_state_does(db):
    record([Observation("a", "A", State.BAD, "first")])
    first = Finding.objects.get()
    assert record([Observation("a", "A", State.BAD, "second")]) == []
    again = Finding.objects.get()
    assert (again.since, again.told) == (first.since, "second")
    assert again.checked_at > first.checked_at
    record([Observation("b", "B", State.OK, "")])
    assert [row.subject for row in Finding.objects.all()] == ["b"]


def test_the_command_ends_with_1_when_something_is_broken(trials, worker):
    out = io.StringIO()
    call_command("doctor", stdout=out)
    assert "ok    Object store: Answers" in out.getvalue()
    connection.cursor().execute("DELETE FROM procrastinate_workers")
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)
    assert ended.value.code == 1
    assert "manage.py procrastinate worker" in out.getvalue()
