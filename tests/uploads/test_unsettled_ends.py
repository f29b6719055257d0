"""How unsettled keys end when their URLs are dead: what was lost is told, what nobody can tell yet goes on waiting."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from amiportal.objectstore.models import StoreProbe
from tests.store_variants import opaque_etags
from tests.uploads.conftest import described, put
from tests.uploads.legacy_client import LegacyClient, urls_die
from uploads.models import Drift, UploadLog
from uploads.services.claims import settle_claims
from uploads.services.unsettled import settle_unsettled_keys

NAME, CARD = "20240918032339-snapshot.jpg", b"the card's bytes"
OTHER = CARD[::-1]
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
def old(account, site) -> LegacyClient:
    return LegacyClient(account, site)


def ask(old: LegacyClient, *, person: str = "Field Person") -> str:
    response = old.post("generate-presigned-url", filename=NAME, file_type="image/jpeg", name=person)
    assert response.status_code == 200, response.json()
    return response.json()


@pytest.fixture
def url(old) -> str:
    return ask(old)


@pytest.fixture
def nobody_reads(settings, proxy) -> None:
    """ETags tell nothing, and no call has time to read."""
    proxy.variants = [opaque_etags]
    StoreProbe.objects.all().delete()
    cache.clear()
    settings.READ_BYTES_PER_CALL = 0


def send(url: str, content: bytes) -> None:
    assert put(url, JPEG, content).status == 200


def settle() -> None:
    urls_die()
    settle_unsettled_keys()


def test_a_file_that_was_found_and_is_gone_is_an_alarm(old, url, store, site):
    send(url, CARD)
    assert old.post("check-file-exist", filename=NAME).json() == {"exists": True}
    store.delete_object(Bucket=site.bucket.name, Key=site.key(NAME))
    settle()
    assert UploadLog.objects.get().status == "missing"
    assert Drift.objects.get().kind == "vanished"


def test_each_content_that_was_asked_for_has_its_row(rival, url):
    rival.open(files=2)
    for content in (CARD, OTHER, CARD, OTHER):
        assert rival.grant(NAME, content)["status"] == "unsettled"
    send(url, OTHER)
    settle()
    rows = UploadLog.objects.filter(session=rival.session_id).values_list("md5", "status")
    assert sorted(rows) == sorted(
        [(described(NAME, CARD)["md5"], "expired"), (described(NAME, OTHER)["md5"], "present")]
    )
    assert rival.call("finish").json()["safe_to_wipe"] is False


def test_what_was_asked_for_waits_until_it_is_read(rival, url, nobody_reads):
    send(url, CARD)
    rival.open(files=1)
    assert rival.grant(NAME, CARD)["status"] == "unsettled"
    settle()
    assert UploadLog.objects.get(session=rival.session_id).status == "unsettled"
    settle_claims()
    settle_unsettled_keys()
    assert UploadLog.objects.get(session=rival.session_id).status == "present"
    assert rival.call("finish").json()["safe_to_wipe"] is True


def test_a_verdict_of_before_waits_until_it_is_read(rival, old, url, nobody_reads):
    """Proven while the URL lived, as by the state before, and overwritten since by as many bytes."""
    send(url, OTHER)
    rival.open(files=1)
    assert rival.grant(NAME, CARD)["status"] == "unsettled"
    long_ago = timezone.now() - timedelta(hours=4)
    proof = {"etag": described(NAME, CARD)["md5"], "stored_at": long_ago, "verified_at": long_ago}
    UploadLog.objects.filter(session=rival.session_id).update(
        status="present", error_code="", unsettled_until=None, **proof
    )
    settle()
    assert UploadLog.objects.get(session=rival.session_id).status == "present"
    settle_claims()
    settle_unsettled_keys()
    row = UploadLog.objects.get(session=rival.session_id)
    assert (row.status, row.error_code) == ("mismatch", "changed")


def test_a_second_person_finds_the_first_ones_file_and_both_are_kept(old, url, objects, site):
    send(url, CARD)
    send(ask(old, person="Somebody Else"), OTHER)
    settle()
    assert objects() == {site.key(NAME): CARD, site.key("20240918032339-snapshot-2.jpg"): OTHER}


def test_a_second_file_of_a_visit_is_kept_however_long_after_the_first(old, url, objects, site):
    """The first one's URL is dead; whoever asks again in the same visit has another file of the name."""
    send(url, CARD)
    settle()
    send(ask(old), OTHER)
    settle()
    assert objects() == {site.key(NAME): CARD, site.key("20240918032339-snapshot-2.jpg"): OTHER}


@pytest.mark.parametrize("status", ["expired", "failed", "missing"])
def test_no_two_old_urls_for_one_key_whatever_became_of_the_first(old, url, objects, site, status):
    """The row of the first lets the key go; its URL still writes there."""
    UploadLog.objects.update(status=status)
    send(ask(old, person="Somebody Else"), OTHER)
    send(url, CARD)
    assert objects()[site.key(NAME)] == CARD
    settle()
    assert set(objects().values()) == {CARD, OTHER}
