"""Maintainers are mailed once of what a count found changed or vanished, with each uploader, and health is red."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from amiportal.operations.doctor import telling
from amiportal.operations.doctor.drift import GROUPS_TOLD, WAITS_AT_MOST, examine_drift
from amiportal.operations.doctor.services import record
from amiportal.operations.doctor.telling import tell
from tests.people import make_person
from tests.smtpserver import SmtpServer
from tests.uploads.stored_objects import row
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.models import Drift
from uploads.services.drift_settle import settle_drifts

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(settings, monkeypatch, maintainer):
    monkeypatch.setattr(telling, "MAIL_TIMEOUT_S", 120)
    with SmtpServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.PORTAL_ORIGINS = ["https://portal.example.org"]
        yield server


def lose(deployment, account, *names: str, status: str = "missing") -> None:
    rows = [row(deployment, account, name) for name in names]
    code = "vanished" if status == "missing" else "changed"
    statements.settle([RowChange(file.pk, "verified", status, code) for file in rows])


def test_each_uploader_is_named_and_nobody_is_told_twice(post, ladera, savanna, colleague, outsider):
    lose(ladera, colleague, "a.jpg")
    lose(ladera, colleague, "b.jpg", status="mismatch")
    lose(savanna, outsider, "c.jpg")
    assert [tell(), tell()] == [1, 0]
    (mail,) = post.mails
    assert mail.subject == "AMI Portal: 3 stored files have changed or vanished, of colleague and 2 more uploads"
    for told in (
        "colleague <colleague@example.org>\nWhere: dep000045 (Panama, Ladera), snapshot images\nWhat: 1 vanished: a",
        "What: 1 changed: b.jpg",
        "outsider <outsider@example.org>\nWhere: dep000007 (Kenya, Savanna Gate), snapshot images\nWhat: 1 vanished: c",
        "https://portal.example.org/admin/uploads/drift/?standing=open",
    ):
        assert told in mail.text, told
    for drift in Drift.objects.select_related("row"):
        assert f"Receipt: https://portal.example.org/uploads/{drift.row.session_id}/" in mail.text
    lose(savanna, outsider, "d.jpg")
    assert [tell(), tell()] == [1, 0]
    assert "c.jpg" not in post.mails[1].text


def test_a_mail_that_could_not_leave_leaves_later(post, ladera, colleague):
    lose(ladera, colleague, "a.jpg")
    post.refusal = b"451 try again later"
    assert tell() == 0
    assert Drift.objects.get().told_at is None
    post.refusal = None
    assert [tell(), tell()] == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_a_count_under_way_is_waited_for_so_that_it_is_one_mail(empty_queue, post, ladera, savanna, colleague):
    counting = json.dumps({"deployment_id": "dep000045", "data_type": "snapshot_images"})
    ordered = """
        INSERT INTO procrastinate_jobs (queue_name, task_name, status, args)
        VALUES ('x', 'uploads.take_inventory', 'doing', %s)
    """
    with connection.cursor() as cursor:
        cursor.execute(ordered, [counting])
    lose(ladera, colleague, "a.jpg")
    assert tell() == 0
    lose(savanna, colleague, "b.jpg")  # elsewhere
    assert tell() == 1
    assert "a.jpg" not in post.mails[0].text
    lose(ladera, colleague, "c.jpg")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded'")
    assert [tell(), tell()] == [1, 0]
    assert ("a.jpg" in post.mails[1].text, "c.jpg" in post.mails[1].text) == (True, True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    lose(ladera, colleague, "d.jpg")
    Drift.objects.update(found_at=timezone.now() - WAITS_AT_MOST - timedelta(minutes=1))
    assert tell() == 1


def test_of_very_many_uploads_the_largest_are_told_and_the_rest_counted(post, ladera):
    for number in range(GROUPS_TOLD + 3):
        lose(ladera, make_person(f"person{number}", "Partners"), f"{number}.jpg")
    assert tell() == 1
    assert "And 3 more uploads." in post.mails[0].text
    assert tell() == 0


def test_health_is_red_until_the_last_is_settled_and_sends_no_second_mail(post, maintainer, ladera, colleague):
    (seen,) = examine_drift()
    assert seen.state == "ok"
    lose(ladera, colleague, "a.jpg", "b.jpg")
    (seen,) = examine_drift()
    assert (seen.state, "2 files of 1 deployment changed" in seen.told) == ("bad", True)
    record([seen])
    assert [tell(), tell()] == [1, 0]
    Drift.objects.update(settled_at=timezone.now(), settled_by=maintainer, reason="known")
    (seen,) = examine_drift()
    assert seen.state == "ok"


def test_what_was_settled_before_the_mail_left_is_no_news(post, ladera, colleague, maintainer):
    lose(ladera, colleague, "a.jpg")
    Drift.objects.update(settled_at=timezone.now(), settled_by=maintainer, reason="known")
    assert tell() == 0


def test_only_maintainers_settle_and_with_a_reason(ladera, colleague, maintainer):
    lose(ladera, colleague, "a.jpg")
    ids = [Drift.objects.get().pk]
    for actor, reason in ((colleague, "mine"), (maintainer, " \n ")):
        with pytest.raises(Exception, match="maintainers|Say why"):
            settle_drifts(actor=actor, ids=ids, reason=reason)
    assert Drift.objects.get().settled_at is None
