"""count-data: from the inventory while that is right, from the store whenever it might not be."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from amiportal.objectstore import listing
from tests.uploads import stored_objects
from tests.uploads.legacy_client import LegacyClient, by_token
from uploads.models import Inventory, UploadSession

QUERY = {"data_type": "snapshot_images"}


@pytest.fixture
def listings(monkeypatch) -> list[str]:
    """The prefixes that were listed."""
    listed = []
    honest = listing.page
    monkeypatch.setattr(listing, "page", lambda **where: listed.append(where["prefix"]) or honest(**where))
    return listed


@pytest.fixture
def place(account, site, store, listings):
    """A place with one stored file, counted a minute ago; asks count-data about it."""
    stored_objects.put(store, site.deployment, "20250714220000-snapshot.jpg")
    stored_objects.counted(site.deployment)
    listings.clear()
    Inventory.objects.update(objects_count=41)  # so that one sees where an answer comes from
    http = by_token(account)

    def ask():
        query = QUERY | {"country_location_name": f"{site.bucket.title} - {site.deployment.location_name}"}
        return http.get("/count-data/", query)

    return ask


def earlier(**age) -> None:
    Inventory.objects.update(taken_at=timezone.now() - timedelta(**age))


def session(account, deployment, *, after_count: timedelta, data_type="snapshot_images") -> UploadSession:
    moment = Inventory.objects.get().taken_at + after_count
    return UploadSession.objects.create(
        account=account, deployment=deployment, data_type=data_type, started_at=moment, last_seen_at=moment
    )


def test_from_the_inventory_of_a_quiet_place_and_when_it_was_taken(place, account, site, listings):
    session(account, site.deployment, after_count=-timedelta(hours=25))
    session(account, site.deployment, after_count=timedelta(0), data_type="motion_images")
    response = place()
    assert response.content == b'{"count":41}'
    assert response["X-Counted-At"] == f"{Inventory.objects.get().taken_at:%Y-%m-%dT%H:%M:%SZ}"
    assert listings == []


@pytest.mark.parametrize("after_count", [timedelta(hours=-23), timedelta(0), timedelta(hours=1)])
def test_from_the_store_where_a_session_may_have_sent_more(place, account, site, listings, after_count):
    session(account, site.deployment, after_count=after_count)
    response = place()
    assert response.content == b'{"count":1}'
    assert "X-Counted-At" not in response
    assert listings == ["dep000119/snapshot_images/"]


def test_a_real_grant_ends_the_inventorys_word(place, account, site, store):
    assert place().json() == {"count": 41}
    LegacyClient(account, site).post("generate-presigned-url", filename="a.jpg", file_type="image/jpeg")
    assert place().json() == {"count": 1}
    stored_objects.put(store, site.deployment, "a.jpg")
    assert place().json() == {"count": 2}


def test_from_the_store_when_the_inventory_is_old_or_was_never_taken(place, listings):
    earlier(hours=37)
    assert place().json() == {"count": 1}
    Inventory.objects.update(taken_at=None)
    assert place().json() == {"count": 1}
    assert len(listings) == 2
    earlier(hours=35)
    assert place().json() == {"count": 41}


def test_two_seasons_of_a_place_each_by_its_own_way(place, site, store, listings):
    season = site.deployment
    season.pk, season.deployment_id, season.status = None, "dep000120", "inactive"
    season.save()
    stored_objects.put(store, season, "20240714220000-snapshot.jpg")
    response = place()
    assert response.json() == {"count": 42}
    assert "X-Counted-At" in response
    assert listings == ["dep000120/snapshot_images/"]


def test_few_queries(place, django_assert_max_num_queries):
    Inventory.objects.update(objects_count=F("objects_count"))
    place()  # the first call of a process writes the meter and learns the switches
    with django_assert_max_num_queries(6):  # session, account, its buckets, the place, the inventories, or a switch
        assert place().json() == {"count": 41}
