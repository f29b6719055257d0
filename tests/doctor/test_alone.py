"""One check, one mail or one address that meets what nobody thought of keeps no other from being looked at or told."""

import pytest
from django.test import Client
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.background.models import LeftOver
from amiportal.core.errors import StoreError
from amiportal.operations.doctor import drift, keeping
from amiportal.operations.doctor import store as doctor_store
from amiportal.operations.doctor.models import Finding
from amiportal.operations.doctor.observations import Observation, State
from amiportal.operations.doctor.services import examine, record
from amiportal.operations.doctor.telling import tell
from deployments.models import Bucket
from tests.people import make_person

pytestmark = pytest.mark.django_db


def found() -> dict[str, Observation]:
    return {seen.subject: seen for seen in examine()}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyError("CORSRules"), "It could not be looked at: the portal failed here (KeyError)."),
        (StoreError("The object store's answer cannot be read."), "The object store's answer cannot be read."),
    ],
)
def test_a_bucket_with_an_odd_answer_ends_nothing_but_its_own_look(
    empty_queue, panama, kenya, monkeypatch, error, reason
):
    honest = doctor_store.refresh_bucket_state

    def odd(*, bucket: Bucket) -> Bucket:
        if bucket.pk == kenya.pk:
            raise error
        return honest(bucket=bucket)

    monkeypatch.setattr(doctor_store, "refresh_bucket_state", odd)
    seen = found()
    assert seen["bucket ken"].state in (State.WARN, State.BAD)
    assert reason in seen["bucket ken"].told
    assert {"bucket pan", "worker", "queue", "storage", "snapshot", "inventory", "drift"} <= seen.keys()
    record(seen.values())
    assert Finding.objects.filter(subject="bucket ken").exists()


def test_every_check_may_fail_and_all_others_are_looked_at(empty_queue, monkeypatch):
    whole = found().keys()
    for name in ("_room", "_end", "_snapshot", "_inventory"):
        monkeypatch.setattr(keeping, name, lambda *_: 1 / 0)
    seen = found()
    assert seen.keys() == whole
    faulty = {subject for subject, one in seen.items() if "ZeroDivisionError" in one.told}
    assert faulty == {"storage", "allocation end", "snapshot", "inventory"}


def test_what_is_left_over_twice_is_told_and_once_is_not(empty_queue, maintainer):
    assert found()["left over"].state == State.OK
    now = timezone.now()
    row = LeftOver.objects.create(round="Snapshots to be removed", item="a.gz", error="No.", since=now, tried_at=now)
    assert found()["left over"].state == State.OK
    assert "1 could not be done once" in found()["left over"].told
    LeftOver.objects.update(tries=2)
    seen = found()["left over"]
    assert (seen.state, "Snapshots to be removed: a.gz, since 20" in seen.told, "No." in seen.told) == (
        State.WARN,
        True,
        True,
    )
    record([seen])
    client = Client()
    client.force_login(maintainer)
    (finding,) = client.get("/admin/health/").context["findings"]
    page = client.get(finding.link)
    assert page.status_code == 200
    assert "Snapshots to be removed" in page.content.decode()
    assert client.post(f"{finding.link}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert LeftOver.objects.exists()


def test_a_mail_that_cannot_be_written_keeps_no_other(post, monkeypatch):
    record([Observation("store", "Object store", State.BAD, "Away.", "Ask.", is_certain=True)])
    monkeypatch.setattr(drift, "news", lambda now: 1 / 0)
    assert tell() == 1
    assert [mail.subject for mail in post.mails] == ["AMI Portal: Object store is broken"]
    assert LeftOver.objects.get().item == "changed files"


def test_an_address_that_is_none_keeps_nobody_else_from_being_told(post):
    make_person("another", Role.MAINTAINERS, is_staff=True)
    User.objects.filter(username="another").update(email="a@example.org, b@example.org")
    record([Observation("store", "Object store", State.BAD, "Away.", "Ask.", is_certain=True)])
    assert [tell(), tell()] == [1, 0]
    assert [mail.to for mail in post.mails] == [["maintainer@example.org"]]
    assert LeftOver.objects.get().item == "a@example.org, b@example.org"
