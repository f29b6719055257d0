"""The export as Camtrap DP, held against the rules of the standard; and as GeoJSON."""

import csv
import io
import json
import re
from datetime import datetime

import pytest

from deployments.formats.camtrap import left_out, write_camtrap
from deployments.formats.exports import write_geojson
from deployments.models import Deployment, HardwareConfig
from tests.people import make_deployment, signed_in

pytestmark = pytest.mark.django_db
URL = "/api/v1/deployments/"
# What the standard says of each column, in its order: kind, required, least, most.
# Source: https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0/deployments-table-schema.json
SCHEMA = {
    "deploymentID": ("string", True, None, None),
    "locationID": ("string", False, None, None),
    "locationName": ("string", False, None, None),
    "latitude": ("number", True, -90, 90),
    "longitude": ("number", True, -180, 180),
    "coordinateUncertainty": ("integer", False, 1, None),
    "deploymentStart": ("datetime", True, None, None),
    "deploymentEnd": ("datetime", True, None, None),
    "setupBy": ("string", False, None, None),
    "cameraID": ("string", False, None, None),
    "cameraModel": ("string", False, None, None),
    "cameraDelay": ("integer", False, 0, None),
    "cameraHeight": ("number", False, 0, None),
    "cameraDepth": ("number", False, 0, None),
    "cameraTilt": ("integer", False, -90, 90),
    "cameraHeading": ("integer", False, 0, 360),
    "detectionDistance": ("number", False, 0, None),
    "timestampIssues": ("boolean", False, None, None),
    "baitUse": ("boolean", False, None, None),
    "featureType": ("string", False, None, None),
    "habitat": ("string", False, None, None),
    "deploymentGroups": ("string", False, None, None),
    "deploymentTags": ("string", False, None, None),
    "deploymentComments": ("string", False, None, None),
}
_READ = {
    "string": str,
    "number": float,
    "integer": int,
    "boolean": {"true": True, "false": False}.__getitem__,
    "datetime": lambda text: datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z"),
}


def rows_of(data: bytes) -> list[dict[str, str]]:
    """The rows of a file, each value checked as the standard says."""
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert reader.fieldnames == list(SCHEMA)
    rows = list(reader)
    for row in rows:
        for name, (kind, required, least, most) in SCHEMA.items():
            if not row[name]:
                assert not required, name
                continue
            value = _READ[kind](row[name])
            assert least is None or value >= least, name
            assert most is None or value <= most, name
    assert len({row["deploymentID"] for row in rows}) == len(rows)
    return rows


def season(deployment_id: str, bucket, place: str = "Khao Yai เขาใหญ่", **fields) -> Deployment:
    known = {
        "latitude": "14.439000",
        "longitude": "-101.372000",
        "first_day": "2025-03-01",
        "last_day": "2025-11-30",
        "time_zone": "America/Costa_Rica",
        **fields,
    }
    return make_deployment(deployment_id, bucket, place, **known)


@pytest.fixture
def all_of_it():
    return Deployment.objects.filter(bucket__is_test=False).select_related("bucket", "hardware")


def test_a_row_with_everything(panama, all_of_it):
    hardware = HardwareConfig.objects.get(number=5)
    season("dep000001", panama, camera_id="81B1", system_id="sys1", hardware=hardware)
    (row,) = rows_of(b"".join(write_camtrap(all_of_it)))
    assert row["locationName"] == "Khao Yai เขาใหญ่"
    assert (row["latitude"], row["longitude"]) == ("14.439000", "-101.372000")
    assert row["deploymentStart"] == "2025-03-01T00:00:00-06:00"
    assert row["deploymentEnd"] == "2025-11-30T23:59:59-06:00"
    assert (row["cameraID"], row["cameraModel"]) == ("81B1", "Logitech-Brio")
    assert (row["timestampIssues"], row["baitUse"]) == ("false", "true")
    assert row["deploymentGroups"] == "bucket:pan | system:sys1"
    assert "LepiLED" in row["deploymentComments"]


