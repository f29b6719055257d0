"""What the API takes and gives."""

from decimal import Decimal

import pytest

from deployments.formats.table import COLUMNS, read_table
from deployments.models import Bucket, Deployment, HardwareConfig
from tests.people import make_deployment, signed_in

URL = "/api/v1/deployments/"


@pytest.fixture
def http(maintainer):
    return signed_in(maintainer)


@pytest.fixture
def rich(ladera) -> Deployment:
    ladera.latitude, ladera.longitude = Decimal("9.009340"), Decimal("-80.171317")
    ladera.hardware = HardwareConfig.objects.get(number=3)
    ladera.time_zone = "America/Panama"
    ladera.first_day = "2026-05-01"
    ladera.save()
    return ladera


def test_a_deployment(http, rich):
    assert http.get(f"{URL}dep000045/").json() == {
        "deployment_id": "dep000045",
        "bucket": {
            "name": "pan",
            "title": "Panama",
            "data_types": ["snapshot_images", "motion_images", "audible_recordings", "ultrasound_recordings"],
        },
        "location_name": "Ladera",
        "latitude": 9.00934,
        "longitude": -80.171317,
        "time_zone": "America/Panama",
        "system_id": "sys000045",
        "camera_id": "81B1C025",
        "hardware": 3,
        "status": "active",
        "first_day": "2026-05-01",
        "last_day": None,
        "previous_season": None,
    }


def test_what_is_not_known_is_null(http, savanna):
    answer = http.get(f"{URL}dep000007/").json()
    assert (answer["latitude"], answer["longitude"], answer["hardware"], answer["system_id"]) == (None, None, None, "")


def test_create_change_retire_and_go_on(http, panama, maintainer):
    body = {
        "bucket": "pan",
        "location_name": "Torre",
        "latitude": 9.009890,
        "longitude": "-79.786784",
        "hardware": 5,
        "status": "active",
        "first_day": "2026-01-01",
    }
    made = http.post(URL, body, format="json").json()
    assert (made["latitude"], made["longitude"], made["hardware"]) == (9.00989, -79.786784, 5)
    one = f"{URL}{made['deployment_id']}/"
    changed = http.patch(one, {"hardware": None, "camera_id": " 2607679D "}, format="json").json()
    assert (changed["hardware"], changed["camera_id"]) == (None, "2607679D")
    new = http.post(f"{one}next-season/", {"first_day": "2026-06-01"}, format="json").json()
    assert new["previous_season"] == made["deployment_id"]
    assert http.get(one).json()["status"] == "inactive"
    retired = http.post(f"{URL}{new['deployment_id']}/retire/", {"reason": "over"}, format="json").json()
    assert retired["status"] == "inactive"
    assert Deployment.objects.get(deployment_id=new["deployment_id"]).retired_by == maintainer


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"latitude": 91}, "latitude"),
        ({"latitude": 9.1234567}, "latitude"),
        ({"latitude": 9.1}, "non_field_errors"),
        ({"location_name": "North - South"}, "location_name"),
        ({"location_name": "=1+1"}, "location_name"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"hardware": 99}, "hardware"),
        ({"bucket": "nowhere"}, "bucket"),
        ({"status": "retired"}, "status"),
        ({"first_day": "2026-05-02", "last_day": "2026-05-01"}, "non_field_errors"),
        ({"deployment_id": "dep000001"}, "deployment_id"),
        ({"camera": "misspelt"}, "camera"),
    ],
)
def test_refused_input_names_its_field(http, ladera, change, field):
    response = http.patch(f"{URL}dep000045/", change, format="json")
    assert response.status_code == 400, response.content
    assert list(response.json()["fields"]) == [field]
    assert ladera.history.count() == 1


def test_a_clash_names_the_other(http, ladera):
    body = {"bucket": "pan", "location_name": "Ladera", "camera_id": "81B1C025", "status": "active"}
    response = http.post(URL, body, format="json")
    assert (response.status_code, response.json()["code"]) == (409, "another_is_active")
    assert "dep000045" in response.json()["message"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("bucket=pan", ["dep000045"]),
        ("status=inactive", ["dep000009"]),
        ("search=savanna", ["dep000007", "dep000009"]),
        ("search=B1C0", ["dep000045"]),
        ("search=kenya&status=active", ["dep000007"]),
        ("open_for_upload=true&bucket=ken", ["dep000007"]),
        ("bucket=nowhere", []),
    ],
)
def test_filters(http, kenya, ladera, savanna, query, found):
    make_deployment("dep000009", kenya, "Savanna Gate 9")
    assert [d["deployment_id"] for d in http.get(f"{URL}?{query}").json()["results"]] == found


def test_a_filter_that_is_not_one(http):
    assert http.get(f"{URL}?status=gone").status_code == 400


def test_pages_and_queries(http, panama, django_assert_num_queries):
    for number in range(1, 31):
        make_deployment(f"dep{number:06d}", panama, "Torre", hardware_id=HardwareConfig.objects.first().pk)
    http.get(URL)
    with django_assert_num_queries(2):
        answer = http.get(f"{URL}?page_size=20&bucket=pan").json()
    assert (answer["count"], len(answer["results"])) == (30, 20)


def test_the_table_as_csv_is_streamed_and_readable(http, rich, savanna):
    response = http.get(f"{URL}?format=csv&status=active")
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    data = b"".join(response.streaming_content)
    assert data.startswith(b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n")
    assert [row.deployment_id for row in read_table(data).rows] == ["dep000007", "dep000045"]


def test_an_error_of_a_csv_call_is_the_envelope(http):
    response = http.get(f"{URL}?format=csv&status=gone")
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"


def test_a_bucket_here_and_in_the_store(http, store):
    response = http.post("/api/v1/buckets/", {"name": "api-made", "title": "Made by API"}, format="json")
    assert response.status_code == 201, response.content
    assert (response.json()["exists_in_store"], response.json()["cors_ok"]) == (True, True)
    store.head_bucket(Bucket="api-made")
    again = http.post("/api/v1/buckets/", {"name": "api-made", "title": "Made by API"}, format="json")
    assert again.status_code == 409


def test_after_a_fault_of_the_store_the_call_is_repeated(http):
    Bucket.objects.create(name="api-late", title="Late", store_error="The store was away.")
    response = http.post("/api/v1/buckets/", {"name": "api-late", "title": "Late"}, format="json")
    assert response.status_code == 201
    assert Bucket.objects.get(name="api-late").store_error == ""


def test_hardware(http):
    answer = http.get("/api/v1/hardware/").json()["results"]
    assert [config["number"] for config in answer] == [1, 2, 3, 4, 5, 6, 7]
    assert answer[5]["microphone"] == "AudioMoth"
