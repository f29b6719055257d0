"""Whether a large object is the card's file: by its ETag where that tells, by its bytes where it does not."""

import pytest

from tests.uploads.conftest import described
from tests.uploads.large import PART_BYTES, TWO_PARTS, LargeUploader
from uploads.domain import parts, shared
from uploads.models import UploadLog
from uploads.services import contents


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The keys of the objects that were read whole."""
    read, real = [], contents.content_md5

    def content_md5(bucket: str, key: str, **more) -> str | None:
        read.append(key)
        return real(bucket, key, **more)

    monkeypatch.setattr(contents, "content_md5", content_md5)
    return read


@pytest.fixture
def stored(sender) -> LargeUploader:
    sender.presign()
    sender.send()
    assert sender.complete()["status"] == "completed"
    return sender


def checked(sender: LargeUploader, file: dict) -> str:
    (result,) = sender.client.results("check", files=[file])
    return result["status"]


def verified(sender: LargeUploader, file: dict) -> str:
    place = {"deployment": sender.client.site.deployment.deployment_id, "data_type": sender.client.data_type}
    response = sender.client.http.post("/api/v1/uploads/verify/", place | {"files": [file]}, format="json")
    (result,) = response.json()["files"]
    return result["status"]


def test_a_client_that_cuts_files_needs_no_reading(stored, reads):
    assert stored.confirm() == "verified"
    assert checked(stored, TWO_PARTS.described) == "stored"
    assert verified(stored, TWO_PARTS.described) == "stored"
    assert stored.presign()["status"] == "stored"
    assert reads == []


def test_a_client_that_does_not_is_answered_by_reading(stored, reads):
    whole = described(TWO_PARTS.name, TWO_PARTS.content)
    assert checked(stored, whole) == "stored"
    assert verified(stored, whole) == "stored"
    assert verified(stored, described(TWO_PARTS.name, TWO_PARTS.altered().content)) == "mismatch"
    assert reads == [stored.key()]


def test_another_recording_of_the_same_name_and_size_is_told_without_reading(stored, other_sender, reads):
    """Recorders whose clock was reset make these by the dozen, each of gigabytes."""
    other_sender.file = TWO_PARTS.altered()
    stored.confirm()
    assert other_sender.presign()["code"] == "stored_differs"
    assert verified(other_sender, other_sender.file.described) == "mismatch"
    assert reads == []


def test_an_object_that_somebody_cut_in_another_way_is_read(sender, store, site, reads):
    """As many parts, other ones: their ETags cannot be compared."""
    target = {"Bucket": site.bucket.name, "Key": sender.key()}
    target["UploadId"] = store.create_multipart_upload(**target)["UploadId"]
    cut = PART_BYTES + 1
    pieces = [TWO_PARTS.content[:cut], TWO_PARTS.content[cut:]]
    parts = [
        {"PartNumber": number, "ETag": store.upload_part(**target, PartNumber=number, Body=piece)["ETag"]}
        for number, piece in enumerate(pieces, 1)
    ]
    store.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
    assert sender.presign()["status"] == "stored"
    assert UploadLog.objects.get().etag.endswith("-2")
    sender.file = TWO_PARTS.altered()
    assert sender.presign()["code"] == "stored_differs"
    assert reads == [sender.key()]


def test_what_was_never_probed_is_not_relied_upon(stored, reads, unprobed_store):
    assert stored.confirm() == "verified"
    assert reads == [stored.key()]


def test_a_file_that_fits_exactly_has_no_empty_part():
    size = shared.PART_SIZE_BYTES
    for bytes_, count, last in ((3 * size, 3, size), (3 * size + 1, 4, 1), (3 * size - 1, 3, size - 1)):
        assert parts.part_count(bytes_, part_size_bytes=size) == count
        assert parts.size_of_part(count, size_bytes=bytes_, part_size_bytes=size) == last
        assert parts.multipart_md5_fits(f"{'0' * 32}-{count}", size_bytes=bytes_)


def test_the_hash_is_the_one_of_the_convention():
    assert parts.multipart_md5_of(["d41d8cd98f00b204e9800998ecf8427e"]) == "59adb24ef3cdbe0297f05b395827453f-1"
