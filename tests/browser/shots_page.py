"""The states that a person can meet on the upload page and on the check of a card, each reached as a person would.

    PAGE_SHOTS=/some/folder pytest tests/browser/test_a11y.py

keeps pictures of them all, for the eye and for the guide.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page, expect

from deployments.models import Deployment
from tests.browser.card import Card

STORE_PUTS = re.compile(re.escape(settings.S3_PUBLIC_ENDPOINT_URL) + r"/.*\?")
PICTURES_KEPT = os.environ.get("PAGE_SHOTS")
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}


class Stage:
    """A signed-in person with a card in hand. Elements are found by id: the texts differ by language."""

    def __init__(self, page: Page, portal, card: Card, store):
        self.page, self.portal, self.card, self.store = page, portal, card, store

    def open(self, path: str = "/upload/") -> None:
        self.page.goto(self.portal.url + path)
        expect(self.page.locator("#steps")).to_have_attribute("aria-busy", "false")

    def choose(self, deployment_id: str = "dep000119") -> None:
        self.page.locator(f'input[value="{deployment_id}"]').check()
        self.page.locator('input[value="snapshot_images"]').check()
        self.page.locator("#folder-input").set_input_files(self.card.root)
        expect(self.page.locator("#review .review-line")).to_be_visible()

    def start(self) -> None:
        expect(self.page.locator("#start")).to_be_enabled()
        self.page.locator("#start").click()

    def verdict(self, kind: str) -> None:
        expect(self.page.locator(f"#verdict.{kind}")).to_be_visible()

    def hold_after(self, puts: int) -> None:
        """The store answers so many PUTs, and then no more."""
        seen = []

        def answer(route):
            seen.append(route)
            if len(seen) <= puts:
                route.fallback()

        self.page.route(STORE_PUTS, answer)


def empty(stage: Stage) -> None:
    stage.open()


def chosen(stage: Stage) -> None:
    stage.card.add_snapshots(30)
    stage.card.add("snapshots/Thumbs.db", b"windows")
    stage.open()
    stage.choose()
    expect(stage.page.locator("#start")).to_be_enabled()


def review_of_everything(stage: Stage) -> None:
    """Names that collide, another season, a clock gone wrong, and what the pipelines will not read."""
    card = stage.card
    neighbour(stage)
    for folder in ("100MEDIA", "101MEDIA", "102MEDIA"):
        for number in range(3):
            card.add(f"DCIM/{folder}/202406{number + 10}120000-snapshot.jpg", card.jpeg(900 + number))
    for hour in range(24):
        card.add(f"DCIM/100MEDIA/20240701{hour:02d}0500-snapshot.jpg", card.jpeg(900))
    for path in ("DCIM/100MEDIA/19700101_000114.jpg", "DCIM/101MEDIA/IMG_0001.JPG", "DCIM/Thumbs.db"):
        card.add(path, card.jpeg(800))
    stage.open()
    stage.choose()
    expect(stage.page.locator("#outside-season")).to_be_visible()


def review_decided(stage: Stage) -> None:
    review_of_everything(stage)
    stage.page.locator('input[value="folder"]').check()
    stage.page.locator("#season-reason").fill("The camera was put up a year before its deployment was recorded.")
    expect(stage.page.locator("#start")).to_be_enabled()


def running(stage: Stage) -> None:
    stage.card.add_snapshots(30)
    stage.hold_after(17)
    stage.open()
    stage.choose()
    stage.start()
    expect(stage.page.locator("#files-text")).to_contain_text("17")


def paused(stage: Stage) -> None:
    running(stage)
    stage.page.locator("#pause").click()
    expect(stage.page.locator("#state.paused")).to_be_visible()


def cancelling(stage: Stage) -> None:
    running(stage)
    stage.page.locator("#cancel").click()
    expect(stage.page.locator("#cancel-dialog")).to_be_visible()


def good_verdict(stage: Stage) -> None:
    card = stage.card
    card.add("DCIM/100MEDIA/20250714225500-snapshot.jpg", card.jpeg(900))
    card.add("DCIM/101MEDIA/20250714225500-snapshot.jpg", card.jpeg(900))
    card.add("DCIM/Thumbs.db", b"windows")
    card.add_snapshots(20)
    stage.open()
    stage.choose()
    stage.page.locator('input[value="folder"]').check()
    stage.start()
    stage.verdict("good")


def bad_verdict(stage: Stage) -> None:
    names = stage.card.add_snapshots(20)
    stage.card.add("snapshots/.hidden.jpg", b"x")
    for name in names[3:6]:
        key = f"dep000119/snapshot_images/{name}"
        stage.store.put_object(Bucket=stage.portal.bucket.name, Key=key, Body=b"somebody else's")
    stage.open()
    stage.choose()
    stage.start()
    stage.verdict("bad")


def unfinished(stage: Stage) -> None:
    running(stage)
    stage.page.once("dialog", lambda dialog: dialog.accept())
    stage.page.reload()
    expect(stage.page.locator("#resume")).to_be_visible()


def trouble(stage: Stage) -> None:
    stage.page.route("**/api/v1/deployments/**", lambda route: route.fulfill(status=500, body="{}"))
    stage.page.goto(stage.portal.url + "/upload/")
    expect(stage.page.locator("#trouble")).to_be_visible()
    stage.page.unroute("**/api/v1/deployments/**")


def check_empty(stage: Stage) -> None:
    stage.open("/check/")


def check_good(stage: Stage) -> None:
    good_verdict(stage)
    check(stage)
    stage.verdict("good")


def check_bad(stage: Stage) -> None:
    bad_verdict(stage)
    stage.card.add("snapshots/20250716000000-snapshot.jpg", stage.card.jpeg(900))
    check(stage)
    stage.verdict("bad")


def check(stage: Stage) -> None:
    stage.open("/check/")
    stage.choose()
    stage.start()


def neighbour(stage: Stage) -> Deployment:
    """Last year's season at the same place, which still takes files."""
    return Deployment.objects.create(
        deployment_id="dep000041",
        bucket=stage.portal.bucket,
        location_name=stage.portal.deployment.location_name,
        camera_id="77AC0021",
        system_id="AMI-07",
        first_day="2024-04-01",
        last_day="2024-11-30",
        status="active",
    )


STATES: dict[str, Callable[[Stage], None]] = {
    state.__name__: state
    for state in (
        empty,
        chosen,
        review_of_everything,
        review_decided,
        running,
        paused,
        cancelling,
        good_verdict,
        bad_verdict,
        unfinished,
        trouble,
        check_empty,
        check_good,
        check_bad,
    )
}


def keep_picture(page: Page, name: str) -> None:
    if PICTURES_KEPT:
        Path(PICTURES_KEPT).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES_KEPT) / f"{name}.png", full_page=True)
