"""The keys of receipts: one of their own, and every one before it kept."""

import base64
import hashlib
import hmac
import io
from importlib import import_module

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from tests.receipt_making import PUBLIC_KEY_TEXT, signed
from tests.uploads.test_history import make_session
from uploads.models import GivenVerdict, ReceiptKey
from uploads.receipts.check import NotAReceipt, check_receipt
from uploads.receipts.keys import is_signed, public_key, published_keys, trusted_keys

NEW_KEY = base64.b64encode(b"k" * 32).decode()
keep_first_key = import_module("uploads.migrations.0008_receipts").keep_first_key


def receipt_of(uploader) -> bytes:
    response = uploader.http.get(f"/api/v1/uploads/sessions/{uploader.session_id}/receipt/")
    return b"".join(response.streaming_content)


def says(receipt: bytes) -> dict:
    return check_receipt(io.BytesIO(receipt), trusted_keys(), is_signed).summary


@pytest.fixture
def finished(uploader):
    uploader.open(files=1)
    uploader.send("a.jpg", b"a")
    assert uploader.call("finish").json()["safe_to_wipe"] is True
    return uploader


def test_another_secret_key_changes_no_receipt(finished, settings):
    before = receipt_of(finished)
    settings.SECRET_KEY = "quite another one, of fifty random characters or more"
    assert says(before)["safe_to_wipe"] is True
    key = says(receipt_of(finished))["key_id"]
    assert key == says(before)["key_id"]
    assert ReceiptKey.objects.get().key_id == key


def test_with_another_key_old_receipts_still_hold(client, finished, settings):
    before = receipt_of(finished)
    old = public_key()
    settings.RECEIPT_KEY = NEW_KEY
    after = receipt_of(finished)
    assert says(before)["key_id"] != says(after)["key_id"]
    assert [key.public_key for key in published_keys()] == [public_key(), old]
    told = client.get("/receipts/key/?format=json").json()["keys"]
    assert [key["public_key"] for key in told] == [public_key(), old]
    assert [key["in_use"] for key in told] == [True, False]
    assert told[1]["last_used_at"] <= told[0]["first_used_at"]
    assert client.get("/receipts/key/?format=txt").content.decode() == public_key() + "\n"
    page = client.get("/receipts/key/").content.decode()
    assert old in page
    assert told[1]["key_id"] in page


def test_a_key_that_signed_nothing_yet_is_published(client, db):
    (key,) = client.get("/receipts/key/?format=json").json()["keys"]
    assert (key["public_key"], key["first_used_at"], key["in_use"]) == (public_key(), None, True)
    assert not ReceiptKey.objects.exists()


def test_the_key_in_use_is_known_before_its_first_signature_leaves(finished):
    response = finished.http.get(f"/api/v1/uploads/sessions/{finished.session_id}/receipt/")
    for piece in response.streaming_content:
        if b'"signature"' in piece:
            break
        assert not GivenVerdict.objects.filter(how="receipt").exists()
    assert ReceiptKey.objects.get().public_key == public_key()
    assert GivenVerdict.objects.filter(how="receipt").count() == 1


def test_receipts_of_the_first_kind_hold_after_the_upgrade(colleague, ladera, settings):
    """Signed as that version signed, with the key that it derived from SECRET_KEY."""
    seed = hmac.digest(settings.SECRET_KEY.encode(), b"receipts, version 1", hashlib.sha256)
    derived = Ed25519PrivateKey.from_private_bytes(seed)
    old = signed(1, key=derived)
    with pytest.raises(NotAReceipt):
        says(old)
    make_session(colleague, ladera, finished_at="2026-09-01T00:00:00Z", started_at="2026-08-31T00:00:00Z")
    keep_first_key(apps, None)
    settings.SECRET_KEY = "changed after the upgrade, as it may be"
    assert says(old)["session"] == 31
    with pytest.raises(NotAReceipt):
        says(signed(2, key=derived))
    key = ReceiptKey.objects.get()
    assert (key.receipt_version, key.first_used_at.isoformat()) == (1, "2026-09-01T00:00:00+00:00")


def test_a_portal_that_never_signed_so_trusts_no_key_of_the_first_kind(db):
    keep_first_key(apps, None)
    assert not ReceiptKey.objects.exists()


def test_keys_and_what_was_said_are_never_deleted(finished):
    receipt_of(finished)
    for table in ("uploads_receiptkey", "uploads_givenverdict"):
        with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")


def test_nobody_elses_key_is_trusted(db):
    with pytest.raises(NotAReceipt) as refused:
        says(signed(2))
    assert refused.value.code == "key"
    assert PUBLIC_KEY_TEXT not in [key.public_key for key in published_keys()]
