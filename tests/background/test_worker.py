"""Real workers: their database is restarted or killed, they are taken for dead; and they end well only when asked."""

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings

from tests.faultproxy import FaultProxy
from tests.faults import PATIENCE_S, Held
from tests.workers import Database, Worker, own_database, wait_until

QUICK = ("--queues=default", "--fetch-job-polling-interval=0.5")
UNFINISHED = (
    "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' OR status = 'todo' AND scheduled_at IS NULL"
)
SUCCEEDED = "SELECT DISTINCT task_name FROM procrastinate_jobs WHERE status = 'succeeded'"
ROUNDS_OF_A_START = {"doctor.look", "uploads.settle_expired_grants", "uploads.remove_expired_exports", "snapshots.keep"}
NOTHING_TO_ASK = "uploads.note_storage_day"  # a task that works with the database alone


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Iterator[Database]:
    with own_database(tmp_path_factory.mktemp("database")) as database:
        yield database


@pytest.fixture
def start(database, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Starts a worker at that database."""
    database.forget_all()
    workers: list[Worker] = []

    def start(*options: str, **environment: str) -> Worker:
        workers.append(Worker(database.url, tmp_path / "worker.log", *(options or QUICK), **environment))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


def done(database: Database, job: int) -> Callable[[], bool]:
    return lambda: database.status(job) == "succeeded"


def make_trial_bucket(store) -> None:
    """Another test of this process may have made it."""
    with suppress(store.exceptions.BucketAlreadyOwnedByYou, store.exceptions.BucketAlreadyExists):
        store.create_bucket(Bucket="test-upload")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["restart", "crash"])
def test_a_worker_outlives_a_restart_of_the_database(database, start, how):
    worker = start()
    wait_until(done(database, database.order(NOTHING_TO_ASK)))
    database.stop(how)
    database.start()
    wait_until(done(database, database.order(NOTHING_TO_ASK)))
    assert worker.process.poll() is None, worker.said
    assert worker.stop() == 0


def test_a_job_that_ends_while_the_database_is_away_is_not_left_under_way(database, start, store):
    """The end of the job could not be written when it came; nor may the worker have lost its place meanwhile."""
    held = Held()
    make_trial_bucket(store)
    with FaultProxy(settings.S3_ENDPOINT_URL, fault=lambda request: held if request.is_listing else None) as proxy:
        worker = start(*QUICK, S3_ENDPOINT_URL=proxy.url, S3_READ_TIMEOUT_S="100")
        args = '{"deployment_id": "dep_test", "data_type": "snapshot_images"}'
        count = database.order("uploads.take_inventory", args=args)
        assert held.begun.wait(PATIENCE_S)
        database.stop()
        held.go.set()
        wait_until(lambda: "waits for the database" in worker.said)
        database.start()
        # Its own connection was cut as well: it failed, and is tried again by itself.
        wait_until(done(database, count))
    assert worker.process.poll() is None, worker.said
    assert database.ask("SELECT objects_count, error FROM uploads_inventory") == [(0, "")]
    assert worker.stop() == 0


def test_one_that_was_taken_for_dead_goes_on(database, start):
    """Suspended, or cut off for a while; another that started has removed its row."""
    worker = start()
    wait_until(done(database, database.order(NOTHING_TO_ASK)))
    database.ask("DELETE FROM procrastinate_workers")
    wait_until(done(database, database.order(NOTHING_TO_ASK)))
    assert worker.process.poll() is None, worker.said
    assert len(database.ask("SELECT id FROM procrastinate_workers")) == 1


def test_one_that_cannot_go_on_ends_with_1(database, start):
    worker = start()
    wait_until(done(database, database.order(NOTHING_TO_ASK)))
    database.ask("ALTER FUNCTION procrastinate_fetch_job_v2 RENAME TO gone")
    try:
        assert worker.process.wait(PATIENCE_S) == 1
    finally:
        database.ask("ALTER FUNCTION gone RENAME TO procrastinate_fetch_job_v2")


def test_without_a_database_at_its_start_it_ends_with_1(start, database):
    database.stop()
    try:
        assert start().process.wait(PATIENCE_S) == 1
    finally:
        database.start()


def test_two_workers_and_the_rounds_go_on_when_one_is_killed_and_the_database_restarts(database, start, store):
    """All at once, as in production: rounds of the schedule, counts, one that is ordered again, a death, a restart."""
    held = Held()
    make_trial_bucket(store)

    def hold(request) -> Held | None:
        """A count's listing, and none of the doctor's, who looks at the store in a round of the schedule."""
        return held if request.is_listing and request.query.get("prefix", "").startswith("dep_test/") else None

    with FaultProxy(settings.S3_ENDPOINT_URL, fault=hold) as proxy:
        options = {"S3_ENDPOINT_URL": proxy.url, "S3_READ_TIMEOUT_S": "100"}
        first = start("--fetch-job-polling-interval=0.5", **options)
        assert held.begun.wait(PATIENCE_S)  # a count of the night's plan, which is made up for at the start
        second = start("--fetch-job-polling-interval=0.5", **options)
        first.kill()
        database.stop()
        database.start()
        held.go.set()
        wait_until(done(database, database.order("uploads.plan_inventories", queue="rounds")))
        database.ask(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' "
            "WHERE id = (SELECT worker_id FROM procrastinate_jobs WHERE status = 'doing' ORDER BY id LIMIT 1)"
        )
        database.order("doctor.recover_stalled_jobs", queue="rounds")
        wait_until(lambda: database.ask(UNFINISHED) == [(0,)])
    assert second.process.poll() is None
    assert second.stop() == 0
    ended = database.ask("SELECT task_name, status FROM procrastinate_jobs WHERE status NOT IN ('todo', 'succeeded')")
    # The dead one's job gives way where the one ordered again waits already, and is done again where it does not yet.
    assert ended in ([], [("uploads.take_inventory", "aborted")])
    assert database.ask("SELECT DISTINCT error FROM uploads_inventory") == [("",)]
    assert {name for (name,) in database.ask(SUCCEEDED)} >= ROUNDS_OF_A_START
