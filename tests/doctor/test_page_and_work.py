"""The health page, and jobs whose worker has died."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client

from amiportal.operations.doctor.models import Finding
from amiportal.operations.doctor.observations import Observation, State
from amiportal.operations.doctor.services import record
from amiportal.operations.doctor.tasks import recover_stalled_jobs_task

pytestmark = pytest.mark.django_db


def page_for(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_before_the_first_look_it_says_so_and_looks_on_request(empty_queue, maintainer):
    client = page_for(maintainer)
    assert "Nothing has been looked at yet" in client.get("/admin/health/").content.decode()
    assert Finding.objects.count() == 0
    text = client.post("/admin/health/", follow=True).content.decode()
    assert "Everything was looked at just now." in text
    assert "Object store: Well" in text
    assert "No worker has reported." in text
    assert Finding.objects.count() > 5


def test_what_is_broken_stands_first_with_its_remedy(maintainer):
    record(
        [
            Observation("a", "Disk", State.OK, "Room.", "hidden remedy"),
            Observation("b", "Store", State.BAD, "Silent.", "Ask its operator."),
        ]
    )
    text = page_for(maintainer).get("/admin/health/").content.decode()
    assert text.index("Store: Broken") < text.index("Disk: Well")
    assert "1 broken" in text
    assert "Ask its operator." in text
    assert "hidden remedy" not in text
    assert text.count("since 20") == 2


def test_a_remedy_begins_with_a_link_that_works(maintainer, ladera):
    subjects = ["queue", "uploads", "storage", "allocation end", "snapshot", "inventory", "round trip", "bucket pan"]
    record([Observation(subject, subject, State.WARN, "Look.", "Do.") for subject in [*subjects, "disk"]])
    client = page_for(maintainer)
    findings = {row.subject: row.link for row in client.get("/admin/health/").context["findings"]}
    assert findings.pop("disk") == ""
    for subject, link in findings.items():
        assert client.get(link, follow=True).status_code == 200, subject
    buckets = client.get(findings["bucket pan"]).context["cl"].result_list
    assert [bucket.name for bucket in buckets] == ["pan"]


def test_few_queries_however_many_findings(maintainer, django_assert_max_num_queries):
    record([Observation(f"bucket {number}", "Bucket", State.OK, "Fine.") for number in range(30)])
    client = page_for(maintainer)
    with django_assert_max_num_queries(8):
        assert client.get("/admin/health/").status_code == 200


@pytest.mark.parametrize("who", ["outsider", "colleague", "script"])
def test_nobody_else_looks(who, request):
    assert page_for(request.getfixturevalue(who)).get("/admin/health/").status_code == 302
    assert Finding.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_died_is_run_again_and_a_living_ones_is_not(empty_queue):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - interval '1 hour'), (now()) RETURNING id"
        )
        dead, alive = (row[0] for row in cursor.fetchall())
        for worker in (dead, alive):
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id) "
                "VALUES ('default', 'x', 'doing', %s)",
                [worker],
            )
    # In a thread of its own: Playwright's event loop, if browser tests ran before, holds this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(async_to_sync(recover_stalled_jobs_task.func), timestamp=0).result()
    with connection.cursor() as cursor:
        cursor.execute("SELECT worker_id, status FROM procrastinate_jobs ORDER BY id")
        assert cursor.fetchall() == [(dead, "todo"), (alive, "doing")]
