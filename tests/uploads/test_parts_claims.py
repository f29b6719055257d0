"""The MD5 of a file sent in parts: proven by its parts at once, as a whole when a worker has read it."""

import json

import pytest
from django.test import Client

from tests.faults import Status, never
from tests.uploads.large import TWO_PARTS
from uploads.models import ObjectContent, UploadFailure, UploadLog
from uploads.services.claims import settle_claims

FALSE = "0" * 32


def sent(sender, **claimed) -> dict:
    """Send the file under these claims; the session's end."""
    sender.presign(**claimed)
    sender.send()
    assert sender.complete()["status"] == "completed"
    assert sender.confirm() == "verified"
    return sender.client.call("finish", files=1).json()


def state(sender) -> dict:
    """The session's row, as its own API tells it."""
    (row,) = [
        row
        for row in sender.client.http.get("/api/v1/uploads/sessions/").json()["results"]
        if row["id"] == sender.client.session_id
    ]
    return row


def receipt_entry(sender) -> dict:
    """The file in the session's signed receipt."""
    response = sender.client.http.get(f"/api/v1/uploads/sessions/{sender.client.session_id}/receipt/")
    (entry,) = json.loads(b"".join(response.streaming_content))["files"]
    return entry


def told(sender) -> list[str]:
    """By what the file is proven, as the calls of the API and the log say."""
    place = {"deployment": sender.client.site.deployment.deployment_id, "data_type": sender.client.data_type}
    body = place | {"files": [sender.file.described]}
    results = [
        sender.client.results("confirm", files=[sender.file.name]),
        sender.client.results("check", files=[sender.file.described]),
        sender.client.http.post("/api/v1/uploads/verify/", body, format="json").json()["files"],
        sender.client.http.get("/api/v1/uploads/log/").json()["results"],
    ]
    return [only["proven_by"] for (only,) in results]


def page(sender) -> str:
    """The receipt's permanent address."""
    client = Client()
    client.force_login(sender.client.user)
    return client.get(f"/uploads/{sender.client.session_id}/").content.decode()


def test_a_true_one_is_proven_when_the_worker_has_read_it(sender):
    assert sent(sender)["safe_to_wipe"]
    row = UploadLog.objects.get()
    assert row.proven_by == "parts"
    assert receipt_entry(sender) | {"verified_at": ""} == {
        "name": TWO_PARTS.name,
        "path_on_card": f"DCIM/{TWO_PARTS.name}",
        "size_bytes": len(TWO_PARTS.content),
        "md5": "",
        "multipart_md5": TWO_PARTS.multipart_md5,
        "proven_by": "parts",
        "key": sender.key(),
        "status": "verified",
        "verified_at": "",
    }
    assert told(sender) == ["parts"] * 4
    assert "proven by its parts" in page(sender)

    assert settle_claims() == {"read": 1, "proven": 1}
    row.refresh_from_db()
    assert (row.status, row.proven_by) == ("verified", "md5")
    assert row.whole_read_at
    assert settle_claims() == {}
    assert state(sender)["safe_to_wipe"] is True
    assert receipt_entry(sender)["md5"] == TWO_PARTS.described["md5"]
    assert told(sender) == ["md5"] * 4
    assert "proven by its parts" not in page(sender)
    assert not UploadFailure.objects.exists()


def test_a_false_one_turns_the_verdict_and_is_told(sender, objects):
    assert sent(sender, md5=FALSE)["safe_to_wipe"]

    assert settle_claims() == {"read": 1, "false": 1}
    row = UploadLog.objects.get()
    assert (row.status, row.error_code, row.proven_by) == ("mismatch", "md5_false", "")
    assert state(sender)["safe_to_wipe"] is False
    assert "not with the checksum that the program gave" in page(sender)
    failure = UploadFailure.objects.get()
    assert (failure.code, failure.filename, failure.session_id) == ("md5_false", TWO_PARTS.name, row.session_id)
    assert (failure.account, failure.deployment) == (sender.client.user, sender.client.site.deployment)
    assert objects() == {sender.key(): TWO_PARTS.content}


