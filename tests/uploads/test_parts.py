"""A large file in parts, from its grant to its proof, against the real store."""

import pytest

from amiportal.objectstore import multipart as store_multipart
from tests.uploads.conftest import described, put
from tests.uploads.large import PART_BYTES, TWO_PARTS, LargeFile, LargeUploader, md5, put_part
from uploads.models import MultipartUpload, UploadLog

NAME = TWO_PARTS.name


def test_the_session_says_what_is_large(sender):
    session = sender.client.http.get(f"/api/v1/uploads/sessions/{sender.client.session_id}/").json()
    assert (session["multipart_above_bytes"], session["part_size_bytes"]) == (1024**2, PART_BYTES)


def test_from_the_grant_to_the_proof(sender, objects):
    granted = sender.presign()
    assert granted["status"] == "granted"
    assert granted["upload"] == {"id": sender.upload, "part_size_bytes": PART_BYTES, "parts": 2}
    assert granted.keys().isdisjoint({"url", "headers", "expires_at"})
    row = UploadLog.objects.get()
    assert (row.status, row.multipart_md5, row.path_on_card) == ("granted", TWO_PARTS.multipart_md5, f"DCIM/{NAME}")
    assert sender.stored_numbers() == []

    sender.send(2)
    assert sender.complete() == {
        "status": "incomplete",
        "missing": [1],
        "code": "parts_missing",
        "message": f"1 of 2 parts of {NAME} are not in the store yet.",
    }
    assert sender.confirm() == "missing"
    assert objects() == {}

    sender.send(1)
    assert sender.listed().json()["parts"] == [
        {"number": number, "size": len(part), "md5": md5(part)} for number, part in TWO_PARTS.parts.items()
    ]
    assert sender.complete() == {"status": "completed", "missing": [], "code": "", "message": ""}
    assert objects() == {sender.key(): TWO_PARTS.content}
    assert sender.confirm() == "verified"
    row = UploadLog.objects.get(status="verified")
    assert (row.md5, row.etag, row.size_bytes) == (
        md5(TWO_PARTS.content),
        TWO_PARTS.multipart_md5,
        len(TWO_PARTS.content),
    )
    assert MultipartUpload.objects.get().status == "completed"
    assert sender.client.call("finish", files=1).json()["safe_to_wipe"] is True


def test_completing_may_be_repeated(sender, objects):
    sender.presign()
    sender.send()
    assert [sender.complete()["status"] for _ in range(2)] == ["completed"] * 2
    sender.confirm()
    assert sender.complete()["status"] == "completed"
    assert objects() == {sender.key(): TWO_PARTS.content}
    assert UploadLog.objects.count() == 1


def test_a_file_that_is_stored_in_parts_is_known_again(sender, other_sender):
    sender.presign()
    sender.send()
    sender.complete()
    assert other_sender.presign()["status"] == "stored"
    assert UploadLog.objects.get(status="present").multipart_md5 == TWO_PARTS.multipart_md5
    assert other_sender.confirm() == "verified"


def test_what_is_small_or_not_cut_goes_by_one_put(sender, objects):
    small = b"small"
    cut = LargeFile("small.wav", small)
    files = [cut.described, described(NAME, TWO_PARTS.content)]
    for granted, content in zip(sender.client.results("presign", files=files), (small, TWO_PARTS.content), strict=True):
        assert granted["status"] == "granted"
        assert "upload" not in granted
        assert put(granted["url"], granted["headers"], content).status == 200
    results = sender.client.results("confirm", files=["small.wav", NAME])
    assert [result["status"] for result in results] == ["verified"] * 2
    assert not MultipartUpload.objects.exists()
    assert sender.presign()["status"] == "stored"


def test_a_part_of_other_bytes_than_announced_is_not_stored(sender):
    sender.presign()
    (signed,) = sender.sign(2).json()["parts"]
    assert signed["headers"].keys() == {"Content-MD5"}
    other = TWO_PARTS.parts[2][::-1]
    assert put_part(signed, other).status == 400
    assert put_part(signed | {"headers": {}}, other).status == 403
    assert put_part(signed | {"url": signed["url"].replace("partNumber=2", "partNumber=1")}, other).status == 403
    assert sender.stored_numbers() == []


def test_a_part_of_the_wrong_size_is_missing(sender, objects):
    sender.presign()
    sender.send(1)
    (signed,) = sender.sign(2, md5s={2: md5(b"short")}).json()["parts"]
    assert put_part(signed, b"short").status == 200
    assert sender.complete()["missing"] == [2]
    sender.send(2)
    assert sender.complete()["status"] == "completed"
    assert objects() == {sender.key(): TWO_PARTS.content}


