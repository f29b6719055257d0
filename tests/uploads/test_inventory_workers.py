"""Workers as processes of their own: they share the prefixes, and a killed one's count is made again and whole."""

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from amiportal.operations.doctor.tasks import recover_stalled_jobs_task
from tests.faultproxy import FaultProxy
from tests.faults import PATIENCE_S, Held, error_answer
from tests.uploads import stored_objects
from tests.workers import Worker, database_of_tests
from uploads.models import Inventory
from uploads.tasks.upkeep import order_inventory

pytestmark = pytest.mark.django_db(transaction=True)
DATA_TYPES = ("snapshot_images", "audible_recordings", "ultrasound_recordings")


@pytest.fixture
def held(settings) -> Iterator[tuple[FaultProxy, Held]]:
    """The proxy before the store, and a fault that holds what it is given."""
    held = Held()
    with FaultProxy(settings.S3_ENDPOINT_URL) as proxy:
        yield proxy, held
        held.go.set()


@pytest.fixture
def start_worker(empty_queue, held, tmp_path) -> Iterator[Callable[[], subprocess.Popen]]:
    """Starts a worker at the tests' database, which ends when no job is left for it."""
    # The rounds of the schedule, which a worker begins with, are none of these tests' business.
    options = ["--one-shot", "--concurrency=1", "--queues=default"]
    started = []

    def start() -> subprocess.Popen:
        log = tmp_path / "worker.log"
        started.append(Worker(database_of_tests(), log, *options, S3_ENDPOINT_URL=held[0].url))
        return started[-1].process

    yield start
    for worker in started:
        worker.kill()


def jobs() -> dict[str, tuple[str, int]]:
    """Data type -> (status, attempts) of the counts."""
    rows = ProcrastinateJob.objects.filter(task_name="uploads.take_inventory")
    return {job.args["data_type"]: (job.status, job.attempts) for job in rows}


def test_while_one_worker_is_held_up_another_counts_the_rest(site, store, held, start_worker):
    proxy, fault = held
    for data_type in DATA_TYPES:
        stored_objects.put(store, site.deployment, "20250714220000.x", data_type=data_type)
        order_inventory(deployment_id=site.deployment.deployment_id, data_type=data_type)
    slow = f"dep000119/{DATA_TYPES[0]}/"
    proxy.fault = lambda request: fault if request.query.get("prefix") == slow else None
    first = start_worker()
    assert fault.begun.wait(PATIENCE_S)
    second = start_worker()
    assert second.wait(PATIENCE_S) == 0
    assert jobs() == dict.fromkeys(DATA_TYPES, ("succeeded", 1)) | {DATA_TYPES[0]: ("doing", 0)}
    assert set(Inventory.objects.values_list("data_type", flat=True)) == set(DATA_TYPES[1:])
    fault.go.set()
    assert first.wait(PATIENCE_S) == 0
    assert jobs() == dict.fromkeys(DATA_TYPES, ("succeeded", 1))
    assert set(Inventory.objects.values_list("objects_count", flat=True)) == {1}
    listed = [request.query["prefix"] for request in proxy.seen if request.is_listing]
    assert sorted(listed) == sorted(f"dep000119/{data_type}/" for data_type in DATA_TYPES)  # none counted twice


def test_a_killed_workers_count_is_made_anew_and_nothing_of_the_half_is_kept(site, store, held, start_worker):
    proxy, fault = held
    names = [f"{number:05d}.jpg" for number in range(1_001)]  # two pages
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: stored_objects.put(store, site.deployment, name, b"1"), names))
    order_inventory(deployment_id=site.deployment.deployment_id, data_type="snapshot_images")
    proxy.fault = lambda request: fault if "continuation-token" in request.query else None
    victim = start_worker()
    assert fault.begun.wait(PATIENCE_S)
    victim.kill()
    victim.wait()
    assert jobs() == {"snapshot_images": ("doing", 0)}
    assert not Inventory.objects.exists()
    fault.go.set()
    with connection.cursor() as cursor:  # the time until the silence is noticed goes by
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    # In a thread of its own: Playwright's event loop, if browser tests ran before, holds this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(async_to_sync(recover_stalled_jobs_task.func), timestamp=0).result()
    assert start_worker().wait(PATIENCE_S) == 0
    assert jobs()["snapshot_images"][0] == "succeeded"
    assert Inventory.objects.get().objects_count == 1_001


def test_a_count_that_fails_while_it_was_ordered_again_holds_up_neither_that_order_nor_its_prefix(
    site, store, held, start_worker
):
    proxy, fault = held
    fault.instead = error_answer(403, "AccessDenied")
    proxy.fault = lambda request: None if fault.go.is_set() else fault
    for data_type in DATA_TYPES[:2]:
        stored_objects.put(store, site.deployment, "20250714220000.x", data_type=data_type)
    where = {"deployment_id": site.deployment.deployment_id}
    order_inventory(**where, data_type=DATA_TYPES[0])
    worker = start_worker()
    assert fault.begun.wait(PATIENCE_S)
    order_inventory(**where, data_type=DATA_TYPES[0])  # a maintainer counts again
    order_inventory(**where, data_type=DATA_TYPES[1])
    fault.go.set()
    assert worker.wait(PATIENCE_S) == 0
    counts = ProcrastinateJob.objects.filter(task_name="uploads.take_inventory").order_by("pk")
    first, second = DATA_TYPES[:2]
    ended = [(first, "failed"), (first, "succeeded"), (second, "succeeded")]
    assert list(counts.values_list("args__data_type", "status")) == ended
    assert list(Inventory.objects.values_list("objects_count", "error")) == [(1, ""), (1, "")]
