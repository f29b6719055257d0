"""Bad links and busy places: what the page does when neither the store nor the network nor the key is its own."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.upload_page import UploadPage
from tests.faults import Answer, Away, Status, always, first
from uploads.models import UploadFailure, UploadLog, UploadSession

NOISE = ["Failed to load resource", "blocked by CORS policy", "net::ERR_"]
SAFE = "{} files stored and verified; they may be wiped"


@pytest.fixture
def faulty_page(proxy, watched, upload_page):
    watched.expected += NOISE
    return upload_page


def names_to_contents(found: dict[str, bytes]) -> dict[str, bytes]:
    return {key.rpartition("/")[2]: content for key, content in found.items()}


def test_urls_that_live_two_seconds(settings, faulty_page, card, proxy, objects):
    """Each waits its turn for longer than that, and is signed again in time.

    On a busy machine a URL may end between browser and store; without the signing again all but the first would.
    """
    settings.GRANT_LIFETIME_S = 2
    refused = []

    def note(request, forward) -> Answer:
        answer = forward(request)
        if request.method == "PUT" and answer.status == 403:
            refused.append(request)
        return answer

    proxy.variants = [note]
    card.add_snapshots(60)
    faulty_page.upload(card.root)
    expect(faulty_page.verdict_title).to_have_text(SAFE.format(60))
    assert len(refused) < 30
    assert names_to_contents(objects()) == card.contents(".jpg")


def test_two_computers_with_one_card(faulty_page, card, proxy, objects, portal, chromium_browser):
    """Both are told the truth; each object is there once, and nobody overwrote anything."""
    card.add_snapshots(80)
    other = chromium_browser.new_context(locale="en-GB")
    elsewhere = UploadPage(other.new_page(), portal.url)
    elsewhere.sign_in("ines", PASSWORD)
    elsewhere.choose(portal.deployment.deployment_id, "Snapshot images")
    for each in (faulty_page, elsewhere):
        each.pick_folder(card.root)
        expect(each.review).to_contain_text("80 files")
    faulty_page.start()
    elsewhere.start()
    for each in (faulty_page, elsewhere):
        expect(each.verdict_title).to_have_text(SAFE.format(80))
    other.close()
    assert names_to_contents(objects()) == card.contents(".jpg")
    assert UploadSession.objects.filter(finished_at__isnull=False).count() == 2
    assert UploadLog.objects.filter(status="verified").count() == 80
    assert not UploadFailure.objects.exists()


def test_two_computers_with_other_content_under_the_same_names(
    faulty_page, card, proxy, objects, portal, chromium_browser, tmp_path
):
    """One wins each name, the other is told; neither is overwritten."""
    names = card.add_snapshots(12)
    second = type(card)(tmp_path / "second")
    for name in names:
        second.add(f"snapshots/{name}", second.jpeg(9_000))
    other = chromium_browser.new_context(locale="en-GB")
    elsewhere = UploadPage(other.new_page(), portal.url)
    elsewhere.sign_in("ines", PASSWORD)
    elsewhere.choose(portal.deployment.deployment_id, "Snapshot images")
    faulty_page.pick_folder(card.root)
    elsewhere.pick_folder(second.root)
    faulty_page.start()
    elsewhere.start()
    for each in (faulty_page, elsewhere):
        expect(each.verdict).to_be_visible()
    told_safe = [each for each in (faulty_page, elsewhere) if "may be wiped" in each.verdict_title.text_content()]
    stored = names_to_contents(objects())
    ours, theirs = card.contents(".jpg"), second.contents(".jpg")
    assert all(stored[name] in (ours[name], theirs[name]) for name in stored)
    assert len(stored) == 12
    assert len(told_safe) <= 1
    if told_safe:
        assert stored == (ours if told_safe[0] is faulty_page else theirs)
    other.close()


def test_a_refusal_that_the_browser_hides_holds_up_no_other_file(faulty_page, card, proxy, objects):
    """A store's 4xx without CORS headers looks like a dead network and is tried as often; the rest goes on."""
    names = card.add_snapshots(40)
    refused = names[3]
    order = []

    def decide(request):
        if request.method == "PUT":
            order.append(request.key.rpartition("/")[2])
        return Status(400, "InvalidRequest") if request.method == "PUT" and refused in request.key else None

    proxy.fault = decide
    faulty_page.pick_folder(card.root)
    faulty_page.start()
    expect(faulty_page.page.locator("#files-text")).to_have_text("39 of 40")
    assert order.count(refused) <= 8  # by then; its tries lie ever farther apart
    assert len(objects()) == 39
    faulty_page.cancel()
    expect(faulty_page.verdict_title).to_have_text("Cancelled – do not wipe the card")


def test_a_store_that_is_away_is_asked_seldom(faulty_page, card, proxy, objects, page):
    card.add_snapshots(30)
    proxy.fault = always(Away(), method="PUT")
    faulty_page.pick_folder(card.root)
    faulty_page.start()
    expect(page.get_by_text("The store does not answer. Trying again by itself")).to_be_visible()
    proxy.fault = first(4, Away(), method="PUT")
    expect(faulty_page.verdict_title).to_have_text(SAFE.format(30), timeout=180_000)
    assert names_to_contents(objects()) == card.contents(".jpg")
    assert proxy.count(method="PUT") < 30 + 20
    assert not UploadFailure.objects.exists()
