"""Who gets what from the API: every call by every role, on what is theirs and what is not."""

import pytest

from amiportal.accounts.services.tokens import make_token
from deployments.models import Bucket, Deployment
from tests.people import signed_in

ONE = "/api/v1/deployments/{}/"
NEW = {"bucket": "pan", "location_name": "Torre"}
# Per call: method, path, body, and what maintainer, colleague (of this bucket), outsider and a stranger get.
CALLS = {
    "list": ("get", "/api/v1/deployments/", None, (200, 200, 200, 401)),
    "csv": ("get", "/api/v1/deployments/?format=csv", None, (200, 200, 200, 401)),
    "create": ("post", "/api/v1/deployments/", NEW, (201, 403, 403, 401)),
    "retrieve": ("get", ONE, None, (200, 200, 404, 401)),
    "change": ("patch", ONE, {"system_id": "sys1"}, (200, 403, 404, 401)),
    "retire": ("post", ONE + "retire/", {"reason": "over"}, (200, 403, 404, 401)),
    "next season": ("post", ONE + "next-season/", {"first_day": "2026-05-01"}, (201, 403, 404, 401)),
    "put": ("put", ONE, NEW, (405, 405, 405, 401)),
    "delete": ("delete", ONE, None, (405, 405, 405, 401)),
    "buckets": ("get", "/api/v1/buckets/", None, (200, 200, 200, 401)),
    "new bucket": ("post", "/api/v1/buckets/", {"name": "x", "title": "X"}, (400, 403, 403, 401)),
    "hardware": ("get", "/api/v1/hardware/", None, (200, 200, 200, 401)),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("who", ["maintainer", "colleague", "outsider", "stranger"])
def test_role_matrix(request, client, ladera, who, call):
    method, path, body, answers = CALLS[call]
    http = client if who == "stranger" else signed_in(request.getfixturevalue(who))
    more = {"content_type": "application/json"} if who == "stranger" else {"format": "json"}
    count = Deployment.history.count()
    response = getattr(http, method)(path.format("dep000045"), **({"data": body} | more if body else {}))
    wanted = answers[["maintainer", "colleague", "outsider", "stranger"].index(who)]
    assert response.status_code == wanted, response.content
    if wanted >= 400:
        assert Deployment.history.count() == count
        assert set(response.json()) == {"code", "message", "fields"}


def test_lists_hold_what_the_caller_may_see(maintainer, colleague, outsider, script, ladera, savanna):
    def ids(user, query=""):
        answer = signed_in(user).get(f"/api/v1/deployments/{query}").json()
        return [deployment["deployment_id"] for deployment in answer["results"]]

    assert ids(maintainer) == ["dep000007", "dep000045", "dep_test"]
    assert ids(colleague) == ids(script) == ["dep000045"]
    assert ids(outsider) == []
    savanna.bucket.uploaders.add(maintainer)
    assert ids(maintainer, "?open_for_upload=true") == ["dep000007"]
    assert ids(maintainer) == ["dep000007", "dep000045", "dep_test"]


def test_a_closed_account_sees_nothing(colleague, ladera):
    http = signed_in(colleague)
    colleague.is_active = False
    colleague.save()
    assert http.get("/api/v1/deployments/").json()["results"] == []


def test_a_bucket_of_another_is_not_offered(colleague, ladera, savanna):
    answer = signed_in(colleague).get("/api/v1/buckets/?open_for_upload=true").json()
    assert [bucket["name"] for bucket in answer["results"]] == ["pan"]


def test_an_outsider_does_not_learn_what_exists(outsider, ladera):
    http = signed_in(outsider)
    there, not_there = http.get(ONE.format("dep000045")), http.get(ONE.format("dep999999"))
    assert there.status_code == not_there.status_code == 404
    assert there.json() == not_there.json()


def test_a_token_signs_in(client, script, ladera):
    token = make_token(actor=None, user=script)
    answer = client.get("/api/v1/deployments/", headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 200
    script.auth_token_set.all().delete()
    assert client.get("/api/v1/deployments/", headers={"Authorization": f"Token {token}"}).status_code == 401


@pytest.mark.usefixtures("ladera")
def test_nothing_is_made_for_a_partner(colleague):
    signed_in(colleague).post("/api/v1/buckets/", {"name": "new-bucket", "title": "New"}, format="json")
    assert not Bucket.objects.filter(name="new-bucket").exists()
