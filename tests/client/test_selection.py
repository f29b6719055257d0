"""What of a folder is sent, what is left out and said so, and whether it fits the place."""

import pytest

from deployments.models import Deployment
from uploads.models import UploadFailure, UploadSession


def test_what_is_no_data_is_left_out_and_listed(script, card, objects):
    (name,) = card.add_snapshots(1)
    for path in (
        "Thumbs.db",
        "$RECYCLE.BIN/20250714220000-deleted.jpg",
        ".Trash-1000/20250714220000-deleted.jpg",
        "snapshots/._20250714220000-snapshot.jpg",
        "notes.txt",
        "jpg",
    ):
        card.add(path, b"x")
    card.add("snapshots/20250715000000-snapshot.jpg", b"")
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert set(objects()) == {name}
    for line in ("2 files of the operating system", "2 hidden files", "2 files of another type", "1 empty files"):
        assert f"left out: {line}" in run.out
    assert "left out   card/notes.txt: extension" in run.log
    assert "left out   card/$RECYCLE.BIN/20250714220000-deleted.jpg: system" in run.log


def test_extensions_in_any_case_are_data(script, card, objects):
    names = {"20250714220000-a.JPG", "20250714220000-b.jpeg", "20250714220000-c.Jpg"}
    for name in names:
        card.add(name, card.jpeg(2_000))
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert set(objects()) == names
    assert "ignored by the species pipeline" not in run.out


def test_a_name_that_the_store_may_not_have_is_listed_and_withholds_the_verdict(script, card, objects):
    (name,) = card.add_snapshots(1)
    card.add("20250714220000..jpg", card.jpeg(2_000))
    run = script.upload(card.root)
    assert run.code == 1
    assert "card/20250714220000..jpg: The name holds" in run.out
    assert set(objects()) == {name}


@pytest.fixture
def old_season(portal):
    """The season before, at the same place."""
    return Deployment.objects.create(
        deployment_id="dep000041",
        bucket=portal.bucket,
        location_name="Wetland North",
        camera_id="0000AAAA",
        first_day="2024-05-01",
        last_day="2024-07-30",
        status="inactive",
    )


def test_files_of_another_season_need_a_reason(script, card, old_season, objects):
    card.add("20240601220000-snapshot.jpg", card.jpeg(2_000))
    run = script.upload(card.root)
    assert run.code == 2
    assert "1 of 1 file: taken from 2024-06-01 to 2024-06-01" in run.out
    assert "dep000041 (Wetland North, 0000AAAA, retired) fits 1 file." in run.out
    assert "--reason" in run.last_words
    assert objects() == {}
    assert not UploadSession.objects.exists()


def test_the_reason_is_kept_and_not_asked_for_again(script, card, old_season, objects, portal):
    card.add("20240601220000-snapshot.jpg", card.jpeg(2_000))
    run = script.upload(card.root, "--reason", "The clock was a year behind.")
    assert run.code == 0, run.out
    assert UploadSession.objects.get().season_reason == "The clock was a year behind."
    assert script.upload(card.root).code == 0
    assert UploadSession.objects.latest("id").season_reason == "The clock was a year behind."


def test_a_reset_clock_is_said_and_stops_nothing(script, card, objects):
    card.add("19700101000114-snapshot.jpg", card.jpeg(2_000))
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert "1 file with a time before 2000" in run.out


def test_what_cannot_be_read_withholds_the_verdict_and_reaches_the_maintainers(script, card, objects):
    (name,) = card.add_snapshots(1)
    (card.root / "20250714230000-snapshot.jpg").symlink_to(card.root / "gone.jpg")
    run = script.upload(card.root)
    assert run.code == 1
    assert "1 file not safely stored" in run.last_words
    assert set(objects()) == {name}
    failure = UploadFailure.objects.get()
    assert (failure.filename, failure.step) == ("20250714230000-snapshot.jpg", "scan")
