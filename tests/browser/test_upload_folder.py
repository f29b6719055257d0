"""The main job: a folder of a card, from the browser into the store and the ledger."""

import hashlib

import pytest
from playwright.sync_api import expect

from uploads.models import UploadLog, UploadSession


def fill_card(card) -> None:
    card.add_snapshots(30)
    card.add("snapshots/CAMERA-20250715032339-00-07.jpg", card.jpeg(700_000))
    card.add("snapshots/20250715042339-snapshot.JPEG", card.jpeg(5_000_000))
    card.add("audible/20250714_220000.WAV", card.wav(3_000_000))
    card.add("audible/19700101_000114.wav", card.wav(20_000))
    card.add("snapshots/Thumbs.db", b"windows")
    card.add(".Trashes/20250714220000-snapshot.jpg", b"apple")
    card.add("snapshots/20250715052339-snapshot.jpg", b"")


@pytest.mark.parametrize("how", ["pick_folder", "drop"])
@pytest.mark.parametrize(
    ("data_type", "label", "suffixes", "count", "left_out", "others"),
    [
        ("snapshot_images", "Snapshot images", (".jpg", ".jpeg"), 32, 5, 2),
        ("audible_recordings", "Audible recordings", (".wav",), 2, 35, 33),
    ],
)
def test_every_file_arrives_and_is_proven(
    upload_page, portal, card, objects, how, data_type, label, suffixes, count, left_out, others
):
    fill_card(card)
    upload_page.choose(portal.deployment.deployment_id, label)
    getattr(upload_page, how)(card.root)
    expect(upload_page.review).to_contain_text(f"{count} files")
    expect(upload_page.review).to_contain_text(f"will be sent to Wetland North (dep000119), {label}.")
    expect(upload_page.review).to_contain_text(f"{left_out} files are left out")
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text(
        f"Do not wipe the card yet: {label} are stored ({count}), {others} other files are not"
    )
    expect(upload_page.verdict).to_contain_text(f"Not covered by this: {left_out - others} files that were left out")

    on_card = card.contents(*suffixes)
    on_card = {name: content for name, content in on_card.items() if content not in (b"", b"apple")}
    assert objects() == {f"dep000119/{data_type}/{name}": content for name, content in on_card.items()}
    rows = UploadLog.objects.all()
    assert {row.status for row in rows} == {UploadLog.Status.VERIFIED}
    assert {row.filename: row.md5 for row in rows} == {
        name: hashlib.md5(content).hexdigest() for name, content in on_card.items()
    }
    assert {row.path_on_card.split("/")[0] for row in rows} == {"card"}
    session = UploadSession.objects.get()
    assert (session.account, session.uploader_name) == (portal.partner, "Inés Moreno")
    assert (session.declared_files, session.declared_bytes) == (count, sum(map(len, on_card.values())))
    assert session.finished_at is not None


def test_the_same_folder_again_is_stored_before_and_sent_once(upload_page, card, objects, page):
    card.add_snapshots(12)
    upload_page.upload(card.root)
    sent = []
    page.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    upload_page.verdict.get_by_role("button", name="Upload another folder").click()
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("12 files stored and verified; they may be wiped")
    expect(upload_page.verdict).to_contain_text("12 of them had been stored before, with the same content.")
    assert sent == []
    assert len(objects()) == 12


@pytest.mark.parametrize("how", ["pick_folder", "drop"])
def test_names_that_a_browser_would_rather_hide_are_seen_all_the_same(upload_page, card, objects, how):
    paths = [
        "20250714T22:00:00_20250714220000.jpg",
        "what?20250714220100.jpg",
        "ผีเสื้อ\u200bกลางคืน20250714220200.jpg",
        "con/20250714220300.jpg",
        "dot./20250714220400.jpg",
        "20250714220500.jpg",
    ]
    for path in paths:
        card.add(path, card.jpeg(900))
    getattr(upload_page, how)(card.root)
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("6 files stored and verified; they may be wiped")
    assert sorted(objects().values()) == sorted(card.contents(".jpg").values())
