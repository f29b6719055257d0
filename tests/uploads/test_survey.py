"""Does the selection fit the place? Seasons, neighbours, clocks, and who may ask."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deployments.models import Deployment
from tests.people import make_deployment, signed_in
from uploads.models import UploadLog, UploadSession

URL = "/api/v1/uploads/survey/"
OLD_SEASON = {"first_day": date(2024, 4, 1), "last_day": date(2024, 9, 30)}


@pytest.fixture
def wetland(panama) -> Deployment:
    """This season's deployment, in the middle of Panama."""
    return make_deployment(
        "dep000119",
        panama,
        "Wetland",
        camera_id="A",
        status="active",
        first_day=date(2025, 4, 1),
        latitude="8.600000",
        longitude="-80.100000",
        time_zone="America/Panama",
    )


@pytest.fixture
def last_year(panama, wetland) -> Deployment:
    return make_deployment("dep000041", panama, "Wetland", camera_id="A", system_id="sys41", **OLD_SEASON)


def survey(user, hours: dict, **changes):
    body = {"deployment": "dep000119", "data_type": "snapshot_images", "hours": hours} | changes
    return signed_in(user).post(URL, body, format="json")


def nights(first: datetime, *, days: int, hours=range(20, 28), files: int = 4) -> dict[str, int]:
    """{"2024-05-01T20": 4, ...}"""
    return {
        (first + timedelta(days=day, hours=hour)).strftime("%Y-%m-%dT%H"): files
        for day in range(days)
        for hour in hours
    }


def test_a_card_of_last_year_is_told_with_the_deployment_that_fits(colleague, wetland, last_year):
    hours = nights(datetime(2024, 5, 1), days=10) | {
        "2025-06-01T23": 7,
        "1970-01-01T00": 3,
        "1999-12-31T23": 1,
        "2000-01-01T00": 2,
        "2099-01-01T00": 5,
    }
    response = survey(colleague, hours, undated=12)
    assert response.status_code == 200, response.json()
    told = response.json()
    assert told.pop("nights")["verdict"] == "fine"
    assert told == {
        "files": 350,
        "dated": 338,
        "undated": 12,
        "reset": 4,
        "ahead": 5,
        "in_season": 7,
        "outside": 322,
        "first_day": "2000-01-01",
        "last_day": "2025-06-01",
        "outside_first_day": "2000-01-01",
        "outside_last_day": "2024-05-11",
        "season": {"deployment": "dep000119", "first_day": "2025-04-01", "last_day": None},
        "needs_reason": True,
        "fits": [
            {
                "deployment": "dep000041",
                "location_name": "Wetland",
                "camera_id": "A",
                "system_id": "sys41",
                "first_day": "2024-04-01",
                "last_day": "2024-09-30",
                "is_active": False,
                "may_upload": False,
                "files": 320,
            }
        ],
    }
    assert not UploadSession.objects.exists()
    assert not UploadLog.objects.exists()


def test_a_card_of_this_season_needs_no_reason(colleague, wetland, last_year):
    told = survey(colleague, {"2025-04-01T00": 1, "2025-07-01T22": 1}).json()
    assert (told["in_season"], told["outside"], told["needs_reason"]) == (2, 0, False)
    assert (told["outside_first_day"], told["outside_last_day"]) == (None, None)
    assert told["fits"] == []


def test_the_morning_after_the_last_night_is_in_season(colleague, wetland):
    Deployment.objects.filter(pk=wetland.pk).update(last_day=date(2025, 9, 30))
    told = survey(colleague, {"2025-10-01T05": 3, "2025-10-02T00": 1}).json()
    assert (told["in_season"], told["outside"]) == (3, 1)


def test_nothing_is_outside_a_season_that_is_not_known(colleague, wetland):
    Deployment.objects.update(first_day=None)
    told = survey(colleague, {"2010-01-01T00": 3}).json()
    assert (told["in_season"], told["outside"], told["needs_reason"]) == (3, 0, False)
    assert told["season"] == {"deployment": "dep000119", "first_day": None, "last_day": None}


def test_an_empty_or_undated_selection_has_no_days(colleague, wetland, last_year):
    told = survey(colleague, {"1970-01-01T00": 2}, undated=3).json()
    assert (told["files"], told["reset"], told["first_day"], told["last_day"]) == (5, 2, None, None)
    assert (told["fits"], told["nights"]["verdict"]) == ([], "unknown")
    assert survey(colleague, {}).json()["files"] == 0


