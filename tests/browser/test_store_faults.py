"""A store that fails on the way, by a proxy that does the failing: nothing lost, nothing wrong."""

from collections import Counter
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.faults import (
    CommitThenDrop,
    Fault,
    OkWithErrorBody,
    Status,
    always,
    every_kind,
    first,
    first_of_each_key,
    never,
    sometimes,
)
from uploads.models import UploadFailure, UploadLog

# The browser's own lines on requests that failed; an error of the store may come without CORS headers.
NOISE = ["Failed to load resource", "blocked by CORS policy"]


class LateByRefusals(Fault):
    """The link takes longer than the URL lives, until each key has been refused so many times: the store's own word."""

    def __init__(self, life_s: float, times: int):
        self.life_s, self.times = life_s, times
        self.refused: Counter[str] = Counter()

    def strike(self, request, forward, proxy):
        if self.refused[request.key] < self.times:
            proxy.closing.wait(self.life_s + 1)
        answer = forward(request)
        self.refused[request.key] += answer.status == 403
        return answer


class OkWithReadableError(OkWithErrorBody):
    """One that the browser lets the page read."""

    def strike(self, request, forward, proxy):
        answer = super().strike(request, forward, proxy)
        return replace(answer, headers=[*answer.headers, ("Access-Control-Allow-Origin", "*")])


@pytest.fixture
def faulty_page(proxy, watched, upload_page):
    watched.expected += NOISE
    return upload_page


def keys_of(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {f"dep000119/snapshot_images/{name}": content for name, content in contents.items()}


MIXED = every_kind(reset_at=8_000, flip_at=10_000)


def test_mixed_faults_on_a_third_of_the_puts(faulty_page, proxy, card, objects):
    card.add_snapshots(60)
    proxy.fault = sometimes(0.33, MIXED, seed=7, method="PUT")
    faulty_page.upload(card.root)
    expect(faulty_page.verdict_title).to_have_text("60 files stored and verified; they may be wiped")
    assert proxy.count(method="PUT") > 70
    assert objects() == keys_of(card.contents(".jpg"))
    assert set(UploadLog.objects.values_list("status", flat=True)) == {"verified"}
    assert not UploadFailure.objects.exists()


def test_mixed_faults_on_a_fifth_of_all_calls(whole_proxy, faulty_page, card, objects):
    """The portal's own calls meet them too."""
    card.add_snapshots(40)
    whole_proxy.fault = sometimes(0.2, MIXED, seed=11)
    faulty_page.upload(card.root)
    expect(faulty_page.verdict_title).to_have_text("40 files stored and verified; they may be wiped")
    assert whole_proxy.count(method="PUT") > 40
    assert any(request.method in ("GET", "HEAD") for request in whole_proxy.seen)
    assert objects() == keys_of(card.contents(".jpg"))
    assert set(UploadLog.objects.values_list("status", flat=True)) == {"verified"}


def test_a_key_that_the_store_gives_no_answer_about_holds_up_no_other(whole_proxy, faulty_page, card, objects, page):
    """It is asked about again until the store answers."""
    page.clock.install()
    names = card.add_snapshots(12)
    fails = Status(500, "InternalError")
    whole_proxy.fault = always(fails, method="HEAD", key=f"dep000119/snapshot_images/{names[3]}")
    faulty_page.pick_folder(card.root)
    faulty_page.start()
    expect(page.get_by_text("1 file: the store gave no answer about it, and is asked again at")).to_be_visible()
    expect(page.get_by_text("an older program")).to_have_count(0)
    expect(page.get_by_role("heading", name="Waiting until")).to_be_visible()
    assert UploadLog.objects.filter(status="verified").count() == 11
    whole_proxy.fault = never
    page.clock.fast_forward("01:20")
    expect(faulty_page.verdict_title).to_have_text("12 files stored and verified; they may be wiped")
    assert objects() == keys_of(card.contents(".jpg"))


def test_every_answer_lost_is_no_conflict(faulty_page, proxy, card, objects):
    card.add_snapshots(12)
    proxy.fault = first_of_each_key(CommitThenDrop(), method="PUT")
    faulty_page.upload(card.root)
    expect(faulty_page.verdict_title).to_have_text("12 files stored and verified; they may be wiped")
    assert proxy.count(method="PUT") == 24
    assert objects() == keys_of(card.contents(".jpg"))


def test_a_store_that_goes_away_and_returns(faulty_page, proxy, card, objects, page):
    card.add_snapshots(30)
    proxy.fault = first(5, Status(503), method="PUT")
    faulty_page.pick_folder(card.root)
    faulty_page.start()
    expect(page.get_by_text("The store does not answer. Trying again by itself")).to_be_visible()
    expect(faulty_page.verdict_title).to_have_text("30 files stored and verified; they may be wiped")
    assert objects() == keys_of(card.contents(".jpg"))


def test_urls_that_run_out_again_and_again_lose_nothing(faulty_page, proxy, card, objects, settings):
    settings.GRANT_LIFETIME_S = 2
    card.add_snapshots(8)
    late = LateByRefusals(life_s=2, times=2)
    proxy.fault = always(late, method="PUT")
    faulty_page.upload(card.root)
    expect(faulty_page.verdict_title).to_have_text("8 files stored and verified; they may be wiped")
    assert set(late.refused.values()) == {2}
    assert objects() == keys_of(card.contents(".jpg"))


def test_an_error_beneath_a_success_is_none(faulty_page, proxy, card, objects):
    card.add_snapshots(6)
    proxy.fault = first_of_each_key(OkWithReadableError(), method="PUT")
    faulty_page.upload(card.root)
    expect(faulty_page.verdict_title).to_have_text("6 files stored and verified; they may be wiped")
    assert proxy.count(method="PUT") == 12
    assert objects() == keys_of(card.contents(".jpg"))
