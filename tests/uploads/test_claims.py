"""However much is claimed of an object, the portal reads it once."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connection

from amiportal.objectstore.models import StoreProbe
from tests.store_variants import opaque_etags
from tests.uploads.conftest import described, put
from tests.uploads.large import TWO_PARTS, LargeFile
from tests.uploads.test_settling import run_out
from uploads.models import ObjectContent, UploadLog
from uploads.services.claims import settle_claims
from uploads.services.contents import claim_next, read
from uploads.services.expired_grants import settle_expired_grants

WRONG = [hashlib.md5(bytes([number])).hexdigest() for number in range(20)]


@pytest.fixture
def in_parts(sender, proxy):
    """A large file in the store, in the portal's parts; the proxy counts from now on who reads it."""
    sender.presign()
    sender.send()
    assert sender.complete()["status"] == "completed"
    assert sender.confirm() == "verified"
    proxy.seen.clear()
    return sender


def claims(file: LargeFile, md5s: list[str]) -> list[dict]:
    return [{"name": file.name, "size": len(file.content), "md5": md5} for md5 in md5s]


def verified(sender, files: list[dict]) -> list[dict]:
    place = {"deployment": sender.client.site.deployment.deployment_id, "data_type": sender.client.data_type}
    response = sender.client.http.post("/api/v1/uploads/verify/", place | {"files": files}, format="json")
    assert response.status_code == 200, response.json()
    return response.json()["files"]


def put_by_hand(store, site, key: str, file: LargeFile) -> None:
    """In the portal's parts, past the portal."""
    target = {"Bucket": site.bucket.name, "Key": key}
    target["UploadId"] = store.create_multipart_upload(**target)["UploadId"]
    parts = [
        {"PartNumber": number, "ETag": store.upload_part(**target, PartNumber=number, Body=body)["ETag"]}
        for number, body in file.parts.items()
    ]
    store.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})


def reads(proxy) -> int:
    return sum(request.method == "GET" and "?" not in request.target for request in proxy.seen)


def test_twenty_claims_of_one_call_read_the_object_once(in_parts, proxy):
    answers = verified(in_parts, claims(TWO_PARTS, [*WRONG, TWO_PARTS.described["md5"]]))
    assert [answer["status"] for answer in answers] == ["mismatch"] * 20 + ["stored"]
    assert reads(proxy) == 1


def test_another_size_is_another_file_whatever_the_md5(in_parts, proxy):
    for right in (in_parts.file.described, claims(TWO_PARTS, [TWO_PARTS.described["md5"]])[0]):
        wrong = right | {"size": right["size"] + 1}
        assert [answer["status"] for answer in verified(in_parts, [wrong])] == ["mismatch"]
        assert in_parts.client.results("presign", files=[wrong])[0]["status"] == "conflict"
    assert reads(proxy) == 0


def test_later_calls_of_every_kind_read_nothing_more(in_parts, proxy):
    verified(in_parts, claims(TWO_PARTS, WRONG[:1]))
    right, wrong = claims(TWO_PARTS, [TWO_PARTS.described["md5"], WRONG[1]])
    assert [answer["status"] for answer in verified(in_parts, [right, wrong])] == ["stored", "mismatch"]
    for step, bad in (("check", "conflict"), ("presign", "conflict")):
        assert in_parts.client.results(step, files=[right])[0]["status"] == "stored"
        assert in_parts.client.results(step, files=[wrong])[0]["status"] == bad
    assert in_parts.confirm() == "verified"
    assert reads(proxy) == 1


def test_an_object_that_was_replaced_is_read_anew(in_parts, proxy, store, site):
    """Of equal size, in as many parts: only the ETag tells that it is another one."""
    verified(in_parts, claims(TWO_PARTS, WRONG[:1]))
    other = TWO_PARTS.altered()
    put_by_hand(store, site, in_parts.key(), other)
    right, wrong = claims(TWO_PARTS, [other.described["md5"], TWO_PARTS.described["md5"]])
    assert [answer["status"] for answer in verified(in_parts, [right, wrong])] == ["stored", "mismatch"]
    assert reads(proxy) == 2


