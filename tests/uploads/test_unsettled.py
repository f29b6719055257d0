"""Rule 11: while a URL that binds no MD5 is alive for a key, nobody calls it stored, verified or safe."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.uploads.conftest import described, put
from tests.uploads.legacy_client import LegacyClient, urls_die
from uploads.models import UploadFailure, UploadLog
from uploads.services.unsettled import settle_unsettled_keys

NAME, CARD, OTHER = "20240918032339-snapshot.jpg", b"the card's bytes", b"other bytes"
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
def old(account, site) -> LegacyClient:
    return LegacyClient(account, site)


@pytest.fixture
def url(old) -> str:
    """A URL that writes any bytes, any number of times, for an hour."""
    response = old.post("generate-presigned-url", filename=NAME, file_type="image/jpeg")
    assert response.status_code == 200
    return response.json()


def overwrite(url: str, content: bytes) -> None:
    assert put(url, JPEG, content).status == 200


def verified(uploader) -> dict:
    body = {"deployment": uploader.site.deployment.deployment_id, "data_type": uploader.data_type}
    response = uploader.http.post("/api/v1/uploads/verify/", body | {"files": [described(NAME, CARD)]}, format="json")
    return response.json()["files"][0]


def test_nothing_calls_it_stored_while_the_url_lives(rival, old, url):
    overwrite(url, CARD)
    rival.open(files=1)
    before = timezone.now()
    (checked,) = rival.results("check", files=[described(NAME, CARD)])
    granted = rival.grant(NAME, CARD)
    (confirmed,) = rival.results("confirm", files=[NAME])
    for answer in (checked, granted, confirmed, verified(rival)):
        assert (answer["status"], answer["code"]) == ("unsettled", "unsettled")
        until = datetime.fromisoformat(answer["until"])
        assert timedelta(hours=2) < until - before < timedelta(hours=2, minutes=16)
        assert f"{until:%H:%M}" in answer["message"]
        assert "url" not in answer
    verdict = rival.call("finish").json()
    assert (verdict["safe_to_wipe"], verdict["unsettled"], verdict["unproven"]) == (False, 1, 1)
    assert datetime.fromisoformat(verdict["unsettled_until"]) == until
    assert not UploadLog.objects.filter(status__in=UploadLog.PROVEN).exists()


def test_nothing_is_said_of_a_file_that_has_not_come_yet(rival, old, url):
    """Neither missing nor other content: what is there may change until the URL is dead."""
    rival.open(files=1)
    assert rival.grant(NAME, CARD)["status"] == "unsettled"
    assert rival.results("confirm", files=[NAME])[0]["status"] == "unsettled"
    overwrite(url, OTHER)
    assert rival.results("confirm", files=[NAME])[0]["status"] == "unsettled"
    assert rival.grant(NAME, CARD)["status"] == "unsettled"
    overwrite(url, CARD)
    urls_die()
    settle_unsettled_keys()
    assert rival.call("finish").json()["safe_to_wipe"] is True


def test_it_is_safe_when_the_url_is_dead_and_the_content_was_the_cards(rival, old, url):
    overwrite(url, CARD)
    rival.open(files=1)
    assert rival.grant(NAME, CARD)["status"] == "unsettled"
    assert rival.call("finish").json()["safe_to_wipe"] is False
    assert settle_unsettled_keys() == 0  # it lives
    urls_die()
    assert settle_unsettled_keys() == 2
    assert sorted(UploadLog.objects.values_list("status", "unsettled_until")) == [("present", None), ("unproven", None)]
    assert rival.call("finish").json()["safe_to_wipe"] is True
    assert settle_unsettled_keys() == 0


def test_an_overwritten_file_is_never_called_safe(rival, old, url, objects, site):
    """The bytes of the card are there when it is asked for, and others when the URL is dead."""
    overwrite(url, CARD)
    old.post("check-file-exist", filename=NAME)
    rival.open(files=1)
    assert rival.grant(NAME, CARD)["status"] == "unsettled"
    overwrite(url, OTHER)
    urls_die()
    settle_unsettled_keys()
    assert rival.call("finish").json()["safe_to_wipe"] is False
    assert UploadLog.objects.get(md5__gt="").status == "mismatch"
    assert verified(rival)["status"] == "mismatch"
    assert objects() == {site.key(NAME): OTHER}
    # The old client's own file is lost as well, and it was told that it is there.
    row = UploadLog.objects.get(md5="")
    assert (row.status, row.size_bytes) == ("unproven", len(OTHER))
    failure = UploadFailure.objects.get()
    assert (failure.code, failure.filename, failure.account) == ("overwritten", NAME, row.session.account)


def test_whoever_asks_again_after_that_is_answered_by_the_store(rival, old, url):
    """The client waits and asks again, whether or not the periodic job came first."""
    overwrite(url, CARD)
    rival.open(files=1)
    assert rival.grant(NAME, CARD)["status"] == "unsettled"
    urls_die()
    assert rival.grant(NAME, CARD)["status"] == "stored"
    assert rival.call("finish").json()["safe_to_wipe"] is True
    settle_unsettled_keys()
    assert rival.call("finish").json()["safe_to_wipe"] is True
    assert sorted(UploadLog.objects.filter(session=rival.session_id).values_list("status", flat=True)) == [
        "expired",
        "present",
    ]


def test_a_key_that_never_came_is_granted_when_the_url_is_dead(rival, old, url, objects, site):
    rival.open(files=1)
    assert rival.grant(NAME, CARD)["status"] == "unsettled"
    urls_die()
    settle_unsettled_keys()
    assert rival.send(NAME, CARD)["status"] == "verified"
    assert rival.call("finish").json()["safe_to_wipe"] is True
    assert objects() == {site.key(NAME): CARD}


@pytest.mark.parametrize("freed", ["failed", "expired", "verified"])
def test_no_old_url_for_a_key_that_a_new_url_writes_to(uploader, old, objects, site, freed):
    """Whatever became of the row: its URL lives, and what it brings must not be overwritten."""
    granted = uploader.open(files=1).grant(NAME, CARD)
    if freed == "failed":
        uploader.call("failures", failures=[{"name": NAME, "code": "network"}])
    elif freed == "expired":
        UploadLog.objects.update(status="expired")
    else:
        put(granted["url"], granted["headers"], CARD)
        uploader.results("confirm", files=[NAME])
    response = old.post("generate-presigned-url", filename=NAME, file_type="image/jpeg")
    if response.status_code == 200:
        assert site.key(NAME) + "?" not in response.json().replace("_beside/", "")
        put(response.json(), JPEG, OTHER)
    if freed != "verified":
        put(granted["url"], granted["headers"], CARD)
        assert uploader.results("confirm", files=[NAME])[0]["status"] == "verified"
    assert uploader.call("finish").json()["safe_to_wipe"] is True
    assert objects()[site.key(NAME)] == CARD
    urls_die()
    settle_unsettled_keys()
    assert objects()[site.key(NAME)] == CARD
    assert uploader.call("finish").json()["safe_to_wipe"] is True


def test_verdicts_of_before_are_looked_at_once(uploader, old, url, store, site):
    """As they were given by the state before: proven while the URL lived, and overwritten since."""
    overwrite(url, CARD)
    old.post("check-file-exist", filename=NAME)
    uploader.open(files=2)
    uploader.send("other.jpg", CARD)
    moment = timezone.now()
    session = UploadLog.objects.filter(session=uploader.session_id).get().session
    UploadLog.objects.create(
        session=session,
        deployment=session.deployment,
        data_type=session.data_type,
        filename=NAME,
        **{"size_bytes": len(CARD), "md5": described(NAME, CARD)["md5"], "etag": described(NAME, CARD)["md5"]},
        status="present",
        stored_at=moment - timedelta(hours=4),
        verified_at=moment - timedelta(hours=4),
    )
    assert UploadLog.objects.filter(session=session, status__in=UploadLog.PROVEN).count() == 2
    overwrite(url, OTHER)
    urls_die()
    settle_unsettled_keys()
    assert uploader.call("finish").json()["safe_to_wipe"] is False
    assert UploadLog.objects.get(filename=NAME, md5__gt="").error_code == "changed"


def test_the_last_look_of_a_session_proves_nothing_on_such_a_key(uploader, old, url):
    """As a verdict of the state before: at the end it is neither confirmed nor given a new time."""
    overwrite(url, CARD)
    old.post("check-file-exist", filename=NAME)
    uploader.open(files=2)
    uploader.send("other.jpg", CARD)
    session = UploadLog.objects.get(session=uploader.session_id).session
    long_ago = timezone.now() - timedelta(hours=4)
    proof = {"size_bytes": len(CARD), "md5": described(NAME, CARD)["md5"], "etag": described(NAME, CARD)["md5"]}
    row = UploadLog.objects.create(
        session=session,
        deployment=session.deployment,
        data_type=session.data_type,
        filename=NAME,
        status="present",
        stored_at=long_ago,
        verified_at=long_ago,
        **proof,
    )
    verdict = uploader.call("finish").json()
    assert (verdict["safe_to_wipe"], verdict["unsettled"]) == (False, 1)
    row.refresh_from_db()
    assert (row.status, row.verified_at) == ("unsettled", long_ago)


def test_the_lifetime_of_old_urls_is_a_setting(old, settings):
    settings.LEGACY_GRANT_LIFETIME_S = 600
    url = old.post("generate-presigned-url", filename=NAME, file_type="image/jpeg").json()
    assert "X-Amz-Expires=600" in url
    row = UploadLog.objects.get()
    assert timedelta(0) < row.grant_expires_at - timezone.now() <= timedelta(minutes=10)
