"""Who may send parts of what, and whose the key is meanwhile (rules 2, 4 and 5)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.people import make_deployment
from tests.uploads.conftest import Site, Uploader, put
from tests.uploads.large import TWO_PARTS, LargeUploader, md5
from tests.uploads.test_settling import run_out
from uploads.models import MultipartUpload, UploadLog, UploadSession
from uploads.services.expired_grants import settle_expired_grants

OTHER = TWO_PARTS.altered()


def answers(one: LargeUploader) -> list[tuple[int, str]]:
    """Status and code of all three calls."""
    responses = [one.listed(), one.sign(1), one.client.call("complete", upload=one.upload)]
    return [(response.status_code, response.json().get("code", "")) for response in responses]


def retire(site: Site) -> None:
    site.deployment.status = "inactive"
    site.deployment.save()


def test_an_upload_that_this_session_was_not_granted_is_not_told_of(sender, other_sender, site, colleague):
    sender.presign()
    sender.send(1)
    other_sender.upload = sender.upload
    assert answers(other_sender) == [(404, "upload_unknown")] * 3
    other_session = LargeUploader(Uploader(colleague, site, "audible_recordings").open())
    other_session.upload = sender.upload
    assert answers(other_session) == [(404, "upload_unknown")] * 3
    elsewhere = make_deployment("dep000120", site.bucket, "Wetland South", status="active")
    other_place = LargeUploader(Uploader(colleague, Site(site.bucket, elsewhere), "audible_recordings").open())
    other_place.presign()
    other_place.upload = sender.upload
    assert answers(other_place) == [(404, "upload_unknown")] * 3
    other_sender.client.session_id = sender.client.session_id
    assert answers(other_sender) == [(404, "session_unknown")] * 3
    assert sender.stored_numbers() == [1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"upload": 0},
        {"upload": 2**63},
        {"upload": "x"},
        {"parts": []},
        {"parts": [{"number": 1}]},
        {"parts": [{"number": 1, "md5": "nonsense"}]},
        {"parts": [{"number": 0, "md5": "0" * 32}]},
        {"parts": [{"number": 3, "md5": "0" * 32}]},
        {"parts": [{"number": 1, "md5": "0" * 32}] * 101},
    ],
)
def test_what_is_no_part_is_refused(sender, body):
    sender.presign()
    whole = {"upload": sender.upload, "parts": [{"number": 1, "md5": "0" * 32}]} | body
    if not body:
        whole.pop("upload")
    response = sender.client.call("parts", **whole)
    assert response.status_code == 400
    assert response.json()["fields"]
    if "parts" not in body:
        assert sender.client.call("complete", **whole).status_code == 400


def test_a_retired_deployment_takes_no_parts_but_what_was_granted_is_made_whole(sender, site, objects):
    sender.presign()
    sender.send()
    retire(site)
    response = sender.sign(1)
    assert (response.status_code, response.json()["code"]) == (403, "deployment_inactive")
    assert sender.complete()["status"] == "completed"
    assert sender.confirm() == "verified"
    assert objects() == {sender.key(): TWO_PARTS.content}


def test_a_grant_that_ran_out_is_not_renewed_in_a_retired_deployment(sender, site, objects):
    sender.presign()
    sender.send()
    run_out()
    settle_expired_grants()
    retire(site)
    response = sender.client.call("complete", upload=sender.upload)
    assert (response.status_code, response.json()["code"]) == (403, "deployment_inactive")
    assert objects() == {}


def test_a_finished_session_takes_no_more(sender):
    sender.presign()
    sender.send()
    sender.client.call("finish")
    assert [code for _, code in answers(sender)] == ["", "session_finished", "session_finished"]


def test_asking_for_parts_keeps_the_grant_alive(sender, other_sender):
    sender.presign()
    soon = timezone.now() + timedelta(seconds=1)
    UploadLog.objects.update(grant_expires_at=soon)
    MultipartUpload.objects.update(last_used_at=soon - timedelta(days=6))
    sender.listed()
    assert UploadLog.objects.get().grant_expires_at == soon
    (signed,) = sender.sign(1).json()["parts"]
    row = UploadLog.objects.get()
    assert row.grant_expires_at.isoformat() == signed["expires_at"].replace("Z", "+00:00")
    assert row.grant_expires_at > soon + timedelta(minutes=50)
    assert MultipartUpload.objects.get().last_used_at > soon - timedelta(hours=1)
    other_sender.file = OTHER
    assert other_sender.presign()["code"] == "reserved"


def test_a_grant_that_ran_out_leaves_the_parts_and_is_renewed_by_going_on(sender, objects):
    """A laptop slept over the weekend's night; nobody has taken the key."""
    sender.presign()
    sender.send(1)
    run_out()
    assert settle_expired_grants() == {"expired": 1}
    assert MultipartUpload.objects.get().status == "open"
    assert sender.stored_numbers() == [1]
    sender.send(2)
    statuses = UploadLog.objects.order_by("id").values_list("status", "multipart_md5")
    assert list(statuses) == [("expired", TWO_PARTS.multipart_md5), ("granted", TWO_PARTS.multipart_md5)]
    run_out()
    assert sender.complete()["status"] == "completed"
    assert sender.confirm() == "verified"
    assert objects() == {sender.key(): TWO_PARTS.content}


