"""Rule 7: batches are capped and answered per file, in order; one bad file fails no other. Rule 3, fuzzed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.uploads.conftest import described, put
from uploads.models import UploadLog


@pytest.mark.parametrize("step", ["check", "presign", "confirm", "failures"])
def test_1001_files_are_too_many(uploader, step):
    many = {
        "confirm": {"files": [f"{n}.jpg" for n in range(1_001)]},
        "failures": {"failures": [{"code": "network"}] * 1_001},
    }.get(step, {"files": [described(f"{n}.jpg", b"x") for n in range(1_001)]})
    response = uploader.call(step, **many)
    assert (response.status_code, response.json()["code"]) == (400, "batch_too_large")
    assert not UploadLog.objects.exists()


@pytest.mark.parametrize(("told", "kept"), [("zeros", "zeros"), ("moths", ""), ([], ""), ({}, ""), (None, ""), (7, "")])
def test_damage_is_kept_where_it_is_one_that_is_known(uploader, told, kept):
    (result,) = uploader.results("presign", files=[described("a.jpg", b"x") | {"damage": told}])
    assert result["status"] == "granted"
    assert UploadLog.objects.get().damage == kept


def test_1000_files_are_taken_in_order(uploader):
    names = [f"{(n * 7919) % 1_000:04d}.jpg" for n in range(1_000)]
    results = uploader.results("presign", files=[described(name, name.encode()) for name in names])
    assert [result["name"] for result in results] == names
    assert {result["status"] for result in results} == {"granted"}
    assert UploadLog.objects.filter(status="granted").count() == 1_000


def test_one_bad_file_fails_no_other(uploader):
    good = described("a.jpg", b"x")
    files = [
        good,
        described("../b.jpg", b"x"),
        described("c.exe", b"x"),
        described("d.jpg", b""),
        good | {"name": "e.jpg", "md5": "nonsense"},
        {"name": "f.jpg", "size": 1},
        good | {"name": "g.jpg", "size": "1"},
        good | {"name": "h.jpg", "size": -1},
        good | {"name": "i.jpg", "size": 51 * 1024**3},
        good | {"name": "j.jpg", "size": 6 * 1024**3},
        described("z.jpg", b"z"),
    ]
    results = uploader.results("presign", files=files)
    assert [result["name"] for result in results] == [file["name"] for file in files]
    assert [(result["status"], result["code"]) for result in results] == [
        ("granted", ""),
        ("refused", "name_path"),
        ("refused", "extension"),
        ("refused", "empty"),
        ("refused", "md5_invalid"),
        ("refused", "md5_invalid"),
        ("refused", "size_invalid"),
        ("refused", "size_invalid"),
        ("refused", "too_large"),
        ("refused", "parts_needed"),
        ("granted", ""),
    ]
    assert set(UploadLog.objects.values_list("filename", flat=True)) == {"a.jpg", "z.jpg"}


@pytest.mark.parametrize("files", [None, "a.jpg", [1], [{"size": 1}], [{"name": 3}], {"name": "a.jpg"}])
def test_what_is_no_list_of_files_is_an_error_with_its_place(uploader, files):
    response = uploader.call("presign", files=files)
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert any(field.startswith("files") for field in response.json()["fields"])


def test_an_empty_batch_is_answered_emptily(uploader):
    for step in ("check", "presign", "confirm"):
        assert uploader.results(step, files=[]) == []


def test_a_path_on_the_card_is_kept_as_told(uploader):
    uploader.results("presign", files=[described("a.jpg", b"x", path="DCIM/100MEDIA/a.jpg")])
    assert UploadLog.objects.get().path_on_card == "DCIM/100MEDIA/a.jpg"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=20, unique=True))
def test_fuzzed_names_stay_in_their_folder_byte_for_byte(uploader, store, site, names):
    """Whatever the store then has is exactly what was granted, below the deployment's prefix."""
    files = [described(f"{name}.jpg", name.encode("utf-8", "replace")) for name in names]
    granted = []
    for result in uploader.results("presign", files=files):
        if result["status"] == "granted":
            granted.append(result["name"])
            content = result["name"].removesuffix(".jpg").encode("utf-8", "replace")
            assert put(result["url"], result["headers"], content).status == 200
    live = set(UploadLog.objects.filter(status__in=UploadLog.LIVE).values_list("filename", flat=True))
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=site.bucket.name)
    keys = {item["Key"] for page in pages for item in page.get("Contents", [])}
    assert live >= set(granted)
    assert keys == {site.key(name) for name in live}
    confirmed = uploader.results("confirm", files=sorted(granted))
    assert {result["status"] for result in confirmed} <= {"verified"}
