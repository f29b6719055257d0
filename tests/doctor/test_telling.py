"""Whom the doctor tells what, and when: through a real mail server, which may refuse or be away."""

from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.operations.doctor.failures import REPEATED_AFTER
from amiportal.operations.doctor.models import FailuresReported, Finding
from amiportal.operations.doctor.observations import Observation, State
from amiportal.operations.doctor.services import record
from amiportal.operations.doctor.telling import STANDS_AFTER, tell
from uploads.models import UploadFailure, UploadSession

pytestmark = pytest.mark.django_db
REMEDY = "Ask its operator."


def look(state: State, *, is_certain: bool = False, minutes_later: int = 5) -> int:
    """A round that finds this, so many minutes after the last one; the number of mails."""
    Finding.objects.update(since=finding_since() - timedelta(minutes=minutes_later))
    record([Observation("store", "Object store", state, "What was seen.", REMEDY, is_certain=is_certain)])
    return tell()


def finding_since():
    finding = Finding.objects.first()
    return finding.since if finding else timezone.now()


def test_what_breaks_is_told_when_it_stands_and_once_and_so_is_its_recovery(post):
    assert [look(state) for state in (State.OK, State.BAD)] == [0, 0]
    assert [look(State.BAD), look(State.BAD)] == [1, 0]
    (broken,) = post.mails
    assert (broken.to, broken.message["To"], broken.message["Bcc"]) == (["maintainer@example.org"], None, None)
    assert broken.subject == "AMI Portal: Object store is broken"
    assert f"What was seen.\nWhat to do: {REMEDY}" in broken.text
    assert "https://portal.example.org/admin/health/" in broken.text
    assert [look(State.OK), look(State.OK), look(State.OK)] == [0, 1, 0]
    assert post.mails[1].subject == "AMI Portal: Object store is well again"
    assert REMEDY not in post.mails[1].text


def test_what_comes_and_goes_within_minutes_is_no_news(post):
    for state in (State.OK, State.BAD, State.OK, State.WARN, State.BAD, State.OK):
        assert look(state) == 0
    # Nor is a look by hand a second opinion.
    assert look(State.BAD, minutes_later=0) == 0
    assert look(State.BAD, minutes_later=int(STANDS_AFTER.total_seconds() // 60) - 1) == 0
    assert post.mails == []


def test_a_flapping_recovery_is_no_news_either(post):
    for state in (State.BAD, State.BAD):
        look(state)
    for state in (State.OK, State.BAD, State.OK, State.BAD):
        assert look(state) == 0
    assert len(post.mails) == 1


def test_what_is_certain_is_told_at_once(post):
    assert look(State.BAD, is_certain=True, minutes_later=0) == 1


def test_worse_is_news(post):
    assert look(State.WARN, is_certain=True) == 1
    assert look(State.BAD, is_certain=True) == 1
    assert [mail.subject.rpartition(" is ")[2] for mail in post.mails] == ["in need of a look", "broken"]


@pytest.mark.parametrize("fault", ["refused", "away"])
def test_a_mail_that_could_not_be_sent_is_sent_at_the_next_round(post, settings, fault, caplog):
    if fault == "refused":
        post.refusal = b"451 try again later"
    else:
        settings.EMAIL_PORT = 1  # nobody listens there
    assert look(State.BAD, is_certain=True) == 0
    assert "will be tried again" in caplog.text
    assert Finding.objects.get().reported_state == ""
    post.refusal, settings.EMAIL_PORT = None, post.port
    assert look(State.BAD, is_certain=True) == 1
    assert look(State.BAD, is_certain=True) == 0
    assert len(post.mails) == 1


def test_what_recovered_before_its_mail_could_leave_is_no_news(post):
    post.refusal = b"451 try again later"
    look(State.BAD, is_certain=True)
    post.refusal = None
    assert [look(State.OK), look(State.OK)] == [0, 0]
    assert post.mails == []


def test_several_changes_are_one_mail_the_worst_first(post, maintainer):
    record(
        [
            Observation("a", "Storage", State.WARN, "Nearly full.", is_certain=True),
            Observation("b", "Object store", State.BAD, "The key is refused.", is_certain=True),
        ]
    )
    assert tell() == 1
    (mail,) = post.mails
    assert mail.subject == "AMI Portal: Object store is broken and 1 more"
    assert mail.text.index("The key is refused.") < mail.text.index("Nearly full.")


def test_nobody_to_tell_is_told_when_there_is_somebody(post, maintainer):
    User.objects.filter(pk=maintainer.pk).update(is_active=False)
    assert look(State.BAD, is_certain=True) == 0
    User.objects.filter(pk=maintainer.pk).update(is_active=True)
    assert look(State.BAD, is_certain=True) == 1


def test_two_who_tell_at_once_send_one_mail(post):
    record([Observation("a", "Storage", State.BAD, "Full.", is_certain=True)])
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('doctor.tell'))")
            assert tell() == 0
            cursor.execute("SELECT pg_advisory_unlock(hashtext('doctor.tell'))")
    finally:
        other.close()
    assert tell() == 1


def fail(account, deployment, **values) -> UploadFailure:
    moment = timezone.now()
    session = UploadSession.objects.create(
        account=account, deployment=deployment, data_type="snapshot_images", started_at=moment, last_seen_at=moment
    )
    return UploadFailure.objects.create(session=session, **{"code": "network", "client": "page 1.0"} | values)


def test_failed_uploads_are_told_with_who_what_and_where(post, colleague, ladera, settings):
    User.objects.filter(pk=colleague.pk).update(first_name="Ana", last_name="Ruiz", organisation="Instituto")
    for number in range(3):
        last = fail(colleague, ladera, filename=f"{number}.jpg", message="Connection\r\nlost")
    fail(colleague, ladera, code="mismatch")
    UploadFailure.objects.create(code="page", message="cannot start")
    assert tell() == 1
    (mail,) = post.mails
    assert mail.subject == "AMI Portal: 5 failed uploads, by Ana Ruiz, Instituto and 1 more"
    assert "Ana Ruiz, Instituto <colleague@example.org>\nWhere: dep000045 (Panama, Ladera)" in mail.text
    assert "What: 4 failures: network (3), mismatch (1)" in mail.text
    assert f"https://portal.example.org/admin/uploads/uploadfailure/{last.pk + 1}/change/" in mail.text
    assert "Somebody not signed in\nWhere: no deployment chosen yet" in mail.text
    assert "Last: cannot start" in mail.text


def test_failures_are_told_once_and_at_most_every_hour(post, colleague, ladera):
    fail(colleague, ladera)
    assert [tell(), tell()] == [1, 0]
    fail(colleague, ladera)
    assert tell() == 0
    FailuresReported.objects.update(told_at=timezone.now() - REPEATED_AFTER)
    post.refusal = b"451 try again later"
    assert tell() == 0
    post.refusal = None
    assert [tell(), tell()] == [1, 0]
    assert ["1 failed" in mail.subject for mail in post.mails] == [True, True]