def test_a_false_one_does_not_come_back(sender, other_sender):
    sent(sender, md5=FALSE)
    settle_claims()
    assert sender.confirm() == "mismatch"
    other_sender.client.data_type = sender.client.data_type
    assert other_sender.presign(md5=FALSE)["code"] == "stored_differs"
    assert other_sender.presign()["status"] == "stored"
    settle_claims()
    assert {row.md5: row.proven_by for row in UploadLog.objects.all()} == {FALSE: "", TWO_PARTS.described["md5"]: "md5"}
    assert UploadFailure.objects.count() == 1


def test_of_two_who_claim_otherwise_one_is_believed_in_the_end(sender, other_sender):
    """The second one found it stored, by its parts; both rows hang on one object, which is read once."""
    sent(sender)
    assert other_sender.presign(md5=FALSE)["status"] == "stored"
    assert settle_claims() == {"read": 1, "proven": 1, "false": 1}
    assert UploadLog.objects.get(md5=FALSE).status == "mismatch"
    assert UploadLog.objects.exclude(md5=FALSE).get().status == "verified"


def test_what_somebody_says_of_the_parts_stands_in_their_own_row_alone(sender, other_sender):
    sent(sender)
    settle_claims()
    other_sender.client.data_type = sender.client.data_type
    assert other_sender.presign(multipart_md5=f"{FALSE}-2")["status"] == "stored"
    said = dict(UploadLog.objects.values_list("session_id", "multipart_md5"))
    assert said == {
        sender.client.session_id: TWO_PARTS.multipart_md5,
        other_sender.client.session_id: f"{FALSE}-2",
    }


@pytest.mark.parametrize("fault", [Status(500), Status(404)])
def test_an_object_that_cannot_be_read_holds_nobody_up(sender, other_sender, uploader, proxy, fault):
    """And is tried again, later and later."""
    sent(sender)
    other_sender.file = type(TWO_PARTS)("20250715_220000.wav", TWO_PARTS.altered(9).content)
    sent(other_sender)
    proxy.fault = lambda request: fault if request.method == "GET" and sender.key() in request.path else None
    assert settle_claims() == {"read": 1, "failed": 1, "proven": 1}
    left = ObjectContent.objects.get(md5="")
    assert (left.key, left.attempts, left.reading_until) == (sender.key(), 1, None)
    assert left.error
    assert left.try_at > left.asked_at
    assert settle_claims() == {}, "not before its time"

    ObjectContent.objects.filter(md5="").update(try_at=left.asked_at)
    proxy.fault = never
    assert settle_claims() == {"read": 1, "proven": 1}


@pytest.mark.parametrize("is_replaced", [False, True])
def test_an_object_that_is_gone_is_forgotten(sender, store, site, settings, is_replaced):
    """Somebody asked about it; before its turn came it was removed, or another of its size took its place."""
    sent(sender)
    settle_claims()
    settings.READ_BYTES_PER_CALL = 0
    ObjectContent.objects.all().delete()
    without_parts = {name: value for name, value in sender.file.described.items() if name != "multipart_md5"}
    assert sender.client.results("check", files=[without_parts])[0]["code"] == "being_read"
    store.delete_object(Bucket=site.bucket.name, Key=sender.key())
    if is_replaced:
        store.put_object(Bucket=site.bucket.name, Key=sender.key(), Body=TWO_PARTS.altered().content)
    assert settle_claims() == {"failed": 1}
    assert not ObjectContent.objects.exists()


def test_one_that_was_killed_at_it_holds_nobody_up(sender, monkeypatch):
    sent(sender)

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("uploads.services.contents.content_md5", killed)
    with pytest.raises(KeyboardInterrupt):
        settle_claims()
    monkeypatch.undo()
    assert settle_claims() == {}, "it may still be reading"
    row = ObjectContent.objects.get()
    ObjectContent.objects.update(reading_until=row.asked_at, try_at=row.asked_at)
    assert settle_claims() == {"read": 1, "proven": 1}
