"""What the files say of themselves while they are hashed: another data type is not stored, damage is named."""

from pathlib import Path

from playwright.sync_api import expect

from deployments.models import Bucket, Deployment
from tests.cards.wavs import wav
from uploads.models import UploadLog

DAMAGED = Path(__file__).parents[1] / "data" / "cards" / "faulty-images"


def test_ultrasound_is_not_filed_as_audible_sound(upload_page, portal, page, card, objects):
    Bucket.objects.filter(pk=portal.bucket.pk).update(data_types=["audible_recordings", "ultrasound_recordings"])
    names = [f"20250714_22{number:02}00.wav" for number in range(12)]
    for number, name in enumerate(names):  # the second is not among those that are looked into before
        card.add(f"audio/{name}", wav(rate=384_000 if number == 1 else 48_000, seed=number))
    page.reload()
    upload_page.choose("dep000119", "Audible recordings")
    upload_page.pick_folder(card.root)
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 1 of 12 files is not safely stored")
    row = upload_page.verdict.get_by_role("row", name=names[1])
    expect(row).to_contain_text("By its content it is of another data type")
    stored = {key.rpartition("/")[2] for key in objects()}
    assert stored == {*names} - {names[1]}
    assert not UploadLog.objects.filter(filename=names[1]).exists()


def test_damaged_files_are_stored_as_they_are_and_named(upload_page, portal, card, objects):
    Deployment.objects.filter(pk=portal.deployment.pk).update(first_day=None)
    for path in DAMAGED.iterdir():
        card.add(f"snapshots/{path.name}", path.read_bytes())
    upload_page.page.reload()
    upload_page.choose("dep000119", "Snapshot images")
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text(
        "Do not wipe the card yet: all is stored as it is, but 2 of 9 files look damaged"
    )
    damaged = upload_page.verdict.locator("#damaged")
    expect(damaged.get_by_role("heading")).to_have_text("3 files look damaged")
    damaged.locator("summary").click()
    expect(damaged).to_contain_text("card/snapshots/20240918041000-snapshot.jpg: it holds nothing but zeros")
    expect(damaged).to_contain_text("card/snapshots/20240918042000-snapshot.jpg: it holds text")
    expect(damaged).to_contain_text("card/snapshots/20240918043000-snapshot.jpg: it ends before its image does")
    assert {key.rpartition("/")[2]: content for key, content in objects().items()} == {
        path.name: path.read_bytes() for path in DAMAGED.iterdir() if path.stat().st_size
    }
    damaged.get_by_role("button", name="The card really holds them so").click()
    expect(upload_page.verdict_title).to_have_text("9 files stored and verified; they may be wiped")


def test_an_image_that_the_power_ended_is_named_and_safe(upload_page, card):
    names = card.add_snapshots(2)
    card.add(f"snapshots/{names[0]}", card.jpeg(20_000)[:9_000])
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("2 files stored and verified; they may be wiped")
    expect(upload_page.verdict.locator("#damaged")).to_contain_text("where the power of a station goes off")
