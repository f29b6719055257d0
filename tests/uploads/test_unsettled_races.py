"""A claim and an old client's grant in the same moment: each is written first, then asks, so one sees the other."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.uploads.conftest import described, put
from tests.uploads.legacy_client import LegacyClient
from uploads.domain.batch import CardFile
from uploads.ledger import statements
from uploads.models import UploadLog, UploadSession
from uploads.services import confirming, granting, legacy_grants, selection_verify

NAME, CARD = "20240918032339-snapshot.jpg", b"the card's bytes"


@pytest.fixture
def give_old_url(account, site):
    """Writes what an old client's grant writes, whose look at the store lies before ours."""

    def give() -> None:
        now = timezone.now()
        session = UploadSession.objects.create(
            account=account,
            deployment=site.deployment,
            data_type="snapshot_images",
            is_legacy=True,
            started_at=now,
            last_seen_at=now,
        )
        times = {"now": now, "expires_at": now + timedelta(hours=1), "unsettled_until": now + timedelta(hours=2)}
        assert statements.reserve(session=session, files=[CardFile(NAME, None)], **times) == {NAME}

    return give


@pytest.fixture
def give_after(monkeypatch, give_old_url):
    """An old client is given its URL right after the named function of a module has looked at the store."""

    def patch(module, function: str) -> None:
        real = getattr(module, function)

        def meanwhile(**asked):
            found = real(**asked)
            give_old_url()
            return found

        monkeypatch.setattr(module, function, meanwhile)

    return patch


def test_a_file_found_stored_while_an_old_url_is_given(rival, store, site, give_after):
    store.put_object(Bucket=site.bucket.name, Key=site.key(NAME), Body=CARD, ContentType="image/jpeg")
    give_after(granting, "look")
    assert rival.grant(NAME, CARD)["status"] == "unsettled"
    assert not UploadLog.objects.filter(status__in=UploadLog.PROVEN).exists()


def test_a_file_granted_while_an_old_url_is_given(rival, give_after):
    """Nothing was there at the look; by the time that the key is reserved it is an old client's."""
    give_after(granting, "look")
    granted = rival.grant(NAME, CARD)
    assert (granted["status"], granted.get("url")) == ("unsettled", None)
    assert UploadLog.objects.get(session=rival.session_id).status == "unsettled"  # and is compared later


def test_a_card_verified_while_an_old_url_is_given(rival, store, site, give_after):
    store.put_object(Bucket=site.bucket.name, Key=site.key(NAME), Body=CARD, ContentType="image/jpeg")
    give_after(selection_verify, "look_in")
    place = {"deployment": site.deployment.deployment_id, "data_type": "snapshot_images"}
    body = place | {"files": [described(NAME, CARD)]}
    (result,) = rival.http.post("/api/v1/uploads/verify/", body, format="json").json()["files"]
    assert result["status"] == "unsettled"


def test_a_file_confirmed_while_an_old_url_is_given(rival, give_after):
    granted = rival.grant(NAME, CARD)
    put(granted["url"], granted["headers"], CARD)
    UploadLog.objects.update(status="expired")  # long ago: its key is free
    give_after(confirming, "look_closely")
    assert rival.results("confirm", files=[NAME])[0]["status"] == "unsettled"
    assert not UploadLog.objects.filter(status__in=UploadLog.PROVEN).exists()


def test_an_old_url_asked_for_while_a_file_is_found_stored(account, site, rival, store, objects, monkeypatch):
    """The old client's look saw no file yet: its URL leads beside it, and what was called stored stays."""

    def absent(*, names, **asked):
        store.put_object(Bucket=site.bucket.name, Key=site.key(NAME), Body=CARD, ContentType="image/jpeg")
        assert rival.grant(NAME, CARD)["status"] == "stored"
        return dict.fromkeys(names)

    monkeypatch.setattr(legacy_grants, "look", absent)
    asked = {"filename": NAME, "file_type": "image/jpeg"}
    url = LegacyClient(account, site).post("generate-presigned-url", **asked).json()
    assert "/_beside/" in url
    assert put(url, {"Content-Type": "image/jpeg"}, b"other").status == 200
    assert objects()[site.key(NAME)] == CARD
