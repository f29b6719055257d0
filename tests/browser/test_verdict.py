"""The verdict is good only when everything is proven; else every file that is not has its name on the page."""

import json

import pytest
from playwright.sync_api import expect

from uploads.models import UploadLog

TRY_AGAIN = "Try these again"


def test_other_content_in_the_store_is_a_conflict_shown_by_name(upload_page, portal, card, objects, store):
    names = card.add_snapshots(6)
    key = f"dep000119/snapshot_images/{names[2]}"
    store.put_object(Bucket=portal.bucket.name, Key=key, Body=b"somebody else's")
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 1 of 6 files is not safely stored")
    row = upload_page.verdict.get_by_role("row", name=names[2])
    expect(row).to_contain_text("The store already holds another file of this name")
    expect(upload_page.verdict.get_by_role("row")).to_have_count(2)
    expect(upload_page.verdict.get_by_role("button", name=TRY_AGAIN)).to_have_count(0)
    assert objects()[key] == b"somebody else's"
    assert not UploadLog.objects.filter(filename=names[2]).exists()


def test_an_object_that_the_store_loses_before_the_comparison(upload_page, portal, card, store, page, objects):
    names = card.add_snapshots(5)

    def lose(route):
        store.delete_object(Bucket=portal.bucket.name, Key=f"dep000119/snapshot_images/{names[3]}")
        route.fallback()

    page.route("**/confirm/", lose, times=1)
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 1 of 5 files is not safely stored")
    expect(upload_page.verdict.get_by_role("row", name=names[3])).to_contain_text("The store does not have it")
    assert UploadLog.objects.get(filename=names[3]).status == UploadLog.Status.MISSING

    upload_page.verdict.get_by_role("button", name=TRY_AGAIN).click()
    expect(upload_page.verdict_title).to_have_text("5 files stored and verified; they may be wiped")
    assert len(objects()) == 5


@pytest.mark.parametrize("falsified", ["confirm", "finish"])
def test_one_falsified_answer_of_the_portal_withholds_it(upload_page, card, page, falsified):
    card.add_snapshots(5)

    def falsify(route):
        response = route.fetch()
        answer = response.json()
        if falsified == "confirm":
            answer["files"][1]["status"] = "missing"
        else:
            answer["safe_to_wipe"] = False
        route.fulfill(response=response, body=json.dumps(answer))

    page.route(f"**/{falsified}/", falsify)
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_contain_text("Do not wipe the card")
    expect(upload_page.verdict).not_to_contain_text("may be wiped")


def test_a_name_that_the_portal_refuses_is_listed_with_its_reason(upload_page, card):
    names = card.add_snapshots(2)
    bad = "2025\u202e0714-snapshot.jpg"
    card.add(f"snapshots/{bad}", card.jpeg(600))
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 1 of 3 files is not safely stored")
    expect(upload_page.verdict).to_contain_text("text-direction characters")
    assert set(UploadLog.objects.values_list("filename", flat=True)) == set(names)


def test_the_list_of_what_is_not_stored_can_be_saved(upload_page, portal, card, store, page):
    names = card.add_snapshots(3)
    formula = "=1+1 20250714220000.jpg"
    for name in (names[0], formula):
        key = f"dep000119/snapshot_images/{name}"
        store.put_object(Bucket=portal.bucket.name, Key=key, Body=b"other")
    file = card.add(formula, card.jpeg(600))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([file, card.root / "snapshots" / names[0], card.root / "snapshots" / names[1]])
    upload_page.start()
    expect(upload_page.verdict_title).to_contain_text("2 of 3 files")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the list (CSV)").click()
    head, *rows = download.value.path().read_text("utf-8-sig").splitlines()
    assert head == "File,Why"
    assert sorted(row.split(",")[0] for row in rows) == sorted([f"'{formula}", names[0]])
