"""What remains of an upload: the signed receipt and the log, as pages and as streams."""

import base64
import csv
import hashlib
import io
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.uploads.conftest import described
from uploads.models import UploadLog
from uploads.receipts.check import canonical
from uploads.receipts.keys import public_key


def read(response) -> str:
    return b"".join(response.streaming_content).decode()


def test_a_receipt_proves_itself_offline(uploader):
    uploader.open(files=2)
    uploader.send("a.jpg", b"a")
    uploader.send("b.jpg", b"bb")
    assert uploader.http.get(f"/api/v1/uploads/sessions/{uploader.session_id}/receipt/").status_code == 409
    uploader.call("finish")
    receipt = json.loads(read(uploader.http.get(f"/api/v1/uploads/sessions/{uploader.session_id}/receipt/")))
    assert [(f["name"], f["size_bytes"], f["status"]) for f in receipt["files"]] == [
        ("a.jpg", 1, "verified"),
        ("b.jpg", 2, "verified"),
    ]
    assert receipt["files"][0]["md5"] == hashlib.md5(b"a").hexdigest()
    assert receipt["files"][0]["key"] == uploader.site.key("a.jpg")

    lines = "".join(canonical(file) + "\n" for file in receipt["files"])
    assert hashlib.sha256(lines.encode()).hexdigest() == receipt["summary"]["files_sha256"]
    assert receipt["summary"]["safe_to_wipe"] is True
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key()))
    signature = base64.b64decode(receipt["signature"])
    key.verify(signature, canonical(receipt["summary"]).encode())
    with pytest.raises(InvalidSignature):
        key.verify(signature, canonical(receipt["summary"] | {"verified": 3}).encode())


def test_a_receipt_counts_the_newest_row_of_each_name(uploader):
    uploader.open(files=1)
    uploader.grant("a.jpg", b"first try")
    uploader.call("failures", failures=[{"name": "a.jpg", "code": "network"}])
    uploader.send("a.jpg", b"first try")
    assert UploadLog.objects.count() == 2
    assert uploader.call("finish").json()["safe_to_wipe"] is True
    receipt = json.loads(read(uploader.http.get(f"/api/v1/uploads/sessions/{uploader.session_id}/receipt/")))
    assert [file["status"] for file in receipt["files"]] == ["verified"]


def test_chosen_files_that_never_came_are_counted_as_unproven(uploader):
    uploader.open(files=3)
    uploader.send("a.jpg", b"a")
    uploader.call("finish")
    receipt = json.loads(read(uploader.http.get(f"/api/v1/uploads/sessions/{uploader.session_id}/receipt/")))
    told = {name: receipt["summary"][name] for name in ("files", "selected_files", "unproven", "safe_to_wipe")}
    assert told == {"files": 1, "selected_files": 3, "unproven": 2, "safe_to_wipe": False}


def test_the_log_in_three_forms(uploader):
    uploader.results("presign", files=[described(f"{n}.jpg", b"x%d" % n, path="=cmd()") for n in range(5)])
    page = uploader.http.get("/api/v1/uploads/log/", {"page_size": 2}).json()
    assert [row["filename"] for row in page["results"]] == ["4.jpg", "3.jpg"]
    rest = uploader.http.get(page["next"]).json()
    assert [row["filename"] for row in rest["results"]] == ["2.jpg", "1.jpg"]

    rows = list(csv.DictReader(io.StringIO(read(uploader.http.get("/api/v1/uploads/log/", {"format": "csv"})))))
    assert len(rows) == 5
    assert {row["path_on_card"] for row in rows} == {"'=cmd()"}
    lines = read(uploader.http.get("/api/v1/uploads/log/", {"format": "ndjson"})).splitlines()
    assert [json.loads(line)["filename"] for line in lines] == [f"{n}.jpg" for n in (4, 3, 2, 1, 0)]
    assert uploader.http.get("/api/v1/uploads/log/", {"format": "xml"}).json()["code"] == "invalid"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"status": "verified"}, ["a.jpg"]),
        ({"name_prefix": "b"}, ["b.jpg"]),
        ({"deployment": "dep000119"}, ["b.jpg", "a.jpg"]),
        ({"deployment": "dep000041"}, []),
        ({"data_type": "motion_images"}, []),
        ({"uploader": "nobody"}, []),
        ({"granted_to": "2020-01-01"}, []),
        ({"granted_from": "2020-01-01"}, ["b.jpg", "a.jpg"]),
    ],
)
def test_the_log_is_filtered(uploader, query, names):
    uploader.send("a.jpg", b"a")
    uploader.grant("b.jpg", b"b")
    response = uploader.http.get("/api/v1/uploads/log/", query)
    assert [row["filename"] for row in response.json()["results"]] == names


@pytest.mark.parametrize("query", [{"status": "nonsense"}, {"granted_from": "tomorrow"}, {"session": "x"}])
def test_a_filter_that_makes_no_sense_is_an_error(uploader, query):
    response = uploader.http.get("/api/v1/uploads/log/", query)
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert set(response.json()["fields"]) == set(query)


def test_failures_reach_the_ledger(uploader):
    uploader.grant("a.jpg", b"a")
    response = uploader.call(
        "failures", failures=[{"name": "a.jpg", "code": "network", "message": "gone", "attempts": 10}]
    )
    assert (response.status_code, response.json()) == (201, {"recorded": 1})
    row = UploadLog.objects.get()
    assert (row.status, row.error_code) == ("failed", "network")
    assert uploader.call("finish").json()["safe_to_wipe"] is False
