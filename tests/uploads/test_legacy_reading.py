"""What old clients and pipelines read: the keys of a place, their number, and the log."""

import base64
import json

from django.test import Client

from amiportal.objectstore import listing
from deployments.models import Bucket, Deployment
from tests.uploads.legacy_client import PASSWORD, LegacyClient, by_token


def test_listing_and_counting_a_place(account, site, store, probed_store):
    Bucket.objects.filter(pk=site.bucket.pk).update(title="United Kingdom - North")
    Deployment.objects.update(location_name="Wetland North")
    keys = sorted(site.key(f"{number:04d}.jpg") for number in range(3))
    for key in keys:
        store.put_object(Bucket=site.bucket.name, Key=key, Body=b"x")
    http = Client(
        headers={"Authorization": "Basic " + base64.b64encode(f"{account.username}:{PASSWORD}".encode()).decode()}
    )
    query = {"country_location_name": "United Kingdom - North - Wetland North", "data_type": "snapshot_images"}
    for slash in ("/", ""):
        response = http.get(f"/list-data{slash}", query)
        assert response.status_code == 200
        # Byte for byte as the old service wrote it.
        assert b"".join(response.streaming_content) == b'{"files":["' + '","'.join(keys).encode() + b'"]}'
        assert http.get(f"/count-data{slash}", query).content == b'{"count":3}'
    empty = query | {"data_type": "motion_images"}
    assert b"".join(http.get("/list-data/", empty).streaming_content) == b'{"files":[]}'
    for call in ("list-data", "count-data"):
        unknown = http.get(f"/{call}/", query | {"country_location_name": "Nowhere - X"})
        assert (unknown.status_code, unknown.json()) == (404, {"message": "No deployment is known at Nowhere - X"})
    assert http.get("/count-data/", {"data_type": "snapshot_images"}).json()["detail"][0]["loc"] == [
        "query",
        "country_location_name",
    ]
    assert Client().get("/count-data/", query).status_code == 401


def test_a_long_list_comes_as_it_is_read_and_is_one_array(account, site, store, monkeypatch):
    monkeypatch.setattr(listing.pages, "__kwdefaults__", {"page_size": 2})
    asked = []
    honest = listing.page
    monkeypatch.setattr(listing, "page", lambda **where: asked.append(where) or honest(**where))
    season = Deployment.objects.get(pk=site.deployment.pk)
    season.pk, season.deployment_id, season.status = None, "dep000120", "inactive"
    season.save()
    for number in range(5):
        store.put_object(Bucket=site.bucket.name, Key=site.key(f"{number:04d}.jpg"), Body=b"x")
    late = "dep000120/snapshot_images/\N{LATIN SMALL LETTER E WITH ACUTE}\N{QUOTATION MARK}.jpg"
    store.put_object(Bucket=site.bucket.name, Key=late, Body=b"x")
    http = by_token(account)
    place = f"{site.bucket.title} - {site.deployment.location_name}"
    query = {"country_location_name": place, "data_type": "snapshot_images"}
    pieces = iter(http.get("/list-data/", query).streaming_content)
    assert next(pieces) == b'{"files":['
    assert len(asked) <= 2  # the first page is there before anything is answered, the second may be on its way
    whole = b'{"files":[' + b"".join(pieces)
    assert json.loads(whole) == {"files": [site.key(f"{number:04d}.jpg") for number in range(5)] + [late]}
    assert late.replace('"', '\\"').encode() in whole  # letters of any script as they are


def test_the_log_is_for_maintainers_and_cannot_be_forged(account, site, maintainer):
    field = LegacyClient(account, site)
    forged = "Eve\n2024-06-24 15:00:17,687 - main - INFO - User Admin from gbr uploaded 9 x to deployment y."
    field.post("generate-presigned-url", filename="a.jpg", file_type="image/jpeg", name=forged)
    http = by_token(account)
    assert http.get("/logs/").status_code == 403
    http = by_token(maintainer)
    lines = b"".join(http.get("/logs").streaming_content).decode().splitlines()
    assert len(lines) == 1
    assert lines[0].endswith(f"from {site.bucket.name} uploaded 1 snapshot_images to deployment dep000119.")
    assert lines[0].split(" - ")[1:3] == ["main", "INFO"]
