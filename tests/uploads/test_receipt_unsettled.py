"""Rule 11 on the receipt and its page: files that may still be overwritten, and names that were refused."""

import json

import pytest

from tests.uploads.legacy_client import LegacyClient, urls_die
from tests.uploads.test_receipt_keys import receipt_of, says
from tests.uploads.test_receipt_page import heading
from tests.uploads.test_receipt_then_and_now import given  # noqa: F401 (a fixture)
from tests.uploads.test_unsettled import CARD, NAME, OTHER, overwrite
from uploads.models import GivenVerdict
from uploads.services.unsettled import settle_unsettled_keys


@pytest.fixture
def url(account, site) -> str:
    """Of an old client: it writes any bytes, any number of times, for an hour."""
    return LegacyClient(account, site).post("generate-presigned-url", filename=NAME, file_type="image/jpeg").json()


@pytest.fixture
def unsettled(uploader, url):
    """A session of two files: one proven, one under a key that the URL may still overwrite."""
    overwrite(url, CARD)
    uploader.open(files=2)
    uploader.send("20240918032340-snapshot.jpg", b"another")
    assert uploader.grant(NAME, CARD)["status"] == "unsettled"
    assert uploader.call("finish").json()["safe_to_wipe"] is False
    return uploader


@pytest.fixture
def page(client, colleague):
    client.force_login(colleague)
    return lambda uploader: client.get(f"/uploads/{uploader.session_id}/").content.decode()


def test_an_unsettled_file_is_said_to_be_so(unsettled, page, client):
    content = receipt_of(unsettled)
    states = {file["name"]: file["status"] for file in json.loads(content)["files"]}
    assert states == {NAME: "unsettled", "20240918032340-snapshot.jpg": "verified"}
    summary = says(content)
    assert (summary["unsettled"], summary["unproven"], summary["safe_to_wipe"]) == (1, 1, False)
    assert summary["unsettled_until"] is not None
    told = client.post("/receipts/check/", content, content_type="application/json").json()
    assert (told["valid"], told["safe_to_wipe"]) == (True, False)
    assert told["notes"][0].startswith("An older program could still write over some of the files then (until ")

    html = page(unsettled)
    assert heading(html) == "Not settled yet: keep the card"
    assert "All is in the store but for 1 file where an older program may still write." in html
    assert "an older program may still write here" in html
    assert "What changed since" not in html
    assert "Finished, not settled yet" in client.get("/uploads/").content.decode()


def test_it_turns_by_itself_when_the_url_is_dead(unsettled, page, given):  # noqa: F811
    receipt_of(unsettled)
    urls_die()
    settle_unsettled_keys()
    assert heading(page(unsettled)) == "Safe to wipe"
    assert says(receipt_of(unsettled))["safe_to_wipe"] is True
    newest, *before = given(unsettled)
    assert newest[2:] == ["safe to wipe 2 of 2 proven", "the same"]
    then, now = "not safe to wipe 1 of 2 proven, 1 not settled", "safe to wipe 2 of 2 proven"
    assert [row[2:] for row in before] == [[then, now]] * 2


def test_an_overwritten_one_is_told(unsettled, url, page):
    overwrite(url, OTHER)
    urls_die()
    settle_unsettled_keys()
    html = page(unsettled)
    assert heading(html) == "Not safe to wipe"
    assert "the store holds other content under this name" in html
    assert says(receipt_of(unsettled))["unsettled"] == 0


def test_what_was_safe_and_is_unsettled_now_has_not_changed(uploader, given):  # noqa: F811
    """As the upgrade leaves keys whose old URLs were alive."""
    uploader.open(files=2)
    uploader.send("a.jpg", b"a")
    uploader.send("b.jpg", b"b")
    uploader.call("finish")
    rows = uploader.site.deployment.upload_sessions.get(pk=uploader.session_id).files
    assert rows.filter(filename="a.jpg").update(status="unsettled", unsettled_until="2099-01-01T00:00:00Z") == 1
    ((_, _, then, now),) = given(uploader)
    assert then == "safe to wipe 2 of 2 proven"
    assert now == "not safe to wipe 1 of 2 proven, 1 not settled"


def test_a_name_answered_with_a_conflict_is_listed_and_withholds_the_verdict(uploader, page):
    uploader.send("a.jpg", b"the one that was first")
    uploader.open(files=2)
    uploader.send("b.jpg", b"b")
    assert uploader.grant("a.jpg", b"the one of another folder")["status"] == "conflict"
    assert uploader.call("finish").json()["refused"] == 1
    html = page(uploader)
    assert heading(html) == "Not safe to wipe"
    named = html.partition('id="refused-title"')[2].partition("</section>")[0]
    assert "a.jpg" in named
    assert "never got as far" not in html
    summary = says(receipt_of(uploader))
    assert (summary["refused"], summary["safe_to_wipe"]) == (1, False)
    assert GivenVerdict.objects.get(how="receipt").refused == 1


def test_a_conflict_beyond_the_selection_withholds_it_too(uploader, page):
    uploader.send("a.jpg", b"the one that was first")
    uploader.open(files=1)
    uploader.send("b.jpg", b"b")
    uploader.grant("a.jpg", b"the one of another folder")
    assert uploader.call("finish").json()["safe_to_wipe"] is False
    html = page(uploader)
    assert heading(html) == "Not safe to wipe"
    assert "Every file that got a name is in the store" in html
    assert says(receipt_of(uploader))["safe_to_wipe"] is False
