"""Who an old client is: what is answered without credentials, what a browser's session opens, who locks out whom."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from amiportal.accounts.models import KnownPlace, LegacyCount
from amiportal.accounts.services.known_places import WRONG_AT_MOST
from amiportal.core.call_rate import CallRate
from amiportal.legacy import protocol
from amiportal.legacy.meter import meter
from amiportal.legacy.switches import Kind, turn
from deployments.models import Deployment
from tests.uploads.legacy_client import LegacyClient
from uploads.models import UploadFailure, UploadLog, UploadSession

NAME = "20240918032339-snapshot.jpg"
NOBODY = {"username": None, "password": None}
ASK = {"filename": NAME, "file_type": "image/jpeg"}


@pytest.fixture
def old(account, site) -> LegacyClient:
    return LegacyClient(account, site)


@pytest.fixture(autouse=True)
def _fresh_meter():
    meter.forget()
    yield
    meter.forget()


# --- Without credentials -------------------------------------------------------------------------------------


def test_existence_is_told_to_anybody_and_nothing_else(old, store, site):
    store.put_object(Bucket=site.bucket.name, Key=site.key(NAME), Body=b"x")
    assert old.post("check-file-exist", filename=NAME, **NOBODY).json() == {"exists": True}
    assert old.post("check-file-exist", filenames=f"{NAME},a.jpg", **NOBODY).json() == {
        "results": {NAME: True, "a.jpg": False}
    }
    for call in ("generate-presigned-url", "get-deployments", "create-deployment", "update-deployment"):
        assert old.post(call, **ASK, **NOBODY).status_code == 401
    assert not UploadLog.objects.exists()
    assert not UploadSession.objects.exists()


def test_only_of_active_deployments(old, site):
    Deployment.objects.filter(pk=site.deployment.pk).update(status="inactive")
    assert old.post("check-file-exist", filename=NAME, **NOBODY).status_code == 404
    assert old.post("check-file-exist", filename=NAME).status_code == 200


def test_it_is_a_style_of_its_own_that_can_be_switched_off(old, maintainer):
    old.post("check-file-exist", filename=NAME, **NOBODY)
    count = LegacyCount.objects.get(style="none")
    assert (count.call, count.account, count.calls) == ("check-file-exist", "", 1)
    turn(actor=maintainer, kind=Kind.STYLE, name="none", is_on=False, reason="the script was replaced")
    assert old.post("check-file-exist", filename=NAME, **NOBODY).status_code == 403
    assert old.post("check-file-exist", filename=NAME).status_code == 200


def test_an_address_is_limited_far_above_one_card(old, monkeypatch):
    assert protocol.ANONYMOUS_RATE.per_second >= 10 * 50
    monkeypatch.setattr(protocol, "ANONYMOUS_RATE", CallRate(per_second=0, at_once=3))
    answers = [old.post("check-file-exist", filename=NAME, **NOBODY) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1]["Retry-After"]
    assert old.post("check-file-exist", filename=NAME).status_code == 200  # with credentials there is no limit


def test_a_visit_without_credentials_is_that_of_the_account_at_its_address(old, account):
    """The script asks for the deployments by password, and then for each file without."""
    old.post("get-deployments")
    old.post("check-file-exist", filename=NAME, **NOBODY)
    session = UploadSession.objects.get()
    assert (session.account, session.uploader_name, session.names_asked) == (account, "Field Person", 1)


# --- Pages of others ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_other_sites_are_refused_whatever_the_credentials(old, headers):
    old.http = Client(headers=headers)
    for call in ("check-file-exist", "generate-presigned-url", "get-deployments", "update-deployment"):
        assert old.post(call, **ASK).status_code == 403
    assert not UploadLog.objects.exists()


@pytest.mark.parametrize("headers", [{"Origin": "http://testserver"}, {"Sec-Fetch-Site": "same-origin"}])
def test_pages_of_ours_are_answered(old, headers):
    old.http = Client(headers=headers)
    assert old.post("check-file-exist", filename=NAME).status_code == 200


def test_a_browsers_session_counts_only_with_its_token(old, maintainer):
    old.http = Client(enforce_csrf_checks=True)
    old.http.force_login(maintainer)
    retire = {"deployment_id": old.fields["deployment"], "status": "inactive"}
    assert old.post("update-deployment", **retire, **NOBODY).status_code == 401
    assert Deployment.objects.get(deployment_id=old.fields["deployment"]).is_active
    assert old.http.get("/get-deployments/").status_code == 401
    old.http.cookies[settings.CSRF_COOKIE_NAME] = token = "a" * 32
    old.http.defaults["HTTP_X_CSRFTOKEN"] = token
    assert old.post("get-deployments", **NOBODY).status_code == 200


# --- Strangers' wrong passwords --------------------------------------------------------------------------------


def wrong(old, times: int, *, address: str) -> set[int]:
    http, old.http = old.http, Client(REMOTE_ADDR=address)
    answers = {old.post("get-deployments", password=f"guess {n}").status_code for n in range(times)}
    old.http = http
    return answers


def right(old, *, address: str) -> int:
    http, old.http = old.http, Client(REMOTE_ADDR=address)
    cache.clear()  # as in another process, or after five minutes
    answer = old.post("get-deployments").status_code
    old.http = http
    return answer


def test_a_strangers_wrong_passwords_do_not_stop_the_account_where_it_is_known(old):
    assert right(old, address="192.0.2.7") == 200
    assert wrong(old, 12, address="198.51.100.1") == {401}
    assert right(old, address="192.0.2.7") == 200
    assert right(old, address="198.51.100.1") == 401  # ten tries an hour for all strangers together
    assert right(old, address="203.0.113.9") == 401


def test_where_it_is_known_ten_wrong_ones_are_the_end_too(old):
    assert right(old, address="192.0.2.7") == 200
    assert right(old, address="192.0.2.8") == 200
    assert wrong(old, WRONG_AT_MOST, address="192.0.2.7") == {401}
    assert right(old, address="192.0.2.7") == 401
    assert right(old, address="192.0.2.8") == 200
    assert KnownPlace.objects.get(address="192.0.2.7").wrong == WRONG_AT_MOST


def test_a_right_one_clears_the_wrong_ones_of_its_place(old):
    assert right(old, address="192.0.2.7") == 200
    for _ in range(3):
        assert wrong(old, WRONG_AT_MOST - 1, address="192.0.2.7") == {401}
        assert right(old, address="192.0.2.7") == 200


def test_what_is_refused_and_repeated_is_counted_and_told(old):
    old.post("generate-presigned-url", filenames="a.png,._a.jpg,b.jpg", file_types="image/jpeg,image/jpeg,image/jpeg")
    old.post("generate-presigned-url", filename="b.jpg", file_type="image/jpeg")  # beside the first
    meter.write()
    count = LegacyCount.objects.get(call="generate-presigned-url")
    assert (count.calls, count.failed, count.refused) == (2, 2, 0)
    assert UploadFailure.objects.get().filename == "a.png"