def test_what_is_read_of_another_object_settles_no_claim(in_parts, store, site):
    """It took the place of the one that was proven, before anybody had read that: the next count tells of it."""
    other = TWO_PARTS.altered()
    put_by_hand(store, site, in_parts.key(), other)
    (answer,) = verified(in_parts, claims(other, [other.described["md5"]]))
    assert answer["status"] == "stored"
    settle_claims()
    row = UploadLog.objects.get()
    assert (row.status, row.error_code, row.whole_read_at) == ("verified", "", None)


def test_beyond_the_budget_of_a_call_it_is_read_by_the_worker(in_parts, proxy, settings):
    settings.READ_BYTES_PER_CALL = len(TWO_PARTS.content) - 1
    asked = claims(TWO_PARTS, [*WRONG, TWO_PARTS.described["md5"]])
    for answer in verified(in_parts, asked):
        assert (answer["status"], answer["code"]) == ("unsettled", "being_read")
        assert answer["until"]
    for step in ("check", "presign"):
        (answer,) = in_parts.client.results(step, files=asked[:1])
        assert (answer["status"], answer["code"]) == ("unsettled", "being_read")
        assert "url" not in answer
    assert reads(proxy) == 0

    assert read(claim_next()) == TWO_PARTS.described["md5"]
    assert claim_next() is None
    assert [answer["status"] for answer in verified(in_parts, asked)] == ["mismatch"] * 20 + ["stored"]
    assert reads(proxy) == 1


def test_the_budget_is_that_of_the_call_not_of_each_object(uploader, proxy, settings):
    """On a store whose ETags tell nothing, every file is read; what does not fit is asked for again."""
    proxy.variants = [opaque_etags]
    StoreProbe.objects.all().delete()
    cache.clear()
    settings.READ_BYTES_PER_CALL = 250
    contents = {f"2025071422000{number}-a.jpg": bytes([number]) * 100 for number in range(5)}
    for name, content in contents.items():
        granted = uploader.grant(name, content)
        assert put(granted["url"], granted["headers"], content).status == 200
    for expected in (2, 4, 5):
        statuses = [result["status"] for result in uploader.results("confirm", files=list(contents))]
        assert statuses.count("verified") == expected
        assert statuses.count("unsettled") == 5 - expected


def test_a_grant_that_ran_out_does_not_expire_while_its_object_waits(uploader, proxy, settings):
    """On a store whose ETags tell nothing: the file is there, only nobody has read it yet."""
    settings.READ_BYTES_PER_CALL = 0
    proxy.variants = [opaque_etags]
    StoreProbe.objects.all().delete()
    cache.clear()
    granted = uploader.grant("20250714220000-a.jpg", b"sent")
    assert put(granted["url"], granted["headers"], b"sent").status == 200
    run_out()
    assert settle_expired_grants() == {}
    assert UploadLog.objects.get().status == "granted"
    settle_claims()
    assert settle_expired_grants() == {"verified": 1}


@pytest.mark.django_db(transaction=True)
def test_calls_at_one_moment_read_it_once(in_parts, proxy):
    def ask(md5: str) -> str:
        try:
            return verified(in_parts, claims(TWO_PARTS, [md5]))[0]["status"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(ask, WRONG[:8]))
    assert answers <= {"mismatch", "unsettled"}
    assert reads(proxy) == 1
    assert ObjectContent.objects.get().attempts == 1


def test_a_file_whose_etag_tells_is_never_read(uploader, proxy):
    uploader.send("20250714220000-a.jpg", b"whole")
    wrong = described("20250714220000-a.jpg", b"WHOLE")
    assert uploader.results("check", files=[wrong])[0]["status"] == "conflict"
    assert reads(proxy) == 0
    assert not ObjectContent.objects.exists()
