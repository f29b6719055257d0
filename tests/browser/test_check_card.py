"""Check a card: SAFE or NOT SAFE, by comparison with the store, and nothing is uploaded."""

import pytest
from playwright.sync_api import expect

from deployments.models import Deployment
from tests.browser.conftest import PASSWORD
from tests.browser.test_sizes import HOLD_CHOICE
from tests.browser.upload_page import UploadPage
from uploads.models import UploadLog, UploadSession


@pytest.fixture
def check_page(page, portal) -> UploadPage:
    opened = UploadPage(page, portal.url)
    opened.sign_in("ines", PASSWORD)
    page.get_by_role("link", name="Check a card", exact=True).click()
    return opened


@pytest.fixture
def sent(page) -> list[str]:
    """Whatever the browser asks the store for, or asks the portal to change."""
    asked = []
    page.on(
        "request",
        lambda request: (
            (request.method == "PUT" or "/sessions/" in request.url) and asked.append(f"{request.method} {request.url}")
        ),
    )
    return asked


def store_all(store, portal, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        key = f"dep000119/snapshot_images/{name}"
        store.put_object(Bucket=portal.bucket.name, Key=key, Body=content)


def check(opened: UploadPage, folder) -> None:
    opened.choose("dep000119", "Snapshot images")
    opened.pick_folder(folder)
    opened.page.get_by_role("button", name="Check the card").click()
    expect(opened.verdict).to_be_visible()


def test_safe_when_the_store_has_every_file_also_under_its_folders_name(check_page, portal, card, store, sent):
    card.add_snapshots(30)
    for number, folder in enumerate(("100MEDIA", "101MEDIA", "102MEDIA")):
        card.add(f"DCIM/{folder}/19700101_000114.jpg", card.jpeg(900 + number))
    card.add("snapshots/Thumbs.db", b"windows")
    contents = {path.name: path.read_bytes() for path in (card.root / "snapshots").glob("*.jpg")}
    folder = card.root / "DCIM"
    contents["19700101_000114.jpg"] = (folder / "100MEDIA/19700101_000114.jpg").read_bytes()
    contents["19700101_000114-101MEDIA.jpg"] = (folder / "101MEDIA/19700101_000114.jpg").read_bytes()
    contents["DCIM_102MEDIA_19700101_000114.jpg"] = (folder / "102MEDIA/19700101_000114.jpg").read_bytes()
    store_all(store, portal, contents)
    check(check_page, card.root)
    expect(check_page.verdict_title).to_have_text("SAFE All 33 files are in the store; they may be wiped")
    expect(check_page.verdict_title).to_be_focused()
    expect(check_page.verdict).to_contain_text("Not covered by this: 1 file that was left out")
    assert sent == []
    assert not UploadSession.objects.exists()
    assert not UploadLog.objects.exists()


def test_not_safe_names_each_file_and_saves_the_list(check_page, portal, card, store, page, sent):
    names = card.add_snapshots(10)
    contents = card.contents(".jpg")
    del contents[names[2]]
    contents[names[5]] = b"\x00" + contents[names[5]][1:]  # of the same size
    store_all(store, portal, contents)
    check(check_page, card.root)
    expect(check_page.verdict_title).to_have_text("NOT SAFE Do not wipe the card: 2 of 10 files are not in the store")
    expect(check_page.verdict.get_by_role("row", name=names[2])).to_contain_text("The store does not have it")
    expect(check_page.verdict.get_by_role("row", name=names[5])).to_contain_text("holds another file of this name")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the list (CSV)").click()
    rows = download.value.path().read_text("utf-8-sig").splitlines()[1:]
    assert sorted(row.split(",")[0] for row in rows) == [f"card/snapshots/{names[index]}" for index in (2, 5)]
    assert sent == []


def test_a_retired_deployment_can_be_asked_about(check_page, portal, card, store, page):
    Deployment.objects.filter(pk=portal.deployment.pk).update(status="inactive")
    page.reload()
    expect(page.locator("#deployment-list")).to_contain_text("Retired · Camera 6B46159A")
    card.add_snapshots(3)
    store_all(store, portal, card.contents(".jpg"))
    check(check_page, card.root)
    expect(check_page.verdict_title).to_contain_text("SAFE All 3 files")


def test_a_file_that_cannot_be_read_is_not_safe(check_page, portal, card, store, page):
    names = card.add_snapshots(3)
    store_all(store, portal, card.contents(".jpg"))
    check_page.choose("dep000119", "Snapshot images")
    check_page.pick_folder(card.root)
    expect(page.get_by_role("button", name="Check the card")).to_be_enabled()
    (card.root / "snapshots" / names[1]).unlink()
    page.get_by_role("button", name="Check the card").click()
    expect(check_page.verdict_title).to_contain_text("1 of 3 files is not in the store")
    expect(check_page.verdict.get_by_role("row", name=names[1])).to_contain_text("could not be read from the card")


def test_a_file_gone_before_it_was_looked_at_is_not_safe(check_page, portal, card, store, page):
    kept, gone = card.add_snapshots(2)
    store_all(store, portal, card.contents(".jpg"))
    check_page.choose("dep000119", "Snapshot images")
    page.evaluate(HOLD_CHOICE)
    check_page.pick_folder(card.root)
    (card.root / "snapshots" / gone).unlink()
    page.evaluate("dispatchEvent(new Event('let-go'))")
    page.get_by_role("button", name="Check the card").click()
    expect(check_page.verdict_title).to_have_text("NOT SAFE Do not wipe the card: 1 of 2 files is not in the store")
    expect(check_page.verdict.get_by_role("row", name=gone)).to_contain_text("The browser could not read it")


def test_a_portal_that_cannot_tell_gives_no_verdict(check_page, portal, card, page, watched):
    watched.expected += ["Failed to load resource", "ApiError"]
    card.add_snapshots(3)
    page.route("**/verify/", lambda route: route.fulfill(status=403, body='{"code": "bucket_not_allowed"}'))
    check_page.choose("dep000119", "Snapshot images")
    check_page.pick_folder(card.root)
    page.get_by_role("button", name="Check the card").click()
    expect(page.get_by_role("alert")).to_contain_text("Ask a maintainer for access")
    expect(page.get_by_role("alert")).to_contain_text("Code to quote: bucket_not_allowed")
    expect(check_page.verdict).to_be_hidden()