@pytest.mark.parametrize("in_reverse", [True, False])
@pytest.mark.parametrize("which", [1, 2])
def test_a_part_that_was_sent_right_and_also_wrong(sender, objects, monkeypatch, which, in_reverse):
    """The store keeps both: neither its order nor its clock may decide which becomes the file's."""
    other = TWO_PARTS.altered(0 if which == 1 else -1)
    sender.presign()
    sender.send()
    (signed,) = sender.sign(which, md5s={which: md5(other.parts[which])}).json()["parts"]
    assert put_part(signed, other.parts[which]).status == 200
    assert sorted(sender.stored_numbers()) == sorted([1, 2, which])
    real = store_multipart.parts
    in_order = {"key": lambda part: (part.number, part.etag), "reverse": in_reverse}
    monkeypatch.setattr(store_multipart, "parts", lambda **where: sorted(real(**where), **in_order))
    assert sender.complete()["status"] == "completed"
    assert objects() == {sender.key(): TWO_PARTS.content}


def test_parts_of_another_file_are_not_put_together(sender, objects):
    other = TWO_PARTS.altered()
    sender.presign()
    (signed,) = sender.sign(1, md5s={1: md5(other.parts[1])}).json()["parts"]
    put_part(signed, other.parts[1])
    sender.send(2)
    assert sender.complete()["status"] == "mismatch"
    assert objects() == {}
    sender.send(1)
    assert sender.complete()["status"] == "completed"
    assert objects() == {sender.key(): TWO_PARTS.content}


def test_a_wrong_md5_of_the_parts_is_a_mismatch_until_it_is_put_right(sender, objects):
    wrong = TWO_PARTS.altered().multipart_md5
    sender.presign(multipart_md5=wrong)
    sender.send()
    first = sender.upload
    assert sender.complete()["status"] == "mismatch"
    assert objects() == {}
    sender.presign()
    assert (sender.upload, sender.stored_numbers()) == (first, [1, 2])
    assert sender.complete()["status"] == "completed"
    assert sender.confirm() == "verified"


def test_another_person_on_another_day_goes_on_where_the_first_stopped(sender, other_sender, objects):
    sender.presign()
    sender.send(1)
    other_sender.presign()
    assert other_sender.upload == sender.upload
    assert other_sender.stored_numbers() == [1]
    other_sender.send(2)
    assert other_sender.complete()["status"] == "completed"
    assert objects() == {sender.key(): TWO_PARTS.content}
    assert [one.confirm() for one in (other_sender, sender)] == ["verified"] * 2
    assert UploadLog.objects.filter(status__in=UploadLog.PROVEN).count() == 2


def test_of_two_that_begin_at_one_moment_the_second_takes_the_firsts(sender, other_sender, store, site, monkeypatch):
    real, calls = store_multipart.create, []

    def create(**where) -> str:
        calls.append(where)
        if len(calls) == 1:
            other_sender.presign()
        return real(**where)

    monkeypatch.setattr(store_multipart, "create", create)
    sender.presign()
    assert len(calls) == 2
    assert sender.upload == other_sender.upload
    (begun,) = store.list_multipart_uploads(Bucket=site.bucket.name)["Uploads"]
    assert begun["UploadId"] == MultipartUpload.objects.get().store_upload_id


def test_a_file_that_changed_on_the_card_is_another_upload(sender, objects):
    sender.presign()
    sender.send()
    changed = LargeUploader(sender.client, TWO_PARTS.altered())
    changed.presign()
    assert changed.upload != sender.upload
    changed.send()
    assert changed.complete()["status"] == "completed"
    assert sender.complete() | {"message": ""} == {
        "status": "conflict",
        "missing": [],
        "code": "stored_differs",
        "message": "",
    }
    assert objects() == {sender.key(): changed.file.content}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"multipart_md5": "nonsense"}, "multipart_md5_invalid"),
        ({"multipart_md5": "0" * 32 + "-3"}, "multipart_md5_invalid"),
        ({"multipart_md5": "0" * 32 + "-02"}, "multipart_md5_invalid"),
        ({"multipart_md5": None, "size": 5 * 1024**3 + 1}, "parts_needed"),
        ({"multipart_md5": None, "size": 50 * 1024**3 + 1}, "too_large"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(sender, changes, code):
    result = sender.presign(**changes)
    assert (result["status"], result["code"]) == ("refused", code)
    assert not UploadLog.objects.exists()
    assert not MultipartUpload.objects.exists()


def test_before_it_is_read_a_file_may_be_larger_than_one_put(sender):
    (result,) = sender.client.results("check", files=[{"name": NAME, "size": 50 * 1024**3}])
    assert result["status"] == "new"