def test_neighbours_stand_at_the_same_place_best_first(colleague, panama, kenya, wetland, last_year):
    half = {"first_day": date(2024, 5, 6), "last_day": date(2024, 9, 1)}
    make_deployment("dep000042", panama, "Wetland", camera_id="B", status="active", **half)
    make_deployment("dep000012", panama, "Wetland", camera_id="A", first_day=date(2023, 4, 1))  # never ended
    make_deployment("dep000043", panama, "Wetland", camera_id="C")  # season unknown
    make_deployment("dep000044", panama, "Elsewhere", **OLD_SEASON)
    make_deployment("dep000046", kenya, "Wetland", **OLD_SEASON)
    fits = survey(colleague, nights(datetime(2024, 5, 1), days=10)).json()["fits"]
    assert [(fit["deployment"], fit["files"], fit["may_upload"]) for fit in fits] == [
        ("dep000041", 320, False),
        ("dep000012", 320, False),
        ("dep000042", 176, True),
    ]


def test_a_shifted_clock_is_told(colleague, wetland):
    by_day = nights(datetime(2025, 5, 1), days=10, hours=range(8, 16))
    told = survey(colleague, by_day).json()["nights"]
    assert told == {"judged": 320, "dark": 0, "verdict": "shifted", "shift_h": 12}
    assert survey(colleague, by_day, data_type="audible_recordings").json()["nights"] == {
        "judged": 0,
        "dark": 0,
        "verdict": "unknown",
        "shift_h": 0,
    }
    Deployment.objects.update(latitude=None, longitude=None)
    assert survey(colleague, by_day).json()["nights"]["verdict"] == "unknown"


def test_clocks_that_were_reset_are_not_judged_by_the_sun(colleague, wetland):
    at_noon = nights(datetime(1970, 1, 1), days=30, hours=[12])
    assert survey(colleague, at_noon).json()["nights"]["judged"] == 0


def test_a_retired_deployment_may_be_surveyed(colleague, wetland):
    Deployment.objects.update(status="inactive")
    assert survey(colleague, {"2025-07-01T22": 1}).status_code == 200


def test_who_may_ask(colleague, outsider, maintainer, kenya, wetland):
    for user, changes, status, code in (
        (outsider, {}, 404, "deployment_unknown"),
        (colleague, {"deployment": "dep999999"}, 404, "deployment_unknown"),
        (colleague, {"data_type": "aquatic_recordings"}, 403, "data_type_not_allowed"),
    ):
        response = survey(user, {"2025-07-01T22": 1}, **changes)
        assert (response.status_code, response.json()["code"]) == (status, code)
    assert survey(maintainer, {}).status_code == 200
    maintainer.buckets.add(kenya)
    assert survey(maintainer, {}).json()["code"] == "bucket_not_allowed"


@pytest.mark.parametrize(
    "hour",
    ["2025-07-14", "2025-7-14T22", "2025-02-30T22", "2025-07-14T24", "0000-01-01T00", "", "٢٠٢٥-07-14T22", "x" * 99],
)
def test_a_bad_hour_is_named(colleague, wetland, hour):
    response = survey(colleague, {"2025-07-14T22": 1, hour: 1})
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert list(response.json()["fields"]) == [f"hours.{hour[:40]}"]


@pytest.mark.parametrize("files", [0, -1, 1.5, "3", None, True, 2**31])
def test_a_bad_number_of_files_is_named_with_its_hour(colleague, wetland, files):
    response = survey(colleague, {"2025-07-14T22": files})
    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["hours.2025-07-14T22"]


@pytest.mark.parametrize("hours", [None, [], "2025-07-14T22", 3])
def test_hours_are_an_object(colleague, wetland, hours):
    assert list(survey(colleague, hours).json()["fields"]) == ["hours"]


def test_hours_are_capped_and_a_thousand_faults_named_by_a_few(colleague, wetland):
    first = datetime(2001, 1, 1, tzinfo=UTC)
    hours = {(first + timedelta(hours=n)).strftime("%Y-%m-%dT%H"): 1 for n in range(60_001)}
    response = survey(colleague, hours)
    assert (response.status_code, list(response.json()["fields"])) == (400, ["hours"])
    hours.popitem()
    assert survey(colleague, hours).json()["dated"] == 60_000
    assert len(survey(colleague, {f"bad {n}": 1 for n in range(1_000)}).json()["fields"]) == 20


def test_queries_do_not_grow_with_hours_and_neighbours(colleague, panama, wetland, django_assert_num_queries):
    hours = nights(datetime(2024, 5, 1), days=10)
    survey(colleague, {})  # the role is remembered from here on
    with django_assert_num_queries(3):  # the deployment, whether its bucket is open, the neighbours
        survey(colleague, {"2024-05-01T22": 1})
    for number in range(20):
        make_deployment(f"dep0002{number:02d}", panama, "Wetland", camera_id=f"B{number}", **OLD_SEASON)
    with django_assert_num_queries(3):
        assert len(survey(colleague, hours).json()["fits"]) == 20
