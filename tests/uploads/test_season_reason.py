"""Files from outside the season are sent only when somebody said why."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deployments.models import Deployment
from tests.uploads.conftest import described
from tests.uploads.legacy_client import PASSWORD as LEGACY_PASSWORD
from uploads.models import UploadLog, UploadSession

OUTSIDE = ["20240501220000-snapshot.jpg", "20250331235959-snapshot.jpg", "20251002000000-snapshot.jpg"]
TAKEN = [
    "20250401000000-snapshot.jpg",
    "20251001055959-snapshot.jpg",  # the last night's morning
    "19700101000114-snapshot.jpg",  # reset
    "20990101000000-snapshot.jpg",  # ahead
    "snapshot.jpg",
]


@pytest.fixture(autouse=True)
def season(site) -> None:
    Deployment.objects.filter(pk=site.deployment.pk).update(first_day=date(2025, 4, 1), last_day=date(2025, 9, 30))


def files(names) -> list[dict]:
    return [described(name, name.encode()) for name in names]


def open_with(uploader, reason: str):
    body = {"deployment": "dep000119", "data_type": "snapshot_images", "season_reason": reason}
    response = uploader.http.post("/api/v1/uploads/sessions/", body, format="json")
    if response.status_code == 201:
        uploader.session_id = response.json()["id"]
    return response


def test_without_a_reason_they_are_refused_and_leave_no_row(uploader, objects):
    results = uploader.results("presign", files=files([*OUTSIDE, *TAKEN]))
    assert [(r["status"], r["code"]) for r in results] == [("refused", "outside_season")] * 3 + [("granted", "")] * 5
    assert "2025-04-01 – 2025-09-30" in results[0]["message"]
    assert not any("url" in result for result in results[:3])
    assert set(UploadLog.objects.values_list("filename", flat=True)) == set(TAKEN)
    assert objects() == {}


def test_with_a_reason_they_are_granted_and_the_session_keeps_it(uploader):
    response = open_with(uploader, "  The clock was a year behind. ")
    assert response.json()["season_reason"] == "The clock was a year behind."
    results = uploader.results("presign", files=files(OUTSIDE))
    assert {result["status"] for result in results} == {"granted"}
    assert UploadSession.objects.get(pk=uploader.session_id).season_reason == "The clock was a year behind."
    shown = uploader.http.get(f"/api/v1/uploads/sessions/{uploader.session_id}/").json()
    assert shown["season_reason"] == "The clock was a year behind."


def test_a_reason_is_none_when_blank_and_has_an_end(uploader):
    assert open_with(uploader, "   ").json()["season_reason"] == ""
    assert uploader.results("presign", files=files(OUTSIDE[:1]))[0]["status"] == "refused"
    assert open_with(uploader, "x" * 500).status_code == 201
    response = open_with(uploader, "x" * 501)
    assert (response.status_code, list(response.json()["fields"])) == (400, ["season_reason"])


def test_check_warns_and_refuses_nothing(uploader):
    results = uploader.results("check", files=files(OUTSIDE[:1]))
    assert results[0]["status"] == "new"
    assert [warning["code"] for warning in results[0]["warnings"]] == ["outside_season"]


def test_a_plain_date_of_any_shape_is_compared_and_a_time_that_is_not_looked_for_is_said(uploader):
    names = [
        "2024-06-01_22-00-00.jpg",
        "PXL_20250714_220000123.jpg",
        "20250714220000-snapshot.jpg",
        "19700101_000114.jpg",
    ]
    results = uploader.results("check", files=files(names))
    assert [[warning["code"] for warning in result["warnings"]] for result in results] == [
        ["outside_season", "time_unread"],
        ["time_unread"],
        [],
        ["clock_reset"],
    ]
    results = uploader.results("presign", files=files(names))
    assert [result["status"] for result in results] == ["refused", "granted", "granted", "granted"]
    said = dict(UploadLog.objects.values_list("filename", "device_time"))
    assert f"{said['PXL_20250714_220000123.jpg']:%Y-%m-%d %H:%M:%S}" == "2025-07-14 22:00:00"


def test_what_is_wrong_with_the_file_itself_is_said_first(uploader):
    (result,) = uploader.results("presign", files=[{"name": OUTSIDE[0], "size": 1}])
    assert result["code"] == "md5_invalid"


def test_no_season_bars_nothing(uploader, site):
    Deployment.objects.filter(pk=site.deployment.pk).update(first_day=None, last_day=None)
    results = uploader.results("presign", files=files(OUTSIDE))
    assert {result["status"] for result in results} == {"granted"}


def test_the_rule_asks_no_query(uploader, site):
    def queries(names) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            uploader.results("presign", files=files(names))
        return len(captured)

    queries(["20250501000000-a.jpg"])
    with_season = queries(["20250501000000-b.jpg", OUTSIDE[0]])
    Deployment.objects.filter(pk=site.deployment.pk).update(first_day=None, last_day=None)
    assert with_season == queries(["20250501000000-c.jpg", "20250501000000-d.jpg"])


def test_field_clients_are_granted_as_before(account, site):
    """Their contract knows no reason."""
    fields = {
        "username": account.username,
        "password": LEGACY_PASSWORD,
        "name": "x",
        "country": site.bucket.name,
        "deployment": "dep000119",
        "data_type": "snapshot_images",
        "filename": OUTSIDE[0],
        "file_type": "image/jpeg",
    }
    assert Client().post("/generate-presigned-url/", fields).status_code == 200
    assert UploadLog.objects.get().filename == OUTSIDE[0]
