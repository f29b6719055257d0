"""A changed or vanished file is brought back from an older version; what was proven since is not overwritten."""

import pytest
from django.test import Client

from amiportal.objectstore.versions import forget_versions, keep_versions
from tests.uploads.stored_objects import BODY, counted
from uploads.models import Drift, UploadLog

pytestmark = pytest.mark.django_db
NAMES = ("a.jpg", "b.jpg")
OTHER = b"4321"


@pytest.fixture
def keeping(site):
    """The site's bucket keeps older versions."""
    assert keep_versions(site.bucket.name)
    yield site
    forget_versions(site.bucket.name, "")


@pytest.fixture
def http(maintainer) -> Client:
    client = Client()
    client.force_login(maintainer)
    return client


def lose(store, site, uploader) -> list[Drift]:
    """The first is overwritten, the second deleted."""
    uploader.open(files=2)
    for name in NAMES:
        assert uploader.send(name, BODY)["status"] == "verified"
    assert uploader.call("finish").json()["safe_to_wipe"] is True
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=OTHER)
    store.delete_object(Bucket=site.bucket.name, Key=site.key("b.jpg"))
    counted(site.deployment)
    drifts = list(Drift.objects.order_by("row__filename"))
    assert [drift.kind for drift in drifts] == ["changed", "vanished"]
    return drifts


def test_it_is_brought_back_settled_and_safe_again(keeping, store, uploader, http, objects):
    drifts = lose(store, keeping, uploader)
    chosen = {"action": "bring_back_chosen", "_selected_action": [drift.pk for drift in drifts]}
    assert "the one that was proven takes" in http.post("/admin/uploads/drift/", chosen).content.decode()
    assert objects() == {keeping.key("a.jpg"): OTHER}
    answer = http.post("/admin/uploads/drift/", chosen | {"apply": "1"}, follow=True)
    assert "2 in the store as before" in answer.content.decode()
    assert objects() == {keeping.key(name): BODY for name in NAMES}
    assert Drift.objects.filter(back_at__isnull=False, settled_at=None).count() == 2
    settle = {"action": "settle_chosen", "_selected_action": chosen["_selected_action"], "apply": "1"}
    http.post("/admin/uploads/drift/", settle | {"reason": "brought back"})
    assert list(UploadLog.objects.values_list("status", flat=True)) == ["verified"] * 2
    assert uploader.http.get(f"/api/v1/uploads/sessions/{uploader.session_id}/").json()["safe_to_wipe"] is True
    assert counted(keeping.deployment).unaccounted == 0
    assert Drift.objects.filter(settled_at=None).count() == 0


def test_of_several_versions_the_one_that_was_proven_is_brought_back(keeping, store, uploader, http, objects):
    drifts = lose(store, keeping, uploader)
    store.put_object(Bucket=keeping.bucket.name, Key=keeping.key("a.jpg"), Body=OTHER[:-1] + b"!")
    answer = http.post(f"/admin/uploads/drift/{drifts[0].pk}/bring_this_back/", {"apply": "1"}, follow=True)
    assert "1 in the store as before" in answer.content.decode()
    assert objects() == {keeping.key("a.jpg"): BODY}


def test_without_versions_it_says_so_and_changes_nothing(site, store, uploader, http, objects):
    drifts = lose(store, site, uploader)
    page = f"/admin/uploads/drift/{drifts[0].pk}/bring_this_back/"
    answer = http.post(page, {"apply": "1"}, follow=True).content.decode()
    assert "no older version of it that is as it was" in answer
    assert objects() == {site.key("a.jpg"): OTHER}


def test_a_name_that_another_holds_by_now_is_left_alone(keeping, store, uploader, rival, http, objects):
    drifts = lose(store, keeping, uploader)
    assert rival.send("b.jpg", OTHER)["status"] == "verified"
    page = f"/admin/uploads/drift/{drifts[1].pk}/bring_this_back/"
    assert "Another upload holds this name" in http.post(page, {"apply": "1"}, follow=True).content.decode()
    assert objects() == {keeping.key(name): OTHER for name in NAMES}


def test_a_name_that_an_old_program_may_write_to_waits(keeping, store, uploader, http, objects):
    drifts = lose(store, keeping, uploader)
    UploadLog.objects.filter(pk=drifts[0].row_id).update(unsettled_until="2100-01-01T00:00Z")
    page = f"/admin/uploads/drift/{drifts[0].pk}/bring_this_back/"
    assert "Try again later" in http.post(page, {"apply": "1"}, follow=True).content.decode()
    assert objects() == {keeping.key("a.jpg"): OTHER}
    settle = {"apply": "1", "reason": "known"}
    answer = http.post(f"/admin/uploads/drift/{drifts[0].pk}/settle_this/", settle, follow=True).content.decode()
    assert "1 left open, because the store could not tell" in answer
