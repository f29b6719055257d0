"""What was read of one card says nothing about the next, though names, sizes and times be the same."""

import os

import pytest

from tests.client.conftest import change_unseen
from uploads.models import UploadSession

ANEW = "These are not the files that the run before has read"


def spread_times(card, *, apart_s: int = 2) -> None:
    """Gives each file a time of its own, as a recorder's clock does."""
    for number, file in enumerate(sorted(card.root.rglob("*.*"))):
        os.utime(file, (1_750_000_000 + apart_s * number, 1_750_000_000 + apart_s * number))


def second_card(card) -> None:
    """The card was wiped, went out again, and came back: other content under the same names, sizes and times."""
    for file in card.root.rglob("*.*"):
        change_unseen(file, card.jpeg(file.stat().st_size))


def test_a_second_card_in_the_same_reader_is_read(script, card, objects):
    names = [f"1970010100{n:02}14-snapshot.jpg" for n in range(4)]
    for n, name in enumerate(names):
        os.utime(card.add(f"snapshots/{name}", card.jpeg(5_000)), (74 + 60 * n, 74 + 60 * n))
    first = card.contents(".jpg")
    assert script.upload(card.root).code == 0
    second_card(card)
    run = script.upload(card.root)
    assert run.code == 1, run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: 4 files not safely stored (0 verified, 0 stored before")
    assert objects() == first
    assert script.upload(card.root, "--on-collision", "folder").code == 0
    assert set(first.values()) | set(card.contents(".jpg").values()) == set(objects().values())


def test_nothing_is_kept_of_a_run_that_ended_unsafe(script, card, store, portal):
    names = card.add_snapshots(5)
    spread_times(card)
    store.put_object(Bucket=portal.bucket.name, Key=f"dep000119/snapshot_images/{names[4]}", Body=b"another")
    assert script.upload(card.root).code == 1
    change_unseen(card.root / "snapshots" / names[0], card.jpeg(20_000))
    run = script.upload(card.root)
    assert ANEW not in run.out  # nothing was there to be proven
    assert "2 files not safely stored (0 verified, 3 stored before" in run.last_words


def test_another_card_in_the_place_of_one_whose_run_was_killed(kill_at, script, card, objects):
    card.add_snapshots(30)
    spread_times(card)
    kill_at("finish", card.root)
    first = objects()
    assert first == card.contents(".jpg")
    second_card(card)
    run = script.upload(card.root)
    assert run.code == 1, run.out
    assert ANEW in run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: 30 files not safely stored (0 verified, 0 stored before")
    assert objects() == first
    assert UploadSession.objects.count() == 2


@pytest.mark.parametrize("time_ns", [74 * 10**9, 1_750_000_000 * 10**9], ids=["reset clock", "equal times"])
def test_one_file_whose_clock_tells_nothing_is_always_read(kill_at, script, card, time_ns):
    names = card.add_snapshots(150, size_bytes=2_000)
    spread_times(card)
    changed = card.root / "snapshots" / names[75]
    os.utime(changed, ns=(time_ns, time_ns))
    kill_at("finish", card.root)
    change_unseen(changed, card.jpeg(2_000))
    run = script.upload(card.root)
    assert run.code == 1, run.out
    assert ANEW in run.out
    assert "1 file not safely stored (0 verified, 149 stored before" in run.last_words


def test_the_same_card_is_gone_on_with(kill_at, script, card, proxy):
    card.add_snapshots(10)
    spread_times(card)
    kill_at("finish", card.root)
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert ANEW not in run.out
    assert "10 files, 10 of them read again" in run.log
    assert UploadSession.objects.count() == 1


def test_reread_trusts_no_earlier_reading(kill_at, script, card, proxy, portal):
    card.add_snapshots(5)
    spread_times(card)
    kill_at("finish", card.root)
    run = script.upload(card.root, "--reread")
    assert run.code == 0, run.out
    assert "read again" not in run.log
    assert UploadSession.objects.count() == 2


def test_a_session_is_not_gone_on_with_for_another_selection(kill_at, script, card):
    card.add_snapshots(3)
    kill_at("finish", card.root)
    card.add_snapshots(1, first=3)
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert UploadSession.objects.count() == 2
    assert UploadSession.objects.latest("id").declared_files == 4


def test_a_reason_is_given_for_one_selection(script, card, portal):
    portal.deployment.first_day = "2025-07-15"
    portal.deployment.save()
    card.add("20240601220000-snapshot.jpg", card.jpeg(2_000))
    first = script.upload(card.root, "--reason", "The clock was a year behind.")
    assert first.code == 0, first.out
    card.add("20240602220000-snapshot.jpg", card.jpeg(2_000))
    run = script.upload(card.root)
    assert run.code == 2, run.out
    assert "--reason" in run.last_words
