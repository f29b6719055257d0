"""Rule 5, only where allowed; and nobody learns of, or touches, what is another's."""

import base64

import pytest
from rest_framework.test import APIClient

from amiportal.accounts.models import User
from deployments.models import Deployment
from tests.uploads.conftest import Uploader, described
from uploads.models import UploadLog, UploadSession

FILES = {"files": [described("a.jpg", b"x")]}
STEPS = {
    "check": FILES,
    "presign": FILES,
    "confirm": {"files": ["a.jpg"]},
    "failures": {"failures": [{"code": "network"}]},
    "finish": {},
}


def open_body(site, **changes):
    return {"deployment": site.deployment.deployment_id, "data_type": "snapshot_images"} | changes


def test_an_outsider_does_not_see_the_deployment(site, outsider, probed_store):
    http = APIClient()
    http.force_authenticate(outsider)
    response = http.post("/api/v1/uploads/sessions/", open_body(site), format="json")
    assert (response.status_code, response.json()["code"]) == (404, "deployment_unknown")
    assert not UploadSession.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"deployment": "dep999999"}, 404, "deployment_unknown"),
        ({"data_type": "aquatic_recordings"}, 403, "data_type_not_allowed"),
        ({"data_type": "nonsense"}, 400, "invalid"),
        ({"deployment": "dep000119\0"}, 400, "invalid"),
    ],
)
def test_a_session_opens_only_where_it_may(uploader, changes, status, code):
    response = uploader.http.post("/api/v1/uploads/sessions/", open_body(uploader.site, **changes), format="json")
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert UploadSession.objects.count() == 1


def test_a_retired_deployment_takes_no_session_and_no_grant(uploader, site):
    Deployment.objects.filter(pk=site.deployment.pk).update(status="inactive")
    response = uploader.http.post("/api/v1/uploads/sessions/", open_body(site), format="json")
    assert (response.status_code, response.json()["code"]) == (403, "deployment_inactive")
    response = uploader.call("presign", **FILES)
    assert (response.status_code, response.json()["code"]) == (403, "deployment_inactive")
    assert not UploadLog.objects.exists()


def test_a_right_withdrawn_in_mid_upload_ends_the_grants(uploader, site):
    uploader.user.buckets.clear()
    assert uploader.call("presign", **FILES).status_code in (403, 404)
    assert not UploadLog.objects.exists()


def test_what_was_granted_may_be_confirmed_after_retirement(uploader, site, store):
    content = b"x"
    uploader.grant("a.jpg", content)
    Deployment.objects.filter(pk=site.deployment.pk).update(status="inactive")
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=content, ContentType="image/jpeg")
    assert uploader.results("confirm", files=["a.jpg"])[0]["status"] == "verified"


@pytest.mark.parametrize("step", STEPS)
def test_a_foreign_session_is_not_there(uploader, rival, step, maintainer):
    for stranger in (rival.user, maintainer):
        http = APIClient()
        http.force_authenticate(stranger)
        response = http.post(f"/api/v1/uploads/sessions/{uploader.session_id}/{step}/", STEPS[step], format="json")
        assert (response.status_code, response.json()["code"]) == (404, "session_unknown")
    assert not UploadLog.objects.exists()
    assert UploadSession.objects.get(pk=uploader.session_id).finished_at is None


@pytest.mark.parametrize("step", [*STEPS, ""])
def test_nobody_signed_in_gets_nowhere(uploader, step):
    path = f"/api/v1/uploads/sessions/{uploader.session_id}/{step}/" if step else "/api/v1/uploads/sessions/"
    response = APIClient().post(path, STEPS.get(step, {}), format="json")
    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


def test_a_maintainer_looks_at_every_session_and_partners_at_their_own(uploader, rival, maintainer):
    path = f"/api/v1/uploads/sessions/{uploader.session_id}/"
    http = APIClient()
    for user, status in ((uploader.user, 200), (maintainer, 200), (rival.user, 404)):
        http.force_authenticate(user)
        assert http.get(path).status_code == status


def test_the_log_shows_partners_their_own_rows_and_maintainers_all(uploader, rival, maintainer):
    uploader.grant("a.jpg", b"a")
    rival.grant("b.jpg", b"b")
    http = APIClient()
    for user, names in ((uploader.user, ["a.jpg"]), (rival.user, ["b.jpg"]), (maintainer, ["b.jpg", "a.jpg"])):
        http.force_authenticate(user)
        assert [row["filename"] for row in http.get("/api/v1/uploads/log/").json()["results"]] == names


def test_a_closed_account_is_out_at_once(uploader):
    http = APIClient()
    uploader.user.set_password("a long enough password")
    uploader.user.save()
    http.credentials(HTTP_AUTHORIZATION=_basic(uploader.user.username, "a long enough password"))
    path = f"/api/v1/uploads/sessions/{uploader.session_id}/"
    assert http.get(path).status_code == 200
    User.objects.filter(pk=uploader.user.pk).update(is_active=False)
    assert http.get(path).status_code == 401


def test_a_changed_password_ends_what_was_remembered(uploader):
    http = APIClient()
    uploader.user.set_password("the first password")
    uploader.user.save()
    http.credentials(HTTP_AUTHORIZATION=_basic(uploader.user.username, "the first password"))
    path = f"/api/v1/uploads/sessions/{uploader.session_id}/"
    assert http.get(path).status_code == 200
    uploader.user.set_password("the second password")
    uploader.user.save()
    assert http.get(path).status_code == 401


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def test_maintainers_upload_like_anybody(site, maintainer, probed_store, objects):
    client = Uploader(maintainer, site).open(files=1)
    assert client.send("a.jpg", b"x")["status"] == "verified"
