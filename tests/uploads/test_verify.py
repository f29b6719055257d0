"""Is this card safe? The store is asked, the ledger is not believed, and nothing is written."""

import pytest
from rest_framework.test import APIClient

from deployments.models import Deployment
from tests.uploads.conftest import described
from uploads.models import UploadFailure, UploadLog, UploadSession

URL = "/api/v1/uploads/verify/"


def verify(http, files: list, **changes):
    body = {"deployment": "dep000119", "data_type": "snapshot_images", "files": files} | changes
    return http.post(URL, body, format="json")


def outcomes(http, files: list) -> list[tuple[str, str]]:
    response = verify(http, files)
    assert response.status_code == 200, response.json()
    return [(result["status"], result["code"]) for result in response.json()["files"]]


def rows() -> tuple:
    return tuple(list(model.objects.values()) for model in (UploadSession, UploadLog, UploadFailure))


def test_each_file_is_told_in_the_order_asked(uploader, site, store):
    uploader.send("a.jpg", b"a")
    store.put_object(Bucket=site.bucket.name, Key=site.key("b.jpg"), Body=b"other")
    store.put_object(Bucket=site.bucket.name, Key=site.key("c.jpg"), Body=b"cc")
    files = [
        described("gone.jpg", b"x"),
        described("c.jpg", b"CC"),
        described("b.jpg", b"b"),
        described("../a.jpg", b"a"),
        {"name": "a.jpg", "size": 1},
        {"name": "a.jpg", "md5": "0" * 32},
        described("a.jpg", b"a"),
    ]
    before = rows()
    assert outcomes(uploader.http, files) == [
        ("missing", "missing"),
        ("mismatch", "stored_differs"),
        ("mismatch", "stored_differs"),
        ("refused", "name_path"),
        ("refused", "md5_invalid"),
        ("refused", "size_invalid"),
        ("stored", ""),
    ]
    names = [result["name"] for result in verify(uploader.http, files).json()["files"]]
    assert names == [file["name"] for file in files]
    assert rows() == before


def test_the_ledger_is_not_believed(uploader, site, store):
    uploader.send("a.jpg", b"a")
    store.delete_object(Bucket=site.bucket.name, Key=site.key("a.jpg"))
    assert UploadLog.objects.get().status == "verified"
    assert outcomes(uploader.http, [described("a.jpg", b"a")]) == [("missing", "missing")]


def test_of_two_files_with_one_name_the_stored_one_alone_is_safe(uploader, site, store):
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=b"1")
    files = [described("a.jpg", b"1"), described("a.jpg", b"2"), described("a.jpg", b"1")]
    assert [status for status, _ in outcomes(uploader.http, files)] == ["stored", "mismatch", "stored"]


def test_a_retired_deployment_is_verified(uploader, site, store):
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=b"a")
    Deployment.objects.filter(pk=site.deployment.pk).update(status="inactive")
    assert outcomes(uploader.http, [described("a.jpg", b"a")]) == [("stored", "")]


def test_another_data_type_is_another_folder(uploader, site, store):
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=b"a")
    response = verify(uploader.http, [described("a.jpg", b"a")], data_type="motion_images")
    assert response.json()["files"][0]["status"] == "missing"


@pytest.mark.usefixtures("unprobed_store")
def test_of_a_store_that_nothing_is_known_of_the_bytes_are_read(uploader, site, store):
    for name in ("a.jpg", "b.jpg"):
        store.put_object(Bucket=site.bucket.name, Key=site.key(name), Body=b"a")
    files = [described("a.jpg", b"a"), described("b.jpg", b"b"), described("c.jpg", b"c")]
    assert [status for status, _ in outcomes(uploader.http, files)] == ["stored", "mismatch", "missing"]


def test_a_store_that_cannot_tell_is_an_error_and_no_absence(uploader, settings):
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    settings.S3_MAX_ATTEMPTS = 1
    response = verify(uploader.http, [described("a.jpg", b"a")])
    assert (response.status_code, response.json()["code"]) == (503, "store_unavailable")


def test_who_may_ask(uploader, site, outsider):
    http = APIClient()
    http.force_authenticate(outsider)
    files = [described("a.jpg", b"a")]
    for client, changes, status, code in (
        (http, {}, 404, "deployment_unknown"),
        (uploader.http, {"deployment": "dep999999"}, 404, "deployment_unknown"),
        (uploader.http, {"data_type": "aquatic_recordings"}, 403, "data_type_not_allowed"),
        (uploader.http, {"data_type": "nonsense"}, 400, "invalid"),
        (uploader.http, {"files": "a.jpg"}, 400, "invalid"),
        (uploader.http, {"files": files * 1_001}, 400, "batch_too_large"),
    ):
        response = verify(client, **({"files": files} | changes))
        assert (response.status_code, response.json()["code"]) == (status, code)
    assert outcomes(uploader.http, []) == []


def test_a_full_batch(uploader, site, store):
    store.put_object(Bucket=site.bucket.name, Key=site.key("0500.jpg"), Body=b"x")
    files = [described(f"{number:04d}.jpg", b"x") for number in range(1_000)]
    found = outcomes(uploader.http, files)
    assert [index for index, (status, _) in enumerate(found) if status == "stored"] == [500]
    assert len(found) == 1_000
