"""A whole card: dropped before anything is chosen, sorted, sent type by type, answered for as one."""

import pytest
from playwright.sync_api import expect

from deployments.domain.names import DataType
from deployments.models import Bucket, Deployment
from tests.cards.devices import ami_card
from tests.cards.in_ledger import count_by_type, stored_by_type
from tests.cards.jpegs import jpeg

ALL_SAFE = "All data of the card is stored and verified (12 files); it may be wiped"


@pytest.fixture
def four_types(portal, page, upload_page):
    Bucket.objects.filter(pk=portal.bucket.pk).update(data_types=DataType.values[:4])
    Deployment.objects.filter(bucket=portal.bucket).update(first_day=None)
    page.reload()


def test_a_card_of_four_types_in_four_actions(four_types, upload_page, page, card):
    there = ami_card(card.add)
    there.pop("no data")
    upload_page.pick_folder(card.root)
    said = page.locator("#scanning")
    expect(said).to_contain_text(
        "On it: Snapshot images 3, Motion images 3, Audible recordings 3, Ultrasound recordings 3."
    )
    expect(page.locator("#start-hint")).to_contain_text("Choose the deployment in step 2.")
    page.get_by_role("radio", name="dep000119").check()
    expect(page.get_by_role("radio", name="Snapshot images")).to_be_checked()
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text(
        "Do not wipe the card yet: Snapshot images are stored (3), 9 other files are not"
    )
    expect(upload_page.verdict).to_have_class("card verdict bad")
    expect(upload_page.verdict.locator("#others li")).to_have_text(
        ["Motion images 3", "Audible recordings 3", "Ultrasound recordings 3"]
    )
    upload_page.verdict.get_by_role("button", name="Send these too").click()
    expect(upload_page.verdict_title).to_have_text(ALL_SAFE)
    expect(upload_page.verdict).to_have_class("card verdict good")
    expect(upload_page.verdict).to_contain_text("Not covered by this: 4 files that were left out")
    assert stored_by_type() == {kind: sorted(paths) for kind, paths in there.items()}


def test_dropped_before_anything_is_chosen(four_types, upload_page, page, card):
    ami_card(card.add)
    upload_page.drop(card.root)
    expect(page.locator("#scanning")).to_contain_text("On it: Snapshot images 3")
    page.get_by_role("radio", name="dep000119").check()
    expect(page.locator("#review")).to_contain_text("9 files of other data types")
    upload_page.start()
    expect(upload_page.verdict_title).to_contain_text("9 other files are not")


def test_what_nothing_tells_goes_where_the_person_says_and_counts_till_then(four_types, upload_page, page, card):
    card.add("DCIM/100MEDIA/IMG_0001.JPG", jpeg(seed=1))
    card.add("DCIM/100MEDIA/IMG_0002.JPG", jpeg(seed=2))
    card.add("audio/20250714_220000.wav", card.wav(4_000))
    upload_page.pick_folder(card.root)
    expect(page.locator("#scanning")).to_contain_text("2 files of which nothing tells what they are")
    page.get_by_role("radio", name="dep000119").check()
    expect(page.get_by_role("radio", name="Audible recordings")).to_be_checked()
    upload_page.start()
    expect(upload_page.verdict_title).to_contain_text("2 other files are not")
    expect(upload_page.verdict.get_by_role("button", name="Send these too")).to_have_count(0)
    upload_page.verdict.get_by_role("button", name="Upload another folder").click()
    upload_page.choose("dep000119", "Motion images")
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_contain_text("Motion images are stored (2), 1 other file is not")
    assert count_by_type() == {
        "audible_recordings": 1,
        "motion_images": 2,
    }


def test_types_that_the_deployment_does_not_take_withhold_the_verdict(portal, upload_page, page, card):
    Bucket.objects.filter(pk=portal.bucket.pk).update(data_types=["snapshot_images"])
    Deployment.objects.filter(bucket=portal.bucket).update(first_day=None)
    page.reload()
    ami_card(card.add)
    upload_page.pick_folder(card.root)
    page.get_by_role("radio", name="dep000119").check()
    upload_page.start()
    expect(upload_page.verdict_title).to_contain_text("9 other files are not")
    others = upload_page.verdict.locator("#others")
    expect(others).to_contain_text("Motion images 3 (the deployment does not take them)")
    expect(others.get_by_role("button")).to_have_count(0)


def test_what_changes_on_the_card_after_its_data_type_is_done_is_seen(four_types, upload_page, page, card):
    there = ami_card(card.add)
    upload_page.pick_folder(card.root)
    page.get_by_role("radio", name="dep000119").check()
    upload_page.start()
    expect(upload_page.verdict_title).to_contain_text("9 other files are not")
    card.add(there["snapshot_images"][0], jpeg(seed=99))
    upload_page.verdict.get_by_role("button", name="Send these too").click()
    # Of the four data types the snapshots are sent again, and the changed one is not what was chosen.
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 1 of 3 files is not safely stored")
    expect(upload_page.verdict).to_contain_text("It changed after it was chosen")


def test_a_next_data_type_with_a_question_waits_for_the_answer(four_types, upload_page, page, card):
    card.add_snapshots(2)
    for folder in "ab":
        card.add(f"motion/{folder}/20250714220000.jpg", card.jpeg(900))
    upload_page.pick_folder(card.root)
    page.get_by_role("radio", name="dep000119").check()
    upload_page.start()
    upload_page.verdict.get_by_role("button", name="Send these too").click()
    expect(page.locator("#start-hint")).to_contain_text("Choose what should happen to the files that share a name")
    assert set(stored_by_type()) == {"snapshot_images"}
    page.get_by_role("radio", name="Add the folder to the name").check()
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text(
        "All data of the card is stored and verified (4 files); it may be wiped"
    )


def test_a_check_answers_for_the_whole_card(four_types, upload_page, page, portal, card):
    ami_card(card.add)
    upload_page.pick_folder(card.root)
    page.get_by_role("radio", name="dep000119").check()
    upload_page.start()
    upload_page.verdict.get_by_role("button", name="Send these too").click()
    expect(upload_page.verdict_title).to_have_text(ALL_SAFE)
    page.goto(portal.url + "/check/")
    upload_page.pick_folder(card.root)
    page.get_by_role("radio", name="dep000119").check()
    page.get_by_role("button", name="Check the card").click()
    expect(upload_page.verdict_title).to_contain_text("NOT SAFE Snapshot images are in the store (3), 9 other files of")
    for kind in ("Motion images (3), 6 other", "Audible recordings (3), 3 other"):
        upload_page.verdict.get_by_role("button", name="Check these too").click()
        expect(upload_page.verdict_title).to_contain_text("NOT SAFE " + kind.replace(" (", " are in the store ("))
    upload_page.verdict.get_by_role("button", name="Check these too").click()
    expect(upload_page.verdict_title).to_have_text(
        "SAFE All data of the card is in the store (12 files); it may be wiped"
    )


def test_a_check_names_damage_too(upload_page, page, portal, card):
    names = card.add_snapshots(2)
    card.add(f"snapshots/{names[1]}", bytes(20_000))
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_contain_text("Do not wipe the card yet")
    page.goto(portal.url + "/check/")
    upload_page.choose("dep000119", "Snapshot images")
    upload_page.pick_folder(card.root)
    page.get_by_role("button", name="Check the card").click()
    expect(upload_page.verdict_title).to_contain_text("NOT SAFE")
    upload_page.verdict.get_by_role("button", name="The card really holds them so").click()
    expect(upload_page.verdict_title).to_contain_text("SAFE All 2 files are in the store")