def test_a_key_that_went_to_other_content_is_a_conflict_and_nothing_is_overwritten(sender, other_sender, objects):
    sender.presign()
    sender.send()
    run_out()
    other_sender.file = OTHER
    assert other_sender.presign()["status"] == "granted"
    response = sender.sign(1)
    assert (response.status_code, response.json()["code"]) == (409, "reserved")
    completion = sender.complete()
    assert (completion["status"], completion["code"]) == ("conflict", "reserved")
    other_sender.send()
    assert other_sender.complete()["status"] == "completed"
    assert objects() == {sender.key(): OTHER.content}
    assert sender.sign(1).json()["code"] == "stored_differs"
    assert sender.complete()["code"] == "stored_differs"
    assert objects() == {sender.key(): OTHER.content}


def test_a_failure_reported_frees_the_key_and_keeps_the_parts(sender):
    sender.presign()
    sender.send(1)
    sender.client.call("failures", failures=[{"name": TWO_PARTS.name, "code": "network"}])
    assert UploadLog.objects.get().status == "failed"
    sender.presign()
    assert sender.stored_numbers() == [1]


def test_what_was_completed_and_never_confirmed_is_settled_as_verified(sender):
    sender.presign()
    sender.send()
    sender.complete()
    run_out()
    assert settle_expired_grants() == {"verified": 1}
    assert UploadLog.objects.get().etag == TWO_PARTS.multipart_md5


def test_the_same_content_that_came_by_one_put_meanwhile_is_no_conflict(sender, other_sender, objects):
    """A client that does not cut files is granted the same content, and is quicker."""
    sender.presign()
    sender.send(1)
    whole = other_sender.presign(multipart_md5=None)
    assert put(whole["url"], whole["headers"], TWO_PARTS.content).status == 200
    assert sender.complete()["status"] == "completed"
    assert [one.confirm() for one in (sender, other_sender)] == ["verified"] * 2
    assert {row.etag for row in UploadLog.objects.filter(status__in=UploadLog.PROVEN)} == {md5(TWO_PARTS.content)}
    # Its part still takes space, so it stays on the list of what is given up after a week.
    assert MultipartUpload.objects.get().status == "open"


def test_many_parts_cost_no_more_queries_than_one(sender, django_assert_num_queries):
    sender.presign()
    UploadSession.objects.update(last_seen_at=timezone.now())
    for numbers in ([1], [1, 2] * 50):
        with django_assert_num_queries(6):
            assert sender.sign(*numbers).status_code == 200
