"""Settling what ran out: what the store cannot tell of one file, session or bucket holds up nobody else's."""

import pytest

from amiportal.background.models import LeftOver
from tests.faults import Status, never
from tests.uploads import legacy_client
from tests.uploads.conftest import put
from tests.uploads.test_settling import run_out
from uploads.models import UploadLog
from uploads.services.expired_grants import settle_expired_grants
from uploads.services.unsettled import settle_unsettled_keys


@pytest.fixture(autouse=True)
def _one_attempt(settings):
    settings.S3_MAX_ATTEMPTS = 1


def send(client, *names: str) -> None:
    for name in names:
        granted = client.grant(name, name.encode())
        assert put(granted["url"], granted["headers"], name.encode()).status == 200


def statuses() -> dict[str, str]:
    return dict(UploadLog.objects.values_list("filename", "status"))


@pytest.mark.parametrize("fault", [Status(500, "InternalError"), Status(403, "AccessDenied")], ids=["500", "403"])
def test_one_file_that_the_store_cannot_answer_for_holds_up_neither_its_own_session_nor_the_next(
    uploader, rival, proxy, fault, objects, site
):
    send(uploader, "a.jpg", "b.jpg", "c.jpg")
    send(rival, "d.jpg")
    run_out()
    proxy.fault = lambda request: fault if request.key.endswith("/b.jpg") and request.method == "HEAD" else None
    assert settle_expired_grants() == {"verified": 3}
    assert settle_expired_grants() == {}
    assert statuses() == {"a.jpg": "verified", "b.jpg": "granted", "c.jpg": "verified", "d.jpg": "verified"}
    row = LeftOver.objects.get()
    assert row.item == f"{site.key('b.jpg')} of session {uploader.session_id}"
    assert row.tries == 2

    proxy.fault = never
    assert settle_expired_grants() == {"verified": 1}
    assert not LeftOver.objects.exists()
    assert set(objects()) == {site.key(f"{letter}.jpg") for letter in "abcd"}


def test_a_store_that_is_away_leaves_one_word_per_session_and_changes_nothing(uploader, rival, proxy):
    send(uploader, *(f"{number}.jpg" for number in range(9)))
    send(rival, "d.jpg")
    run_out()
    proxy.fault = lambda request: Status(503)
    assert settle_expired_grants() == {}
    assert set(statuses().values()) == {"granted"}
    assert LeftOver.objects.count() == 2
    proxy.fault = never
    assert settle_expired_grants() == {"verified": 10}
    assert not LeftOver.objects.exists()


def test_more_than_a_batch_of_one_session_is_settled_at_once(uploader, monkeypatch):
    monkeypatch.setattr("uploads.services.expired_grants.MAX_BATCH_FILES", 4)
    send(uploader, *(f"{number}.jpg" for number in range(9)))
    run_out()
    assert settle_expired_grants() == {"verified": 9}


def test_what_old_clients_sent_is_found_beside_one_that_cannot_be(account, site, probed_store, uploader, proxy):
    old_client = legacy_client.LegacyClient(account, site)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        url = old_client.post("generate-presigned-url", filename=name, file_type="image/jpeg").json()
        assert put(url, {"Content-Type": "image/jpeg"}, b"x").status == 200
    legacy_client.urls_die()
    proxy.fault = lambda request: Status(500) if request.key.endswith("/b.jpg") and request.method == "HEAD" else None
    settle_unsettled_keys()
    assert statuses() == {"a.jpg": "unproven", "b.jpg": "granted", "c.jpg": "unproven"}
    proxy.fault = never
    settle_unsettled_keys()
    assert set(statuses().values()) == {"unproven"}
