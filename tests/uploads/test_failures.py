"""What clients could not do reaches the maintainers, with a session or before there is one."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from tests.people import make_deployment, signed_in
from tests.uploads.conftest import described
from uploads.models import UploadFailure, UploadLog, UploadSession

URL = "/api/v1/uploads/failures/"
FAILURE = {
    "name": "20250501220000-snapshot.jpg",
    "code": "unreadable",
    "message": "The card could not be read.",
    "http_status": None,
    "attempts": 3,
    "step": "scan",
    "link": "4g, 0.4 Mbit/s, saves data",
}
LIST = "admin:uploads_uploadfailure_changelist"


def report(user, failures: list, **more):
    return signed_in(user).post(
        URL, {"failures": failures} | more, format="json", headers={"User-Agent": "Firefox/140"}
    )


def test_without_a_session_it_is_kept_whole(colleague, ladera):
    response = report(colleague, [FAILURE, {"code": "page_error"}], deployment="dep000045", client="page 1.2")
    assert (response.status_code, response.json()) == (201, {"recorded": 2})
    bare, whole = UploadFailure.objects.all()
    kept = {name: getattr(whole, name) for name in ("code", "message", "http_status", "attempts", "step", "link")}
    assert kept == {name: FAILURE[name] for name in kept}
    for row in (bare, whole):
        assert (row.account, row.deployment, row.session) == (colleague, ladera, None)
        assert (row.client, row.user_agent) == ("page 1.2", "Firefox/140")
    assert (bare.code, bare.filename, bare.step, bare.link) == ("page_error", "", "", "")
    assert not UploadSession.objects.exists()


def test_before_a_deployment_is_chosen(outsider):
    assert report(outsider, [FAILURE]).status_code == 201
    row = UploadFailure.objects.get()
    assert (row.account, row.deployment, row.client) == (outsider, None, "")


def test_a_deployment_that_one_may_not_see_is_not_there(colleague, outsider, savanna, ladera):
    for user, deployment in ((colleague, "dep000007"), (colleague, "dep999999"), (outsider, "dep000045")):
        response = report(user, [FAILURE], deployment=deployment)
        assert (response.status_code, response.json()["code"]) == (404, "deployment_unknown")
    assert APIClient().post(URL, {"failures": [FAILURE]}, format="json").status_code == 401
    assert not UploadFailure.objects.exists()


def test_a_retired_deployment_may_be_named(colleague, panama):
    make_deployment("dep000041", panama)
    assert report(colleague, [FAILURE], deployment="dep000041").status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"step": "x" * 41}, "failures.0.step"),
        ({"link": "x" * 201}, "failures.0.link"),
        ({"code": ""}, "failures.0.code"),
        ({"message": "x" * 501}, "failures.0.message"),
    ],
)
def test_what_does_not_fit_is_named(colleague, change, field):
    response = report(colleague, [FAILURE | change])
    assert (response.status_code, list(response.json()["fields"])) == (400, [field])
    assert not UploadFailure.objects.exists()


def test_a_batch_is_capped(colleague):
    response = report(colleague, [{"code": "network"}] * 1_001)
    assert (response.status_code, response.json()["code"]) == (400, "batch_too_large")
    assert not UploadFailure.objects.exists()


def test_in_a_session_account_deployment_and_client_are_the_session_s(uploader, site):
    UploadSession.objects.update(client="script 2.0")
    uploader.results("presign", files=[described(FAILURE["name"], b"x")])
    assert uploader.call("failures", failures=[FAILURE | {"step": "send"}]).status_code == 201
    row = UploadFailure.objects.get()
    assert (row.session_id, row.account, row.deployment) == (uploader.session_id, uploader.user, site.deployment)
    assert (row.client, row.step, row.link) == ("script 2.0", "send", FAILURE["link"])
    assert UploadLog.objects.get().status == "failed"


@pytest.fixture
def told(colleague, ladera) -> None:
    """One failure outside of any session, one of a session as it was kept before sessions' facts were repeated."""
    report(colleague, [FAILURE], deployment="dep000045", client="page 1.2")
    session = UploadSession.objects.create(
        account=colleague,
        deployment=ladera,
        data_type="snapshot_images",
        season_reason="The clock was a year behind.",
        started_at="2025-06-01T00:00Z",
        last_seen_at="2025-06-01T00:00Z",
    )
    UploadFailure.objects.create(session=session, code="network", step="send")


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("", ["network", "unreadable"]),
        ("step=scan", ["unreadable"]),
        ("step=send", ["network"]),
        ("code=network", ["network"]),
        ("code=net", []),
        ("step=scan&code=network", []),
    ],
)
def test_maintainers_find_it_by_step_and_code(client, maintainer, told, query, codes):
    client.force_login(maintainer)
    shown = client.get(f"{reverse(LIST)}?{query}")
    assert [row.code for row in shown.context["cl"].result_list] == codes
    if not query:
        page = shown.content.decode()
        assert page.count("dep000045 · Ladera") == 2
        assert FAILURE["link"] in page
        assert "page 1.2" in page


def test_maintainers_read_the_season_s_reason(client, maintainer, told):
    client.force_login(maintainer)
    session = UploadSession.objects.get()
    page = client.get(reverse("admin:uploads_uploadsession_change", args=[session.pk])).content.decode()
    assert "The clock was a year behind." in page
