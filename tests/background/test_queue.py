"""No job is held up for ever: by its own twin, by a worker that is gone, or by one that it takes down with it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from amiportal.background.jobs import ROUNDS
from amiportal.background.queue import STALLED_AT_MOST
from amiportal.background.worker import LastingWorker
from amiportal.operations.doctor.tasks import recover_stalled_jobs_task
from uploads.tasks.upkeep import order_inventory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_queue")]


def make_worker(silent_s: int = 0) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 s') RETURNING id",
            [silent_s],
        )
        return cursor.fetchone()[0]


def begin(job: ProcrastinateJob, worker: int, **values) -> None:
    values = {"status": "doing", "worker_id": worker} | values
    columns = ", ".join(f"{name} = %s" for name in values)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE procrastinate_jobs SET {columns} WHERE id = %s", [*values.values(), job.pk])


def fetch(worker: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", [worker])
        return cursor.fetchone()[0]


def recover() -> None:
    # In a thread of its own: Playwright's event loop, if browser tests ran before, holds this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(async_to_sync(recover_stalled_jobs_task.func), timestamp=0).result()


def statuses() -> dict[int, str]:
    return dict(ProcrastinateJob.objects.values_list("pk", "status"))


def ordered(deployment_id: str) -> ProcrastinateJob:
    order_inventory(deployment_id=deployment_id, data_type="snapshot_images")
    return ProcrastinateJob.objects.order_by("-pk").first()


def test_a_stalled_job_whose_twin_waits_holds_up_neither_it_nor_other_stalled_jobs():
    dead = make_worker(silent_s=600)
    first = ordered("dep000001")
    begin(first, dead)
    twin = ordered("dep000001")  # a maintainer counts again, or the night's plan comes
    other = ordered("dep000002")
    begin(other, dead)
    recover()
    assert statuses() == {first.pk: "aborted", twin.pk: "todo", other.pk: "todo"}
    alive = make_worker()
    assert {fetch(alive), fetch(alive)} == {twin.pk, other.pk}
    recover()
    assert statuses() == {first.pk: "aborted", twin.pk: "doing", other.pk: "doing"}


def test_a_job_that_somebody_else_took_up_meanwhile_does_not_end_the_recovery(monkeypatch):
    dead = make_worker(silent_s=600)
    first, second = ordered("dep000001"), ordered("dep000002")
    for job in (first, second):
        begin(job, dead)
    honest = app.job_manager.get_stalled_jobs

    async def overtaken():
        stalled = await honest()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(begin, first, dead, status="succeeded").result()
        return stalled

    monkeypatch.setattr(app.job_manager, "get_stalled_jobs", overtaken)
    recover()
    assert statuses() == {first.pk: "succeeded", second.pk: "todo"}


def test_a_job_that_takes_its_workers_down_ends_as_failed():
    job = ordered("dep000001")
    begin(job, make_worker(silent_s=600), attempts=STALLED_AT_MOST - 1)
    recover()
    assert statuses() == {job.pk: "todo"}
    begin(job, make_worker(silent_s=600))
    recover()
    assert statuses() == {job.pk: "failed"}


def test_an_order_does_not_wait_for_the_next_try_of_one_that_failed():
    job = ordered("dep000001")
    begin(job, make_worker(), status="todo", attempts=5)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '4 hours'")
    assert fetch(make_worker()) is None
    assert ordered("dep000001").pk == job.pk
    assert fetch(make_worker()) == job.pk


def test_rounds_come_before_a_nights_counts():
    count = ordered("dep000001")
    app.tasks["uploads.settle_expired_grants"].defer(timestamp=0)
    assert fetch(make_worker()) != count.pk


def test_every_round_is_declared_in_the_one_way():
    rounds = {periodic.task.name: periodic.task for periodic in app.periodic_registry.periodic_tasks.values()}
    assert {"doctor.look", "uploads.plan_inventories", "snapshots.keep"} <= rounds.keys()
    for name, task in rounds.items():
        assert (task.queue, task.queueing_lock) == (ROUNDS, name)
        assert task.retry_strategy is not None, name
    # It frees what others hold: held itself, by a worker that is gone, it could free nothing.
    assert rounds["doctor.recover_stalled_jobs"].lock is None


def test_a_job_that_was_given_to_a_worker_in_an_answer_that_never_came_is_found(monkeypatch):
    monkeypatch.setattr("amiportal.background.worker.LOST_JOBS_S", 0.01)
    worker = LastingWorker(app=app)
    worker.worker_id = make_worker()
    lost, running = ordered("dep000001"), ordered("dep000002")
    for job in (lost, running):
        begin(job, worker.worker_id)
    worker._running_jobs = {None: SimpleNamespace(job=SimpleNamespace(id=running.pk))}

    async def look() -> None:
        looking = asyncio.create_task(worker._look_for_lost_jobs())
        for _ in range(500):
            await asyncio.sleep(0.02)
            if await sync_to_async(statuses)() == {lost.pk: "todo", running.pk: "doing"}:
                break
        looking.cancel()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(async_to_sync(look)).result()
    assert statuses() == {lost.pk: "todo", running.pk: "doing"}
