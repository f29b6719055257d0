"""A store whose listing was immediate when it was probed, and lags now: nothing is missing, gone or free by its word.

Of more names than are asked for one by one.
"""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from amiportal.objectstore.lookup import FEW_NAMES
from amiportal.objectstore.models import StoreProbe
from tests.store_variants import LateListing
from tests.uploads.conftest import Uploader, described, put
from tests.uploads.legacy_client import LegacyClient, urls_die
from tests.uploads.test_settling import run_out
from uploads.models import UploadLog
from uploads.services.unsettled import settle_unsettled_keys

NAMES = [f"2025071422{minute:02}00-snapshot.jpg" for minute in range(2 * FEW_NAMES)]
CARD = b"one night"
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
def late(proxy) -> None:
    proxy.variants = [LateListing()]


@pytest.fixture
def sent(uploader, late) -> Uploader:
    """A session whose files are in the store, and in no listing."""
    uploader.open(files=len(NAMES))
    for granted in uploader.results("presign", files=files(CARD)):
        assert put(granted["url"], granted["headers"], CARD).status == 200
    return uploader


@pytest.fixture
def proven(sent) -> Uploader:
    assert statuses(sent.results("confirm", files=NAMES)) == {"verified"}
    return sent


@pytest.fixture
def old_urls(account, site, late) -> list[str]:
    """What an old client was given, and has sent by."""
    urls = asked(LegacyClient(account, site), person="Field Person")
    for url in urls:
        assert put(url, JPEG, CARD).status == 200
    return urls


def files(content: bytes) -> list[dict]:
    return [described(name, content) for name in NAMES]


def statuses(results: list[dict]) -> set[str]:
    return {result["status"] for result in results}


def states() -> set[str]:
    return set(UploadLog.objects.values_list("status", flat=True))


def asked(old: LegacyClient, *, person: str) -> list[str]:
    types = ",".join(["image/jpeg"] * len(NAMES))
    response = old.post("generate-presigned-url", filenames=",".join(NAMES), file_types=types, name=person)
    return list(response.json().values())


def test_what_was_proven_is_confirmed_again(proven):
    assert statuses(proven.results("confirm", files=NAMES)) == {"verified"}
    assert states() == {"verified"}


def test_what_was_proven_is_granted_to_nobody(proven, rival):
    assert statuses(rival.results("presign", files=files(CARD))) == {"stored"}
    assert statuses(rival.results("presign", files=files(CARD[::-1]))) == {"conflict"}
    assert states() == {"verified", "present"}


def test_what_was_proven_long_ago_is_there_at_the_end(proven):
    UploadLog.objects.update(verified_at=timezone.now() - timedelta(hours=2))
    assert proven.call("finish").json()["safe_to_wipe"] is True
    assert states() == {"verified"}


def test_a_card_is_verified(proven, site):
    body = {"deployment": site.deployment.deployment_id, "data_type": "snapshot_images", "files": files(CARD)}
    response = proven.http.post("/api/v1/uploads/verify/", body, format="json")
    assert statuses(response.json()["files"]) == {"stored"}


def test_of_an_unknown_store_no_listing_frees_a_key(sent, rival):
    StoreProbe.objects.all().delete()
    cache.clear()
    run_out()
    results = rival.results("presign", files=files(CARD[::-1]))
    assert {(result["status"], result["code"]) for result in results} == {("conflict", "stored_differs")}


def test_what_an_old_client_sent_is_found_when_its_urls_are_dead(old_urls):
    urls_die()
    settle_unsettled_keys()
    assert states() == {"unproven"}


def test_what_an_old_client_sent_is_overwritten_by_no_other(old_urls, account, site, objects):
    urls_die()
    settle_unsettled_keys()
    before = objects()
    for url in asked(LegacyClient(account, site), person="Somebody Else"):
        assert put(url, JPEG, b"other").status == 403
    assert objects() == before
    assert states() == {"unproven"}
