"""Rules of every call: no transaction over the network (10), no secret anywhere (6), flat memory (8)."""

import json
import logging
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from amiportal.objectstore import http
from amiportal.objectstore.listing import stream
from tests.people import PASSWORD
from tests.uploads.conftest import described
from uploads.models import UploadLog
from uploads.services.expired_grants import settle_expired_grants


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_store_is_asked(uploader, site, monkeypatch):
    calls = []
    real = http.Wire.send

    def watched(self, method, **request):
        calls.append(method)
        assert not connection.in_atomic_block
        return real(self, method, **request)

    monkeypatch.setattr(http.Wire, "send", watched)
    uploader.results("check", files=[described("a.jpg", b"a"), described("b.jpg", b"b")])
    uploader.send("a.jpg", b"a")
    uploader.grant("a.jpg", b"a")
    uploader.grant("a.jpg", b"other")
    uploader.grant("b.jpg", b"b")
    UploadLog.objects.filter(filename="b.jpg").update(grant_expires_at="2020-01-01T00:00:00Z")
    settle_expired_grants()
    uploader.call("finish")
    fields = {
        "username": uploader.user.username,
        "password": PASSWORD,
        "name": "x",
        "country": site.bucket.name,
        "deployment": site.deployment.deployment_id,
        "data_type": "snapshot_images",
        "filename": "c.jpg",
        "file_type": "image/jpeg",
    }
    assert Client().post("/generate-presigned-url/", fields).status_code == 200
    assert Client().post("/check-file-exist/", fields).status_code == 200
    assert len(calls) >= 8


def test_no_secret_is_logged_or_answered_in_errors(uploader, caplog, settings, monkeypatch):
    """Canaries: the store's key, a URL's signature, a password, a token."""
    caplog.set_level(logging.DEBUG)
    granted = uploader.grant("a.jpg", b"a")
    signature = granted["url"].rpartition("X-Amz-Signature=")[2]
    assert len(signature) == 64
    seen = []
    Client().post("/check-file-exist/", {"username": "someone", "password": "canary-password"})
    Client().get("/api/v1/uploads/log/", headers={"Authorization": "Token canary-token"})
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    settings.S3_MAX_ATTEMPTS = 1
    response = uploader.call("confirm", files=["a.jpg"])
    assert response.status_code == 503
    seen += [
        response.content.decode(),
        uploader.http.get("/api/v1/uploads/log/", {"format": "ndjson"}).getvalue().decode(),
    ]
    text = "\n".join([caplog.text, *seen])
    for canary in (
        signature,
        "canary-password",
        "canary-token",
        settings.S3_SECRET_ACCESS_KEY,
        settings.S3_ACCESS_KEY_ID,
    ):
        assert canary not in text


def test_a_listing_of_many_objects_streams(site, store):
    """Ten times the pages must not take ten times the memory."""
    prefix = "dep000119/snapshot_images/"
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda n: store.put_object(Bucket=site.bucket.name, Key=f"{prefix}{n:05d}.jpg", Body=b""), range(1_000)
            )
        )

    def peak_bytes(under: str, stop_at: int) -> int:
        tracemalloc.start()
        for count, _ in enumerate(stream(site.bucket.name, under, page_size=30), 1):
            if count == stop_at:
                break
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == stop_at
        return peak

    three_pages = peak_bytes(f"{prefix}000", 90)
    assert peak_bytes(prefix, 900) < 1.5 * three_pages


def test_names_that_no_database_takes_are_refused_not_crashed_upon(uploader):
    body = '{"files": [{"name": "a\\ud800.jpg", "size": 1, "md5": "%s", "path": "x\\ud800\\u0000y"}]}' % ("0" * 32)
    path = f"/api/v1/uploads/sessions/{uploader.session_id}"
    (result,) = json.loads(uploader.http.post(f"{path}/presign/", body, content_type="application/json").content)[
        "files"
    ]
    assert result["status"] == "refused"
    good = body.replace("a\\ud800.jpg", "a.jpg")
    (result,) = json.loads(uploader.http.post(f"{path}/presign/", good, content_type="application/json").content)[
        "files"
    ]
    assert result["status"] == "granted"
    assert UploadLog.objects.get().path_on_card == "x?\ufffdy"
    for name in ("a\\ud800.jpg", "a\\u0000.jpg"):
        response = uploader.http.post(f"{path}/confirm/", f'{{"files": ["{name}"]}}', content_type="application/json")
        assert response.status_code in (200, 400)


def test_the_portal_s_own_key_signs_urls_for_the_public_address(uploader, settings):
    settings.S3_PUBLIC_ENDPOINT_URL = "https://store.example.org"
    assert uploader.grant("a.jpg", b"a")["url"].startswith("https://store.example.org/")
