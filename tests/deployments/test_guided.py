"""The guided form of a new deployment, step by step, and what it leaves behind."""

import pytest
from django.db import connection

from deployments.models import Bucket, Deployment
from tests.deployments.admin_pages import said, url
from tests.faultproxy import FaultProxy
from tests.faults import Status, always
from tests.people import make_bucket, make_deployment, make_person

pytestmark = pytest.mark.django_db
PLACE = {
    "location_name": "Torre",
    "latitude": "9.1",
    "longitude": "-79.5",
    "time_zone": "",
    "system_id": "AMI-12",
    "camera_id": "81B1C025",
    "hardware": "",
    "status": "active",
    "first_day": "2026-05-01",
    "last_day": "",
}


def post(page, go: str, *given: dict):
    return page.post(url("deployment_add"), {"go": go} | {name: value for d in given for name, value in d.items()})


def existing(bucket: Bucket) -> dict:
    return {"kind": "existing", "bucket": bucket.pk}


def new(title: str, **given) -> dict:
    return {"kind": "new", "title": title, "data_types": ["snapshot_images"], **given}


def text(response) -> str:
    return response.content.decode()


def next_number() -> int:
    """Looked at, not taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value, is_called FROM deployment_number_seq")
        return cursor.fetchone()


@pytest.fixture
def in_store(panama) -> Bucket:
    panama.exists_in_store = True
    panama.save()
    return panama


@pytest.fixture
def unmade(store):
    """A country whose bucket nobody has made; what a test makes is taken away."""
    yield "isl"
    if "isl" in {entry["Name"] for entry in store.list_buckets()["Buckets"]}:
        store.delete_bucket(Bucket="isl")


def test_all_the_way_and_the_id_comes_last(page, maintainer, in_store, outsider):
    before = next_number()
    assert "Which bucket" in text(page.get(url("deployment_add")))
    assert "Place" in text(post(page, "place", existing(in_store)))
    given = PLACE | {"uploaders": [outsider.pk]}
    review = text(post(page, "review", existing(in_store), given))
    assert "Is all of this right?" in review
    assert "America/Panama (it follows from the place" in review
    assert "outsider" in review
    assert next_number() == before
    assert not Deployment.objects.filter(bucket=in_store).exists()
    assert not outsider.buckets.exists()
    saved = post(page, "save", existing(in_store), given)
    made = Deployment.objects.get(bucket=in_store)
    assert saved["Location"] == url("deployment_change", made.pk)
    assert f"{made.deployment_id} is made. 1 person more may upload into it." in said(saved)
    assert (made.time_zone, made.status, made.created_by) == ("America/Panama", "active", maintainer)
    assert made.history.get().history_user == maintainer
    assert list(outsider.buckets.all()) == [in_store]


def test_a_new_bucket_is_made_in_the_store_and_its_code_suggested(page, store, unmade, settings):
    settings.PORTAL_ORIGINS = ["http://portal.example"]
    place = text(post(page, "place", new("Iceland")))
    assert "(isl, ISO ISL)" in place
    assert "it is made when you save" in place
    assert unmade not in {entry["Name"] for entry in store.list_buckets()["Buckets"]}
    saved = post(page, "save", new("Iceland"), PLACE | {"latitude": "64.1", "longitude": "-21.9"})
    assert saved.status_code == 302, text(saved)
    bucket = Bucket.objects.get(name=unmade)
    assert (bucket.country_code, bucket.data_types, bucket.exists_in_store) == ("ISL", ["snapshot_images"], True)
    assert store.get_bucket_cors(Bucket=unmade)["CORSRules"][0]["AllowedOrigins"] == ["http://portal.example"]
    assert bucket.deployments.get().time_zone == "Atlantic/Reykjavik"


def test_a_fault_of_the_store_leaves_nothing_that_saving_again_does_not_mend(page, store, unmade, settings):
    before = next_number()
    working = settings.S3_ENDPOINT_URL
    settings.S3_MAX_ATTEMPTS = 1
    with FaultProxy(working) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        proxy.fault = always(Status(503))
        failed = text(post(page, "save", new("Iceland"), PLACE))
    settings.S3_ENDPOINT_URL = working
    assert "The deployment was not made" in failed
    for value in ("Iceland", "Torre", "81B1C025", "2026-05-01", "-79.5"):
        assert f'value="{value}"' in failed
    assert next_number() == before
    assert not Deployment.objects.filter(location_name="Torre").exists()
    assert Bucket.objects.get(name=unmade).exists_in_store is None
    saved = post(page, "save", new("Iceland", data_types=["motion_images"]), PLACE)
    assert saved.status_code == 302, text(saved)
    bucket = Bucket.objects.get(name=unmade)
    assert (bucket.deployments.count(), bucket.data_types) == (1, ["motion_images"])
    store.head_bucket(Bucket=unmade)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kind": "existing", "bucket": ""}, "Choose a bucket"),
        (new("", name="isl"), "This field cannot be blank"),
        (new("Elsewhere", country_code="ZZZ"), "ISO 3166 has no country ZZZ"),
        (new("Elsewhere", name="No Name"), "A bucket&#x27;s name has"),
        (new("Panama"), "There is Panama (pan) already"),
        (new("Elsewhere", data_types=[]), "This field cannot be blank"),
    ],
    ids=["none", "no title", "no such country", "bad name", "known", "no data type"],
)
def test_what_is_wrong_with_the_bucket_is_told_at_its_step(page, in_store, given, told):
    for go in ("place", "review", "save"):
        shown = text(post(page, go, given, PLACE))
        assert told in shown
        assert "Which bucket" in shown
    assert Bucket.objects.exclude(name="test-upload").get() == in_store


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"location_name": ""}, "This field is required"),
        ({"location_name": "North - South"}, "may not hold"),
        ({"longitude": ""}, "Give both coordinates"),
        ({"latitude": "91"}, "less than or equal to 90"),
        ({"last_day": "2026-01-01"}, "lies before its first"),
    ],
)
def test_what_is_wrong_with_the_place_is_told_and_nothing_typed_is_lost(page, in_store, given, told):
    for go in ("review", "save"):
        shown = text(post(page, go, existing(in_store), PLACE | given))
        assert told in shown
        assert 'value="AMI-12"' in shown
    assert not Deployment.objects.filter(bucket=in_store).exists()


def test_a_twin_is_linked_with_its_next_season(page, in_store):
    twin = make_deployment("dep000045", in_store, "Torre", camera_id="81B1C025", status="active")
    shown = text(post(page, "review", existing(in_store), PLACE))
    assert url("deployment_next_season", twin.pk) in shown
    assert url("deployment_change", twin.pk) in shown
    inactive = post(page, "save", existing(in_store), PLACE | {"status": "inactive"})
    assert inactive.status_code == 302


def test_going_back_keeps_what_was_typed_without_judging_it(page, in_store):
    shown = text(post(page, "bucket", existing(in_store), PLACE | {"latitude": "north"}))
    assert 'value="north"' in shown
    assert "Enter a number" not in shown
    again = text(post(page, "place", existing(in_store), PLACE | {"latitude": "north"}))
    assert 'value="north"' in again
    assert "Enter a number" not in again


def test_who_may_upload_already_is_shown_and_not_offered(page, in_store, colleague, outsider, maintainer):
    make_person("gone", "Partners", is_active=False)
    form = post(page, "place", existing(in_store)).context["form"]
    assert form.may_upload == [colleague]
    assert [pk for pk, _ in form.fields["uploaders"].widget.choices] == [outsider.pk]


def test_the_time_zone_may_stay_unknown_or_be_chosen(page, in_store):
    for number, (zone, kept) in enumerate([("-", ""), ("Europe/London", "Europe/London")]):
        place = PLACE | {"location_name": f"Torre {number}", "time_zone": zone}
        assert post(page, "save", existing(in_store), place).status_code == 302
        assert Deployment.objects.get(location_name=f"Torre {number}").time_zone == kept


def test_only_maintainers_get_the_form(client, colleague, in_store):
    client.force_login(colleague)
    assert post(client, "save", existing(in_store), PLACE).status_code == 302
    assert not Deployment.objects.filter(bucket=in_store).exists()


def test_queries_of_the_longest_step_do_not_grow(page, in_store, django_assert_max_num_queries):
    for number in range(30):
        make_person(f"partner{number}", "Partners", in_store if number % 2 else make_bucket(f"b{number:02}"))
    post(page, "review", existing(in_store), PLACE)
    with django_assert_max_num_queries(17):
        assert post(page, "review", existing(in_store), PLACE).status_code == 200
