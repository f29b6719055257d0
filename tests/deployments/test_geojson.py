"""Deployments as GeoJSON: what RFC 7946 asks for, and who gets them."""

import pytest
from django.urls import reverse

from deployments.formats.geojson import features
from deployments.models import Deployment, HardwareConfig
from tests.people import make_deployment

pytestmark = pytest.mark.django_db
DATA = "/admin/map/deployments.geojson"


def test_a_deployment_is_a_feature_with_longitude_first(panama):
    hardware = HardwareConfig.objects.get(number=5)
    make_deployment(
        "dep000045",
        panama,
        "Jardín <b>Sur</b>",
        latitude="8.982110",
        longitude="-79.561044",
        status="active",
        first_day="2025-04-01",
        time_zone="America/Panama",
        system_id="AMI-12",
        camera_id="81B1C025",
        hardware=hardware,
    )
    assert features(Deployment.objects.filter(bucket=panama)) == {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": "dep000045",
                "geometry": {"type": "Point", "coordinates": [-79.561044, 8.98211]},
                "properties": {
                    "deployment_id": "dep000045",
                    "location_name": "Jardín <b>Sur</b>",
                    "bucket": "pan",
                    "bucket_title": "Panama",
                    "country_code": "PAN",
                    "status": "active",
                    "first_day": "2025-04-01",
                    "last_day": None,
                    "time_zone": "America/Panama",
                    "system_id": "AMI-12",
                    "camera_id": "81B1C025",
                    "hardware": 5,
                },
            }
        ],
    }


def test_an_unknown_place_is_a_null_geometry_and_zero_is_a_place(panama):
    make_deployment("dep000001", panama)
    make_deployment("dep000002", panama, latitude=0, longitude=0)
    unknown, zero = features(Deployment.objects.filter(bucket=panama))["features"]
    assert unknown["geometry"] is None
    assert zero["geometry"] == {"type": "Point", "coordinates": [0, 0]}


@pytest.mark.parametrize("path", ["/admin/map/", DATA])
@pytest.mark.parametrize(("who", "status"), [(None, 302), ("outsider", 302), ("colleague", 302), ("maintainer", 200)])
def test_maps_are_for_maintainers(client, request, ladera, path, who, status):
    if who:
        client.force_login(request.getfixturevalue(who))
    response = client.get(path)
    assert response.status_code == status
    assert b"Ladera" not in response.content or who == "maintainer"


@pytest.mark.parametrize("path", ["/admin/map/", DATA])
def test_staff_without_the_role_is_refused(client, colleague, ladera, path):
    colleague.is_staff = True
    colleague.save()
    client.force_login(colleague)
    assert client.get(path).status_code == 403
    assert client.post(path).status_code == 405


def test_the_map_has_every_deployment_with_the_address_of_its_page(page, ladera, savanna):
    response = page.get(DATA)
    assert response["Content-Type"] == "application/geo+json"
    links = {found["id"]: found["properties"]["link"] for found in response.json()["features"]}
    assert links == {
        d.deployment_id: reverse("admin:deployments_deployment_change", args=[d.pk]) for d in Deployment.objects.all()
    }
    assert {"dep000045", "dep000007"} <= links.keys()


def test_the_data_is_one_statement_and_goes_compressed(page, panama, django_assert_num_queries):
    for number in range(30):
        make_deployment(f"dep{number + 100:06d}", panama, f"Place {number}", latitude=number, longitude=number)
    # Session, account, role; then the deployments.
    with django_assert_num_queries(4):
        response = page.get(DATA, headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) < 4000


def test_the_page_costs_the_same_however_many_there_are(page, panama, ladera, django_assert_num_queries):
    # Session, account, role, two of permissions for the sidebar; then the counts and the buckets to choose from.
    with django_assert_num_queries(7):
        page.get("/admin/map/")
    for number in range(30):
        make_deployment(f"dep{number + 100:06d}", panama, f"Place {number}", latitude=number, longitude=number)
    with django_assert_num_queries(7):
        page.get("/admin/map/")


def test_the_page_counts_those_without_a_place_and_leads_to_them(page, ladera, savanna):
    Deployment.objects.exclude(pk__in=[ladera.pk, savanna.pk]).delete()
    Deployment.objects.filter(pk=savanna.pk).update(latitude=1, longitude=2)
    shown = page.get("/admin/map/").content.decode()
    assert "1 without coordinates" in shown
    link = "/admin/deployments/deployment/?coordinates_known=no"
    assert link in shown
    listed = page.get(link).content.decode()
    assert "dep000045" in listed
    assert "dep000007" not in listed


def test_a_portal_without_deployments_says_so_and_loads_no_map(page, db):
    Deployment.objects.all().delete()
    shown = page.get("/admin/map/").content.decode()
    assert "No deployment yet" in shown
    assert "world-page.js" not in shown


def test_front_page_and_sidebar_lead_to_the_map(page):
    assert page.get("/admin/").content.decode().count('href="/admin/map/"') >= 2
