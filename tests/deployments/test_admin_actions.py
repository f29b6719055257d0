"""What maintainers do in the admin, and that it goes through the services."""

import pytest

from deployments.models import Bucket, Deployment
from tests.deployments.admin_pages import said, url
from tests.people import make_deployment

pytestmark = pytest.mark.django_db


def fields(bucket: Bucket, **changes) -> dict:
    empty = ("latitude", "longitude", "time_zone", "system_id", "camera_id", "hardware", "first_day", "last_day")
    given = {"bucket": bucket.pk, "location_name": "Torre", "status": "active", **changes}
    return dict.fromkeys(empty, "") | given


def test_a_clash_is_told_at_the_form(page, panama, ladera):
    neighbour = make_deployment("dep000046", panama, camera_id="OTHER", status="active")
    clashing = fields(panama, location_name="Ladera", camera_id="81B1C025")
    response = page.post(url("deployment_change", neighbour.pk), clashing)
    assert response.status_code == 200
    assert "dep000045" in str(response.context["adminform"].form.errors)
    neighbour.refresh_from_db()
    assert neighbour.camera_id == "OTHER"


def test_changing_writes_one_history_row_and_leaves_id_and_status(page, maintainer, panama, ladera):
    change = fields(panama, location_name="Ladera 3", camera_id="81B1C025", system_id="sys000045", status="inactive")
    response = page.post(url("deployment_change", ladera.pk), change | {"deployment_id": "dep000001"})
    assert response.status_code == 302
    ladera.refresh_from_db()
    assert (ladera.location_name, ladera.deployment_id, ladera.status) == ("Ladera 3", "dep000045", "active")
    assert ladera.history.count() == 2
    assert ladera.history.first().history_user == maintainer


def test_what_the_service_refuses_is_told_and_not_a_500(page, maintainer, colleague, kenya, ladera):
    at = "2026-05-01T00:00Z"
    ladera.upload_sessions.create(account=colleague, data_type="snapshot_images", started_at=at, last_seen_at=at)
    moved = fields(kenya, location_name="Ladera", camera_id="81B1C025")
    response = page.post(url("deployment_change", ladera.pk), moved)
    assert response.status_code == 302
    assert "has uploads" in said(response)
    ladera.refresh_from_db()
    assert ladera.bucket.name == "pan"


def test_retire_asks_for_the_reason_first(page, maintainer, ladera):
    retire = url("deployment_retire", ladera.pk)
    assert b"Retire" in page.get(retire).content
    assert page.post(retire, {"reason": ""}).status_code == 200
    ladera.refresh_from_db()
    assert ladera.is_active
    response = page.post(retire, {"reason": "System brought home"})
    assert response.status_code == 302
    ladera.refresh_from_db()
    assert (ladera.status, ladera.retired_by, ladera.retire_reason) == ("inactive", maintainer, "System brought home")
    stale = page.post(retire, {"reason": "again"})
    assert "inactive already" in stale.content.decode()


def test_reactivate_does_nothing_on_a_get(page, panama):
    old = make_deployment("dep000012", panama)
    reactivate = url("deployment_reactivate", old.pk)
    page.get(reactivate)
    old.refresh_from_db()
    assert not old.is_active
    page.post(reactivate)
    old.refresh_from_db()
    assert old.is_active


def test_next_season(page, ladera):
    next_season = url("deployment_next_season", ladera.pk)
    assert 'value="81B1C025"' in page.get(next_season).content.decode()
    response = page.post(next_season, {"first_day": "2026-05-01", "camera_id": "NEW", "system_id": "", "hardware": ""})
    new = Deployment.objects.get(previous_season=ladera)
    assert response["Location"] == url("deployment_change", new.pk)
    assert (new.camera_id, new.status) == ("NEW", "active")
    ladera.refresh_from_db()
    assert not ladera.is_active
    again = page.post(next_season, {"first_day": "2026-06-01", "camera_id": "", "system_id": "", "hardware": ""})
    assert "has a next season already" in again.content.decode()


def test_buttons_fit_the_deployment(page, panama, ladera):
    old = make_deployment("dep000012", panama)
    active = page.get(url("deployment_change", ladera.pk)).content.decode()
    inactive = page.get(url("deployment_change", old.pk)).content.decode()
    assert url("deployment_retire", ladera.pk) in active
    assert url("deployment_reactivate", ladera.pk) not in active
    assert url("deployment_reactivate", old.pk) in inactive
    assert url("deployment_retire", old.pk) not in inactive


def test_retire_several_after_confirmation(page, panama, ladera, savanna):
    chosen = {"action": "retire_selected", "_selected_action": [ladera.pk, savanna.pk]}
    asked = page.post(url("deployment_changelist"), chosen)
    assert asked.status_code == 200
    assert "dep000045" in asked.content.decode()
    assert Deployment.objects.filter(status="active").count() == 3
    response = page.post(url("deployment_changelist"), chosen | {"apply": "1", "reason": "Season over"})
    assert response.status_code == 302
    assert Deployment.objects.filter(retire_reason="Season over").count() == 2


def test_reactivating_several_tells_of_each_that_cannot_be(page, panama, ladera):
    twin = make_deployment("dep000012", panama, camera_id="81B1C025")
    free = make_deployment("dep000013", panama, "Torre")
    chosen = {"action": "reactivate_selected", "_selected_action": [twin.pk, free.pk], "apply": "1"}
    response = page.post(url("deployment_changelist"), chosen)
    assert "dep000012: dep000045" in said(response)
    assert "1 of 2 active" in said(response)


def test_a_bucket_is_a_row_first_and_made_in_the_store_by_its_button(page, store):
    response = page.post(
        url("bucket_add"), {"name": "admin-made", "title": "Made by admin", "data_types": ["snapshot_images"]}
    )
    assert response.status_code == 302
    bucket = Bucket.objects.get(name="admin-made")
    assert bucket.exists_in_store is None
    opening = url("bucket_open_in_store", bucket.pk)
    page.get(opening)
    assert "admin-made" not in {b["Name"] for b in store.list_buckets()["Buckets"]}
    response = page.post(opening)
    store.head_bucket(Bucket="admin-made")
    bucket.refresh_from_db()
    assert (bucket.exists_in_store, bucket.cors_ok) == (True, True)
    assert "in the store" in said(response)


def test_the_name_of_a_bucket_stays(page, panama):
    given = {"name": "other", "title": "Panamá", "country_code": "PAN", "data_types": ["snapshot_images"]}
    page.post(url("bucket_change", panama.pk), given)
    panama.refresh_from_db()
    assert (panama.name, panama.title) == ("pan", "Panamá")
