"""Background work in the admin: readable, stalled ones told apart, failed ones run again by POST alone."""

import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from amiportal.operations.doctor.jobs import NotRunAgain, about, run_again, title_of

pytestmark = pytest.mark.django_db
LIST = "/admin/procrastinate/procrastinatejob/"


@pytest.fixture
def admin_client(maintainer, empty_queue) -> Client:
    client = Client()
    client.force_login(maintainer)
    return client


def job(status: str, *, lock: str | None = None, worker: int | None = None, args: str = "{}") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, queueing_lock, worker_id, args, attempts) "
            "VALUES ('default', 'uploads.take_inventory', %s, %s, %s, %s, 1) RETURNING id",
            [status, lock, worker, args],
        )
        return cursor.fetchone()[0]


def worker(*, silent_s: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second') RETURNING id",
            [silent_s],
        )
        return cursor.fetchone()[0]


def status_of(pk: int) -> str:
    return ProcrastinateJob.objects.get(pk=pk).status


def test_words_for_people():
    assert title_of("uploads.take_inventory") == "Uploads: take inventory"
    assert about({"deployment_id": "dep000003", "data_type": "snapshot_images", "timestamp": 17}) == (
        "deployment dep000003, data type snapshot_images"
    )


def test_each_state_has_its_list_and_stalled_ones_are_told_apart(admin_client):
    alive, dead = worker(silent_s=1), worker(silent_s=60)
    jobs = {
        "failed": {job("failed")},
        "todo": {job("todo")},
        "succeeded": {job("succeeded")},
        "doing": {job("doing", worker=alive), job("doing", worker=dead), job("doing")},
    }
    jobs["stalled"] = {max(jobs["doing"]), max(jobs["doing"]) - 1}
    for state, expected in jobs.items():
        response = admin_client.get(LIST, {"state": state})
        assert {row.pk for row in response.context["cl"].result_list} == expected, state
    response = admin_client.get(LIST)
    admin = response.context["cl"].model_admin
    shown = [admin.shown_state(row) for row in response.context["cl"].result_list]
    assert shown == ["stalled", "stalled", "under way", "done", "waiting", "failed"]
    assert "Uploads: take inventory" in response.content.decode()


def test_few_queries_however_many_jobs(admin_client, django_assert_max_num_queries):
    for _ in range(20):
        job("failed", args='{"deployment_id": "dep000003"}')
    with django_assert_max_num_queries(9):
        assert admin_client.get(LIST).status_code == 200


def test_a_failed_job_is_run_again_by_post_alone(admin_client):
    failed = job("failed")
    page = f"{LIST}{failed}/change/"
    assert "Run again" in admin_client.get(page).content.decode()
    address = f"{LIST}{failed}/run_this_again/"
    assert f"{failed} Uploads: take inventory" in admin_client.get(address).content.decode()
    assert status_of(failed) == "failed"
    assert "It waits for a worker now." in admin_client.post(address, follow=True).content.decode()
    assert status_of(failed) == "todo"
    assert "has not failed" in admin_client.post(address, follow=True).content.decode()


def test_several_are_asked_about_and_only_those_that_failed_go(admin_client):
    failed, done, second = job("failed"), job("succeeded"), job("failed")
    chosen = {"action": "run_chosen_again", "_selected_action": [failed, done, second]}
    asked = admin_client.post(LIST, chosen)
    assert "Run 2 failed jobs again" in asked.content.decode()
    assert [status_of(pk) for pk in (failed, done, second)] == ["failed", "succeeded", "failed"]
    told = admin_client.post(LIST, chosen | {"apply": "1"}, follow=True)
    assert "2 jobs wait for a worker now." in told.content.decode()
    assert [status_of(pk) for pk in (failed, done, second)] == ["todo", "succeeded", "todo"]


def test_one_whose_like_is_waiting_already_is_refused(admin_client):
    failed, waiting = job("failed", lock="inventory 3"), job("todo", lock="inventory 3")
    with pytest.raises(NotRunAgain, match="is waiting already"):
        run_again(job=ProcrastinateJob.objects.get(pk=failed))
    assert (status_of(failed), status_of(waiting)) == ("failed", "todo")


@pytest.mark.parametrize("who", ["colleague", "script"])
def test_nobody_else_runs_anything(who, request, empty_queue):
    failed = job("failed")
    client = Client()
    client.force_login(request.getfixturevalue(who))
    assert client.post(f"{LIST}{failed}/run_this_again/").status_code in (302, 403)
    assert status_of(failed) == "failed"