def test_summer_time_and_an_unknown_time_zone(panama, all_of_it):
    season("dep000001", panama, time_zone="Europe/London", last_day="2025-09-30")
    season("dep000002", panama, time_zone="")
    london, unknown = rows_of(b"".join(write_camtrap(all_of_it)))
    assert (london["deploymentStart"], london["timestampIssues"]) == ("2025-03-01T00:00:00+00:00", "false")
    assert london["deploymentEnd"] == "2025-09-30T23:59:59+01:00"
    assert (unknown["deploymentStart"], unknown["timestampIssues"]) == ("2025-03-01T00:00:00Z", "true")


def test_what_lacks_something_is_left_out_and_counted(panama, all_of_it):
    season("dep000001", panama)
    season("dep000002", panama, latitude=None, longitude=None, last_day=None)
    season("dep000003", panama, first_day=None)
    assert [row["deploymentID"] for row in rows_of(b"".join(write_camtrap(all_of_it)))] == ["dep000001"]
    assert left_out(all_of_it) == (2, {"coordinates": 1, "a last day": 1, "a first day": 1})


def test_no_cell_of_hardware_is_a_live_formula(panama, all_of_it):
    hardware = HardwareConfig.objects.create(number=99, camera="=cmd|' /C calc'!A0", attractant_light="@x")
    season("dep000001", panama, hardware=hardware)
    (row,) = rows_of(b"".join(write_camtrap(all_of_it)))
    assert row["cameraModel"].startswith("'=")
    assert not [text for text in row.values() if text.startswith(("=", "+", "@"))]


def test_the_api_gives_each_the_own_and_tells_what_is_left_out(panama, kenya, colleague, script, outsider):
    season("dep000001", panama)
    season("dep000002", panama, last_day=None)
    season("dep000003", kenya)
    for user, ids in ((colleague, ["dep000001"]), (script, ["dep000001"]), (outsider, [])):
        response = signed_in(user).get(f"{URL}?format=camtrap")
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == 'attachment; filename="deployments.csv"'
        assert response["X-Deployments-Left-Out"] == str(len(ids))
        assert [row["deploymentID"] for row in rows_of(response.getvalue())] == ids


def test_the_api_as_geojson(panama, kenya, colleague, maintainer):
    season("dep000001", panama)
    season("dep000002", panama, latitude=None, longitude=None)
    season("dep000003", kenya)
    response = signed_in(colleague).get(f"{URL}?format=geojson&search=dep")
    assert response["Content-Type"] == "application/geo+json"
    found = json.loads(response.getvalue())
    assert found["type"] == "FeatureCollection"
    assert [(f["type"], f["id"]) for f in found["features"]] == [("Feature", "dep000001"), ("Feature", "dep000002")]
    assert found["features"][0]["geometry"] == {"type": "Point", "coordinates": [-101.372, 14.439]}
    assert found["features"][1]["geometry"] is None
    assert len(json.loads(signed_in(maintainer).get(f"{URL}?format=geojson").getvalue())["features"]) == 3


def test_no_deployments_are_still_a_feature_collection():
    assert json.loads(b"".join(write_geojson([]))) == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize("of", ["camtrap", "geojson", "csv"])
def test_the_api_asks_no_more_for_many(panama, maintainer, of, django_assert_max_num_queries):
    for number in range(1, 30):
        season(
            f"dep{number:06d}", panama, hardware=HardwareConfig.objects.get(number=number % 7 + 1), place=f"P{number}"
        )
    http = signed_in(maintainer)
    with django_assert_max_num_queries(4):
        data = http.get(f"{URL}?format={of}").getvalue()
    assert len(re.findall(rb"dep0000\d\d", data)) >= 29


@pytest.mark.parametrize("of", ["camtrap", "geojson"])
def test_nobody_reads_without_signing_in(client, panama, of):
    season("dep000001", panama)
    assert client.get(f"{URL}?format={of}").status_code == 401
