"""Large files by the page: in parts, each with tries of its own, none twice. Small ones here, by smaller constants."""

import pytest
from playwright.sync_api import expect

from tests.faults import CommitThenDrop, FlipByte, ResetMidBody, Status, once, sometimes
from tests.uploads.large import ABOVE_BYTES, PART_BYTES
from uploads.domain import shared
from uploads.models import MultipartUpload, UploadLog

NOISE = ["Failed to load resource", "blocked by CORS policy", "net::ERR_"]
LARGE = "20250714233000-snapshot.jpg"
LARGE_BYTES = 2 * PART_BYTES + 100_000
SAFE = "{} files stored and verified; they may be wiped"


@pytest.fixture
def smaller(monkeypatch):
    monkeypatch.setattr(shared, "PART_SIZE_BYTES", PART_BYTES)
    monkeypatch.setattr(shared, "MULTIPART_ABOVE_BYTES", ABOVE_BYTES)


@pytest.fixture
def large_card(smaller, card):
    card.add_snapshots(5)
    card.add(f"snapshots/{LARGE}", card.jpeg(LARGE_BYTES))
    return card


@pytest.fixture
def faulty_page(proxy, large_card, watched, upload_page):
    watched.expected += NOISE
    return upload_page


def part_puts(proxy) -> list[int]:
    return [int(seen.query["partNumber"]) for seen in proxy.seen if seen.method == "PUT" and "partNumber" in seen.query]


def names_to_contents(found: dict[str, bytes]) -> dict[str, bytes]:
    return {key.rpartition("/")[2]: content for key, content in found.items()}


def test_a_large_file_among_small_ones(faulty_page, large_card, proxy, objects):
    faulty_page.upload(large_card.root)
    expect(faulty_page.verdict_title).to_have_text(SAFE.format(6))
    assert names_to_contents(objects()) == large_card.contents(".jpg")
    assert sorted(part_puts(proxy)) == [1, 2, 3]
    row = UploadLog.objects.get(filename=LARGE)
    assert (row.status, row.multipart_md5.endswith("-3")) == ("verified", True)
    assert MultipartUpload.objects.get().status == "completed"


def test_parts_under_faults(faulty_page, large_card, proxy, objects):
    faults = [Status(503), CommitThenDrop(), FlipByte(at=70_000), ResetMidBody(50_000)]
    proxy.fault = sometimes(0.4, faults, seed=3, method="PUT")
    faulty_page.upload(large_card.root)
    expect(faulty_page.verdict_title).to_have_text(SAFE.format(6), timeout=180_000)
    assert names_to_contents(objects()) == large_card.contents(".jpg")
    assert set(UploadLog.objects.values_list("status", flat=True)) == {"verified"}


def test_a_lost_answer_to_the_completion_is_found_out(faulty_page, large_card, objects, page):
    lost = []

    def lose(route):
        route.fetch()
        lost.append(route)
        route.abort()

    page.route("**/complete/", lose, times=1)
    faulty_page.upload(large_card.root)
    expect(faulty_page.verdict_title).to_have_text(SAFE.format(6))
    assert len(lost) == 1
    assert names_to_contents(objects()) == large_card.contents(".jpg")


def test_after_a_reload_only_the_missing_part_is_sent(faulty_page, large_card, proxy, objects, page):
    held, arrived = [], set()
    page.route(f"{proxy.url}/**", lambda route: held.append(route) if is_part_3(route) else route.fallback())
    page.on("requestfinished", lambda request: "partNumber" in request.url and arrived.add(request.url))
    faulty_page.pick_folder(large_card.root)
    with page.expect_event("requestfinished", lambda _: len(arrived) == 2):
        faulty_page.start()
    expect(page.locator("#files-text")).to_have_text("5 of 6")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute(f"{proxy.url}/**")
    proxy.seen.clear()
    faulty_page.choose("dep000119", "Snapshot images")
    faulty_page.upload(large_card.root)
    expect(faulty_page.verdict_title).to_have_text(SAFE.format(6))
    assert part_puts(proxy) == [3]
    assert proxy.count(method="PUT") == 1
    assert names_to_contents(objects()) == large_card.contents(".jpg")


def is_part_3(route) -> bool:
    return "partNumber=3" in route.request.url


def test_a_large_file_that_changes_while_it_is_sent_is_not_proven(faulty_page, large_card, proxy, objects):
    def change(request):
        if "partNumber" in request.query and not proxy.changed:
            proxy.changed = True
            large_card.add(f"snapshots/{LARGE}", large_card.jpeg(LARGE_BYTES))

    proxy.changed = False
    proxy.fault = change
    faulty_page.upload(large_card.root)
    expect(faulty_page.verdict.get_by_role("row", name=LARGE)).to_contain_text("It changed after it was chosen")
    assert LARGE not in names_to_contents(objects())
    assert not UploadLog.objects.filter(filename=LARGE, status="verified").exists()


def test_a_url_of_a_part_that_has_run_out_is_signed_anew(faulty_page, large_card, proxy, objects):
    proxy.fault = once(Status(403, "AccessDenied"), method="PUT")
    faulty_page.upload(large_card.root)
    expect(faulty_page.verdict_title).to_have_text(SAFE.format(6))
    assert names_to_contents(objects()) == large_card.contents(".jpg")
