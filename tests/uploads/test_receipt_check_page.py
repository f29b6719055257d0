"""A receipt sent to the portal by whoever was handed it."""

import gzip
import threading
from datetime import UTC, datetime

import pytest

from tests.receipt_making import PUBLIC_KEY_TEXT, signed
from tests.receipt_mutations import mutated
from tests.uploads.test_receipt_keys import receipt_of
from uploads.models import GivenVerdict, ReceiptKey, UploadSession
from uploads.pages import receipts

UNKNOWN = "The portal has no record of having issued it. Show it to a maintainer."


@pytest.fixture
def genuine(uploader) -> bytes:
    uploader.open(files=2)
    uploader.send("a.jpg", b"a")
    uploader.send("ñandú.jpg", b"bb")
    uploader.call("finish")
    return receipt_of(uploader)


@pytest.fixture
def ask(client, db):
    def send(body: bytes, status: int = 200, packed: bool = False, **more) -> dict:
        kind = "application/gzip" if packed else "application/json"
        response = client.post("/receipts/check/", body, content_type=kind, **more)
        assert response.status_code == status, response.content
        return response.json()

    return send


def test_a_stranger_learns_that_it_is_genuine_and_what_it_says(ask, genuine, uploader):
    told = ask(genuine)
    assert (told["valid"], told["version"], told["safe_to_wipe"], told["notes"]) == (True, 2, True, [])
    facts = dict(told["facts"])
    assert facts["Deployment"].startswith("dep000119 (test-")
    assert facts["Files"] == "2 of 2 files proven"
    assert facts["By the portal"] == "http://127.0.0.1:8000/"
    assert told["now"] == f"/uploads/{uploader.session_id}/"
    assert ask(gzip.compress(genuine), packed=True) == told


def test_no_mutation_passes(ask, genuine):
    for kind, text in mutated(genuine, seed=3, count=70):
        told = ask(text) if text else ask(text, status=400)
        assert told.get("valid") is not True, (kind, text)


@pytest.mark.parametrize(
    "body",
    [b"\x1f\x8b", b"\x1f\x8bgarbage", gzip.compress(b"x" * 99, mtime=0)[:-9], b"plain"],
    ids=["head", "garbage", "cut", "plain"],
)
def test_what_is_packed_wrongly_is_no_receipt(ask, body):
    assert ask(body, packed=True)["code"] == "layout"


@pytest.mark.parametrize(
    "other",
    [
        {"files_sha256": "0" * 64},
        {"safe_to_wipe": False},
        {"given_at": datetime(2100, 1, 1, tzinfo=UTC), "last_given_at": datetime(2100, 1, 2, tzinfo=UTC)},
        {"given_at": datetime(2020, 1, 1, tzinfo=UTC), "last_given_at": datetime(2020, 1, 2, tzinfo=UTC)},
    ],
    ids=["other files", "said unsafe", "before any", "after the last"],
)
def test_one_without_a_record_is_shown_to_a_maintainer(ask, genuine, other):
    """A key in other hands signs whatever it is given."""
    GivenVerdict.objects.filter(how="receipt").update(**other)
    told = ask(genuine)
    assert told["valid"] is True
    assert told["notes"] == [UNKNOWN]


def test_one_that_was_issued_for_another_session_is_no_record(ask, genuine):
    issued = GivenVerdict.objects.get(how="receipt")
    issued.session = UploadSession.objects.exclude(pk=issued.session_id).get()
    issued.save()
    assert ask(genuine)["notes"] == [UNKNOWN]


def test_one_of_the_first_kind_is_told_as_such(ask):
    ReceiptKey.objects.create(
        key_id="0" * 16,
        public_key=PUBLIC_KEY_TEXT,
        receipt_version=1,
        first_used_at="2026-01-01T00:00:00Z",
        last_used_at="2026-11-01T00:00:00Z",
    )
    told = ask(signed(1))
    assert (told["valid"], told["version"]) == (True, 1)
    assert told["notes"] == ["It is of the first kind and does not say when it was issued, so when that was true."]
    assert ask(signed(2))["code"] == "key"


def test_in_the_readers_language(ask, genuine):
    assert ask(genuine, headers={"Accept-Language": "es"})["message"] == "En ese momento la tarjeta se podía borrar."
    assert ask(b"x", headers={"Accept-Language": "es"})["message"].startswith("Esto no es un recibo")


def test_size_is_limited_packed_and_unpacked(ask, monkeypatch):
    monkeypatch.setattr(receipts, "MAX_SENT_BYTES", 2_000)
    monkeypatch.setattr(receipts, "MAX_RECEIPT_BYTES", 20_000)
    assert ask(b"x" * 2_001, status=413)["code"] == "receipt_too_large"
    endless = gzip.compress(signed(2, files=500))
    monkeypatch.setattr(receipts, "MAX_SENT_BYTES", len(endless))
    assert ask(endless, status=413, packed=True)["code"] == "receipt_too_large"
    assert ask(b"", status=400)["code"] == "no_receipt"


def test_one_is_checked_at_a_time_and_the_next_is_told_to_wait(ask, genuine, monkeypatch):
    monkeypatch.setattr(receipts, "BUSY_AFTER_S", 0.01)
    turn = threading.BoundedSemaphore(1)
    monkeypatch.setattr(receipts, "_one_at_a_time", turn)
    with turn:
        assert ask(genuine, status=503)["code"] == "receipts_busy"
    assert ask(genuine)["valid"] is True
    assert ask(b"x")["valid"] is False
    assert ask(genuine)["valid"] is True  # the turn was given back


def test_nothing_is_kept_and_nobody_needs_a_token_against_forgery(client, genuine):
    before = list(GivenVerdict.objects.values())
    strict = type(client)(enforce_csrf_checks=True)
    response = strict.post("/receipts/check/", genuine, content_type="application/json")
    assert response.json()["valid"] is True
    assert list(GivenVerdict.objects.values()) == before
    assert client.get("/receipts/check/").status_code == 405
