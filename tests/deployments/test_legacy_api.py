"""The old clients' calls about deployments: status, body, types, order of keys."""

import base64
import json

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from deployments.formats.table import COLUMNS
from deployments.models import Bucket, Deployment
from tests.people import PASSWORD, make_deployment

pytestmark = pytest.mark.django_db
TO_CREATE = {
    "country": "Panama",
    "country_code": "PAN",
    "location_name": "Torre",
    "lat": "9.009890",
    "lon": "-79.786784",
    "camera_id": "FF2282E6",
    "hardware_id": "3",
}


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()


@pytest.fixture(params=["", "/"], ids=["no slash", "slash"])
def slash(request) -> str:
    return request.param


def basic(user) -> dict:
    credentials = base64.b64encode(f"{user.username}:{PASSWORD}".encode()).decode()
    return {"Authorization": f"Basic {credentials}"}


def form(user, **fields) -> dict:
    return {"username": user.username, "password": PASSWORD, **fields}


def missing(*names: str) -> dict:
    return {
        "detail": [{"type": "missing", "loc": ["body", name], "msg": "Field required", "input": None} for name in names]
    }


def test_get_deployments(client, maintainer, ladera, savanna, kenya, slash):
    make_deployment("dep000009", kenya, "Khao Yai เขาใหญ่")
    posted = client.post(f"/get-deployments{slash}", form(maintainer))
    got = client.get(f"/get-deployments{slash}", headers=basic(maintainer))
    assert posted.status_code == got.status_code == 200
    assert posted.content == got.content
    deployments = json.loads(posted.content)
    assert [d["deployment_id"] for d in deployments] == ["dep000007", "dep000009", "dep000045"]
    for deployment in deployments:
        assert tuple(deployment) == COLUMNS
        assert all(isinstance(value, str) for value in deployment.values())
    assert deployments[1]["status"] == "inactive"
    assert deployments[1]["location_name"] == "Khao Yai เขาใหญ่"
    assert (deployments[2]["country"], deployments[2]["country_code"]) == ("Panama", "pan")
    assert (deployments[2]["lat"], deployments[2]["location_id"], deployments[2]["hardware_id"]) == ("", "", "")


def test_partners_get_their_own(client, colleague, outsider, ladera, savanna):
    assert [d["deployment_id"] for d in client.post("/get-deployments", form(colleague)).json()] == ["dep000045"]
    assert client.post("/get-deployments", form(outsider)).json() == []


@pytest.mark.parametrize("path", ["get-deployments", "create-deployment", "update-deployment", "create-bucket"])
def test_wrong_and_absent_credentials(client, maintainer, path, slash):
    wrong = client.post(f"/{path}{slash}", {"username": "maintainer", "password": "wrong"})
    absent = client.post(f"/{path}{slash}")
    assert (wrong.status_code, wrong.json()) == (401, {"detail": "Invalid username or password"})
    assert (absent.status_code, absent.json()) == (401, {"detail": "Invalid username or password"})


@pytest.mark.parametrize("as_json", [False, True], ids=["form", "json"])
def test_create_deployment(client, maintainer, panama, slash, as_json):
    if as_json:
        response = client.post(
            f"/create-deployment{slash}", TO_CREATE, content_type="application/json", headers=basic(maintainer)
        )
    else:
        response = client.post(f"/create-deployment{slash}", form(maintainer, **TO_CREATE))
    assert response.status_code == 201, response.content
    body = response.json()
    assert list(body) == ["message", "deployment_id"]
    assert body["message"] == "Deployment created successfully"
    made = Deployment.objects.get(deployment_id=body["deployment_id"])
    assert (made.status, made.system_id, made.hardware.number) == ("inactive", "", 3)
    assert f"{made.latitude} {made.longitude}" == "9.009890 -79.786784"
    assert made.created_by == maintainer
    assert made.history.get().history_user == maintainer


def test_create_deployment_with_the_optional_fields_and_blanks(client, maintainer, panama):
    fields = TO_CREATE | {"lat": " ", "lon": "", "hardware_id": "", "system_id": "sys1", "status": "Active"}
    response = client.post("/create-deployment/", form(maintainer, **fields))
    made = Deployment.objects.get(deployment_id=response.json()["deployment_id"])
    assert (made.status, made.system_id, made.hardware, made.latitude) == ("active", "sys1", None, None)


