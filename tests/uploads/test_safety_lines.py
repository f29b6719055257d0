"""Lines that keep a verdict true and that nothing else holds: each test fails when its line is taken out."""

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from amiportal.core.client_address import client_address
from amiportal.objectstore.models import StoreProbe
from tests.people import make_deployment
from tests.store_variants import LateListing, opaque_etags
from tests.uploads.conftest import Site, Uploader, put
from tests.uploads.legacy_client import LegacyClient
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.models import UploadLog
from uploads.services import granting

A, B = b"one night", b"another night"


def test_what_somebody_finds_stored_proves_nobody_elses_other_content(uploader, rival, store, site):
    rival.grant("a.jpg", B)
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=A, ContentType="image/jpeg")
    assert uploader.grant("a.jpg", A)["status"] == "stored"
    assert UploadLog.objects.get(session=rival.session_id).status == "granted"


def test_the_same_size_is_not_the_same_content(uploader, rival, store, site):
    rival.grant("a.jpg", A[::-1])
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=A, ContentType="image/jpeg")
    assert uploader.grant("a.jpg", A)["status"] == "stored"
    assert UploadLog.objects.get(session=rival.session_id).status == "granted"


def test_the_same_name_elsewhere_is_another_file(uploader, rival, store, site):
    """Granted for the same content in two deployments, and found stored in one of them."""
    elsewhere = Site(site.bucket, make_deployment("dep000120", site.bucket, "Wetland South", status="active"))
    other = Uploader(rival.user, elsewhere).open()
    other.grant("a.jpg", A)
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=A, ContentType="image/jpeg")
    assert uploader.grant("a.jpg", A)["status"] == "stored"
    assert UploadLog.objects.get(session=other.session_id).status == "granted"


def test_a_transition_is_made_only_from_the_state_that_was_read(uploader):
    uploader.open(files=1)
    uploader.send("a.jpg", A)
    row = UploadLog.objects.get()
    assert statements.settle([RowChange(row.pk, "granted", "expired", "expired")]) == set()
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("verified", "")


def test_a_file_beside_the_declared_ones_withholds_the_verdict(uploader):
    uploader.open(files=1)
    uploader.send("a.jpg", A)
    uploader.grant("b.jpg", B)  # granted, and never sent
    verdict = uploader.call("finish", files=1).json()
    assert (verdict["safe_to_wipe"], verdict["verified"], verdict["unproven"]) == (False, 1, 1)


def test_a_session_without_files_is_not_safe_to_wipe(uploader):
    verdict = uploader.open(files=0).call("finish", files=0).json()
    assert (verdict["safe_to_wipe"], verdict["verified"], verdict["unproven"]) == (False, 0, 0)


def test_an_old_clients_question_does_not_settle_a_grant_with_an_md5(uploader, account, site):
    granted = uploader.open(files=1).grant("a.jpg", A)
    put(granted["url"], granted["headers"], A)
    assert LegacyClient(account, site).post("check-file-exist", filename="a.jpg").json() == {"exists": True}
    assert UploadLog.objects.get().status == "granted"
    assert uploader.results("confirm", files=["a.jpg"])[0]["status"] == "verified"


def test_a_row_that_is_proven_after_the_look_is_not_called_missing(uploader, rival, monkeypatch):
    """The store is seen without the file; before that is written somebody brings it."""
    rival.open(files=1)
    rival.send("a.jpg", A)
    looks = []

    def absent(*, session, names, confirm_absent=False):
        looks.append(confirm_absent)
        if confirm_absent:
            UploadLog.objects.filter(session=rival.session_id).update(stored_at=statements.now_of_database())
        return dict.fromkeys(names)

    monkeypatch.setattr(granting, "look", absent)
    assert uploader.grant("a.jpg", B)["status"] == "conflict"
    assert True in looks
    assert UploadLog.objects.get(session=rival.session_id).status == "verified"


def test_an_absence_is_asked_for_before_a_file_is_called_missing(uploader, proxy):
    """The listing was immediate when the store was probed, and is late now."""
    proxy.variants = [LateListing()]
    for name in (names := [f"{number}.jpg" for number in range(20)]):
        granted = uploader.grant(name, A)
        put(granted["url"], granted["headers"], A)
    assert {result["status"] for result in uploader.results("confirm", files=names)} == {"verified"}


def test_an_etag_that_looks_like_an_md5_is_not_believed_of_an_unknown_store(uploader, proxy, store, site):
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=A, ContentType="image/jpeg")
    proxy.variants = [opaque_etags]
    StoreProbe.objects.all().delete()
    cache.clear()
    assert uploader.grant("a.jpg", A)["status"] == "stored"
    assert uploader.grant("a.jpg", B + b"..")["status"] == "conflict"


@pytest.mark.parametrize(
    ("behind_proxy", "forwarded", "address"),
    [
        (False, "203.0.113.9", "192.0.2.1"),
        (False, None, "192.0.2.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.66, 203.0.113.9", "203.0.113.9"),  # further left is the client's own word
        (True, None, "192.0.2.1"),
    ],
)
def test_no_forged_header_makes_an_address(settings, behind_proxy, forwarded, address):
    settings.BEHIND_TLS_PROXY = behind_proxy
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    assert client_address(RequestFactory(REMOTE_ADDR="192.0.2.1").get("/", headers=headers)) == address
