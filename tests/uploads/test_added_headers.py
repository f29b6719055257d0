"""Headers that somebody added to a signed PUT: the bytes are right, the file does not count as stored."""

import pytest
from django.core.cache import cache

from amiportal.objectstore.lookup import FEW_NAMES
from amiportal.objectstore.models import StoreProbe
from tests.uploads.conftest import described, put
from tests.uploads.test_settling import run_out
from uploads.models import UploadFailure, UploadLog
from uploads.services.expired_grants import settle_expired_grants

NAME, CONTENT = "20250714220000-a.jpg", b"the bytes of the card"
ADDED = {
    "Content-Encoding": "gzip",
    "Content-Disposition": "attachment; filename=other.jpg",
    "Content-Language": "de",
    "Expires": "Wed, 21 Oct 2026 07:28:00 GMT",
}


def sent_with(uploader, headers: dict[str, str], name: str = NAME) -> None:
    granted = uploader.grant(name, CONTENT)
    assert put(granted["url"], granted["headers"] | headers, CONTENT).status == 200


def verified(uploader) -> dict:
    place = {"deployment": uploader.site.deployment.deployment_id, "data_type": uploader.data_type}
    body = place | {"files": [described(NAME, CONTENT)]}
    (result,) = uploader.http.post("/api/v1/uploads/verify/", body, format="json").json()["files"]
    return result


@pytest.mark.parametrize("added", ADDED)
def test_what_came_with_more_than_was_asked_for_is_refused(uploader, added):
    uploader.open(files=1)
    sent_with(uploader, {added: ADDED[added]})
    (result,) = uploader.results("confirm", files=[NAME])
    assert (result["status"], result["code"]) == ("mismatch", "headers_added")
    assert added in result["message"]
    row = UploadLog.objects.get()
    assert (row.status, row.error_code) == ("mismatch", "headers_added")
    assert uploader.call("finish").json()["safe_to_wipe"] is False
    failure = UploadFailure.objects.get()
    assert (failure.code, failure.filename, failure.account) == ("headers_added", NAME, uploader.user)
    assert added in failure.message


@pytest.mark.parametrize(
    ("put_with", "named"),
    [({"Metadata": {"note": "x"}}, "x-amz-meta-note"), ({"ContentType": "text/html"}, "Content-Type")],
)
def test_so_are_metadata_and_another_type_where_a_store_lets_them_in(uploader, store, site, put_with, named):
    """This one refuses them with a signed URL; others do not."""
    uploader.grant(NAME, CONTENT)
    sent = {"ContentType": "image/jpeg"} | put_with
    store.put_object(Bucket=site.bucket.name, Key=site.key(NAME), Body=CONTENT, **sent)
    (result,) = uploader.results("confirm", files=[NAME])
    assert (result["status"], result["code"]) == ("mismatch", "headers_added")
    assert named in result["message"]


def test_it_is_told_once_and_stays_refused(uploader, rival):
    """Whichever call is asked, and whoever asks: the key is a maintainer's to free."""
    sent_with(uploader, {"Content-Encoding": "gzip"})
    for _ in range(2):
        assert uploader.results("confirm", files=[NAME])[0]["code"] == "headers_added"
    for client in (uploader, rival):
        assert client.grant(NAME, CONTENT)["code"] == "headers_added"
        assert client.grant(NAME, CONTENT)["status"] == "conflict"
    assert (verified(uploader)["status"], verified(uploader)["code"]) == ("mismatch", "headers_added")
    assert UploadFailure.objects.count() == 1
    assert not UploadLog.objects.filter(status__in=UploadLog.PROVEN).exists()


def test_asking_again_instead_of_confirming_is_no_way_around(uploader, rival):
    sent_with(uploader, {"Content-Disposition": "attachment"})
    for client in (rival, uploader):
        assert client.grant(NAME, CONTENT)["code"] == "headers_added"
    assert not UploadLog.objects.filter(status__in=UploadLog.PROVEN).exists()


def test_nor_is_asking_for_so_many_that_a_listing_answers(uploader, rival):
    """A listing tells no headers."""
    names = [f"2025071422{minute:02}00-a.jpg" for minute in range(2 * FEW_NAMES)]
    for name in names:
        sent_with(uploader, {"Content-Encoding": "gzip"}, name=name)
    results = rival.results("presign", files=[described(name, CONTENT) for name in names])
    assert {result["code"] for result in results} == {"headers_added"}
    assert not UploadLog.objects.filter(status__in=UploadLog.PROVEN).exists()


def test_nor_is_waiting_until_the_grant_runs_out(uploader):
    sent_with(uploader, {"Content-Encoding": "gzip"})
    run_out()
    assert settle_expired_grants() == {"mismatch": 1}
    assert UploadFailure.objects.get().code == "headers_added"


def test_once_a_maintainer_has_removed_it_it_can_be_sent_again(uploader, store, site):
    sent_with(uploader, {"Content-Encoding": "gzip"})
    uploader.results("confirm", files=[NAME])
    store.delete_object(Bucket=site.bucket.name, Key=site.key(NAME))
    assert uploader.send(NAME, CONTENT)["status"] == "verified"
    assert verified(uploader)["status"] == "stored"


def test_what_others_put_there_by_a_key_of_their_own_may_have_any_but_an_encoding(uploader, store, site):
    """rclone keeps a file's time as metadata; nobody asked the portal for a URL."""
    target = {"Bucket": site.bucket.name, "Key": site.key(NAME), "Body": CONTENT}
    store.put_object(**target, Metadata={"mtime": "1721000000"}, ContentType="binary/octet-stream")
    assert verified(uploader)["status"] == "stored"
    assert uploader.grant(NAME, CONTENT)["status"] == "stored"
    store.put_object(**target | {"Key": site.key("b.jpg")}, ContentEncoding="gzip")
    assert uploader.grant("b.jpg", CONTENT)["code"] == "headers_added"


def test_what_was_proven_is_not_asked_for_again(uploader, proxy):
    assert uploader.send(NAME, CONTENT)["status"] == "verified"
    proxy.seen.clear()
    assert uploader.grant(NAME, CONTENT)["status"] == "stored"
    assert verified(uploader)["status"] == "stored"
    assert proxy.count(method="HEAD") <= 2, "the two looks by name, of so few names"


def test_headers_that_the_store_gives_to_everything_are_not_the_clients(uploader, proxy):
    record = StoreProbe.objects.filter(endpoint=proxy.url).first().record
    record = record | {"own_headers": {"value": "Expires", "detail": ""}}
    StoreProbe.objects.create(endpoint=proxy.url, bucket="probe-for-tests", record=record)
    cache.clear()
    sent_with(uploader, {"Expires": ADDED["Expires"]})
    assert uploader.results("confirm", files=[NAME])[0]["status"] == "verified"


def test_what_browsers_and_proxies_add_of_themselves_is_no_fault(uploader):
    """With "disable cache" in its developer tools Chromium sends these two with every request."""
    sent_with(uploader, {"Cache-Control": "no-cache", "Pragma": "no-cache"})
    assert uploader.results("confirm", files=[NAME])[0]["status"] == "verified"


@pytest.mark.usefixtures("unprobed_store")
def test_where_nobody_saw_what_the_store_gives_an_encoding_alone_counts(uploader):
    sent_with(uploader, {"Expires": ADDED["Expires"]})
    assert uploader.results("confirm", files=[NAME])[0]["status"] == "verified"
    sent_with(uploader, {"Content-Encoding": "gzip"}, name="b.jpg")
    assert uploader.results("confirm", files=["b.jpg"])[0]["code"] == "headers_added"