def test_fields_that_are_missing_are_named_in_their_order(client, maintainer, panama):
    response = client.post("/create-deployment/", form(maintainer, country="Panama", lat="1"))
    assert response.status_code == 422
    assert response.json() == missing("country_code", "location_name", "lon", "camera_id", "hardware_id")
    assert client.post("/update-deployment", form(maintainer)).json() == missing(*COLUMNS)


@pytest.mark.parametrize(
    ("field", "value"),
    [("lat", "north"), ("lon", "200"), ("hardware_id", "99"), ("status", "gone"), ("location_name", "A - B")],
)
def test_values_that_cannot_be(client, maintainer, panama, field, value):
    response = client.post("/create-deployment/", form(maintainer, **(TO_CREATE | {field: value})))
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", field]
    assert not Deployment.objects.filter(bucket=panama).exists()


def test_create_deployment_in_no_bucket_at_a_taken_site_and_by_a_partner(client, maintainer, colleague, ladera):
    nowhere = TO_CREATE | {"country_code": "xyz", "country": "Nowhere"}
    assert client.post("/create-deployment/", form(maintainer, **nowhere)).status_code == 404
    taken = TO_CREATE | {"location_name": "Ladera", "camera_id": "81B1C025", "status": "active"}
    response = client.post("/create-deployment/", form(maintainer, **taken))
    assert response.status_code == 409
    assert "dep000045" in response.json()["detail"]
    assert client.post("/create-deployment/", form(colleague, **TO_CREATE)).status_code == 403


def test_update_deployment(client, maintainer, ladera, slash):
    (fields,) = client.post("/get-deployments", form(maintainer)).json()
    changed = fields | {"location_name": "Ladera 3", "status": "inactive", "lat": "8.1", "lon": "-79.5"}
    response = client.post(f"/update-deployment{slash}", form(maintainer, **changed))
    assert (response.status_code, response.json()) == (200, {"message": "Deployment updated successfully"})
    ladera.refresh_from_db()
    assert (ladera.location_name, ladera.status, str(ladera.latitude)) == ("Ladera 3", "inactive", "8.100000")
    assert ladera.retired_by == maintainer
    response = client.put(
        f"/update-deployment{slash}", fields, content_type="application/json", headers=basic(maintainer)
    )
    assert response.status_code == 200
    assert client.post("/get-deployments", form(maintainer)).json() == [fields]


def test_update_of_what_is_not_there(client, maintainer, colleague, ladera, savanna):
    fields = dict.fromkeys(COLUMNS, "") | TO_CREATE | {"deployment_id": "dep999999", "status": "active"}
    response = client.post("/update-deployment/", form(maintainer, **fields))
    assert (response.status_code, response.json()) == (404, {"message": "Deployment not found"})
    # A partner learns no more of another's deployment, and may not change an own one.
    assert client.post("/update-deployment/", form(colleague, **fields | {"deployment_id": "dep000007"})).json() == {
        "message": "Deployment not found"
    }
    own = client.post("/update-deployment/", form(colleague, **fields | {"deployment_id": "dep000045"}))
    assert own.status_code == 403


def test_create_bucket(client, maintainer, colleague, store, slash):
    name = f"legacy-made{'-slash' if slash else ''}"
    assert client.post(f"/create-bucket{slash}", form(maintainer)).json() == missing("bucket_name")
    assert client.post(f"/create-bucket{slash}", form(colleague, bucket_name=name)).status_code == 403
    response = client.post(f"/create-bucket{slash}", form(maintainer, bucket_name=name.upper()))
    assert (response.status_code, response.json()) == (200, {"message": f"Bucket '{name}' created successfully"})
    store.head_bucket(Bucket=name)
    assert Bucket.objects.get(name=name).exists_in_store
    again = client.post(f"/create-bucket{slash}?bucket_name={name}", form(maintainer))
    assert again.status_code == 409
    assert list(again.json()) == ["message"]
    assert client.post(f"/create-bucket{slash}", form(maintainer, bucket_name="a_b")).status_code == 422


def test_under_a_prefix(client, maintainer, ladera):
    response = client.post("/get-deployments/", form(maintainer), SCRIPT_NAME="/ami-data-upload")
    assert [d["deployment_id"] for d in response.json()] == ["dep000045"]


def test_a_browsers_session_needs_its_csrf_token(maintainer, ladera):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(maintainer)
    assert strict.post("/get-deployments/").status_code == 401
    strict.cookies[settings.CSRF_COOKIE_NAME] = token = "a" * 32
    assert strict.post("/get-deployments/", headers={"X-CSRFToken": token}).status_code == 200
