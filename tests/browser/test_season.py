"""The right place: the files' dates are compared with the season before anything starts."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from deployments.models import Deployment
from tests.browser.shots_page import Stage, neighbour
from uploads.models import UploadLog, UploadSession

REASON = "Why do these files belong to dep000119?"


def add_hourly(card, first: str, *, days: int, hours, folder: str = "DCIM/100MEDIA") -> int:
    count = 0
    for day in range(days):
        for hour in hours:
            taken = datetime.fromisoformat(first) + timedelta(days=day, hours=hour)
            card.add(f"{folder}/{taken:%Y%m%d%H%M%S}-snapshot.jpg", card.jpeg(600))
            count += 1
    return count


@pytest.fixture
def last_year(portal, page, card, store) -> Deployment:
    return neighbour(Stage(page, portal, card, store))


def test_last_years_files_are_told_and_one_click_brings_them_to_their_place(
    last_year, upload_page, card, page, objects
):
    add_hourly(card, "2024-05-30", days=40, hours=[21])
    card.add("DCIM/100MEDIA/20250701220000-snapshot.jpg", card.jpeg(600))
    upload_page.pick_folder(card.root)
    season = page.locator("#season")
    expect(season).to_contain_text(
        "40 of 41 files are from May to July 2024; dep000119 began on 1 April 2025. dep000041 fits."
    )
    expect(page.get_by_role("button", name="Start the upload")).to_be_disabled()
    assert not UploadSession.objects.exists()

    season.get_by_role("button", name="Switch to dep000041").click()
    expect(page.get_by_role("radio", name="dep000041")).to_be_checked()
    expect(page.get_by_role("heading", name="Check and start")).to_be_focused()
    expect(season).to_contain_text("1 of 41 files is from July 2025; ")  # and of that one the page speaks too
    page.get_by_label("Why do these files belong to dep000041?").fill("The last night was forgotten.")
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("41 files stored and verified; they may be wiped")
    assert all(key.startswith("dep000041/") for key in objects())


def test_going_on_needs_a_reason_which_is_kept_with_the_session(upload_page, card, page, objects):
    add_hourly(card, "2024-12-29", days=6, hours=[22])
    upload_page.pick_folder(card.root)
    season = page.locator("#season")
    expect(season).to_contain_text("6 of 6 files are from December 2024 to January 2025")
    expect(season).to_contain_text("No other deployment at this place fits either.")
    start = page.get_by_role("button", name="Start the upload")
    expect(start).to_be_disabled()
    page.get_by_label(REASON).fill("   ")
    expect(start).to_be_disabled()
    page.get_by_label(REASON).fill("Set up early, for the frost moths.")
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("6 files stored and verified; they may be wiped")
    assert UploadSession.objects.get().season_reason == "Set up early, for the frost moths."


def test_a_retired_neighbour_is_named_but_cannot_be_switched_to(last_year, upload_page, card, page):
    Deployment.objects.filter(pk=last_year.pk).update(status="inactive")
    add_hourly(card, "2024-06-01", days=3, hours=[22])
    upload_page.pick_folder(card.root)
    season = page.locator("#season")
    expect(season).to_contain_text("dep000041 fits.")
    expect(season).to_contain_text("Takes no more files. Ask a maintainer.")
    expect(season.get_by_role("button")).to_have_count(0)


def test_files_of_the_season_ask_nothing(upload_page, card, page):
    card.add_snapshots(20)
    upload_page.pick_folder(card.root)
    expect(page.locator("#season")).to_have_text(
        "The files are from 14 Jul 2025 to 15 Jul 2025: within the season of dep000119."
    )
    expect(page.get_by_role("button", name="Start the upload")).to_be_enabled()


def test_clocks_that_were_reset_run_ahead_or_are_shifted_are_flagged_and_nothing_is_changed(
    portal, upload_page, card, page
):
    Deployment.objects.filter(pk=portal.deployment.pk).update(
        latitude=8.98, longitude=-79.52, time_zone="America/Panama"
    )
    add_hourly(card, "2025-07-14", days=6, hours=range(8, 17))  # a night's hours, half a day off
    card.add("DCIM/100MEDIA/19700101_000114.jpg", card.jpeg(600))
    card.add("DCIM/100MEDIA/20990101220000.jpg", card.jpeg(600))
    upload_page.pick_folder(card.root)
    clock = page.locator("#clock")
    expect(clock).to_contain_text("1 file has a time before 2000: the clock had been reset.")
    expect(clock).to_contain_text("1 file has a time that lies in the future.")
    expect(clock).to_contain_text("The device's clock seems to be wrong by 12 hours")
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("56 files stored and verified; they may be wiped")
    assert UploadLog.objects.filter(filename="19700101_000114.jpg", status="verified").exists()


def test_what_the_species_pipeline_will_ignore_is_counted_by_reason(upload_page, card, page):
    card.add_snapshots(3)
    for name in (
        "IMG_0001.jpg",
        "IMG_0002.JPG",
        "PXL_20250714_230100123.jpg",
        "19700101000114.jpg",
        "20250714230300.jpeg",
    ):
        card.add(f"recycled/{name}", card.jpeg(600))
    upload_page.pick_folder(card.root)
    ignored = page.locator("#ignored")
    expect(ignored).to_contain_text("4 files will be ignored by the species pipeline")
    expect(ignored.get_by_role("listitem")).to_have_text(
        [
            "2 names hold no time, such as IMG_0001.jpg",
            "1 name holds its time in a form that is not looked for, such as PXL_20250714_230100123.jpg",
            "1 image is from before 2010 or after 2029 by its clock, such as 19700101000114.jpg",
        ]
    )


def test_times_of_other_makers_ask_the_season_question(upload_page, card, page):
    for name in ("2024-06-01_21-11-56.jpg", "20240601T221156Z.jpg", "PXL_20240601_231156123.jpg"):
        card.add(name, card.jpeg(600))
    upload_page.pick_folder(card.root)
    expect(page.locator("#season")).to_contain_text("3 of 3 files are from June 2024")


def test_a_portal_that_cannot_compare_is_told_and_asked_again(upload_page, card, page, watched):
    watched.expected.append("Failed to load resource")
    add_hourly(card, "2024-06-01", days=3, hours=[22])
    page.route("**/survey/", lambda route: route.fulfill(status=503, body="{}"), times=1)
    upload_page.pick_folder(card.root)
    season = page.locator("#season")
    expect(season).to_contain_text("The files' dates could not be compared with the season.")
    season.get_by_role("button", name="Compare again").click()
    expect(season).to_contain_text("3 of 3 files are from June 2024")


def test_uncompared_files_from_outside_the_season_are_refused_one_by_one(upload_page, card, page, objects, watched):
    watched.expected.append("Failed to load resource")
    card.add_snapshots(2)
    add_hourly(card, "2024-06-01", days=1, hours=[22])
    page.route("**/survey/", lambda route: route.fulfill(status=503, body="{}"))
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 1 of 3 files is not safely stored")
    expect(upload_page.verdict).to_contain_text("outside the season of this deployment, and no reason was given")
    assert len(objects()) == 2
