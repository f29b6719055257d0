"""Names that two files share, on the card or in the store: never silent, never overwritten."""

import hashlib
import json
from types import SimpleNamespace

import pytest

from tests.client.program import ami_upload as program
from uploads.models import UploadLog


@pytest.fixture
def namesakes(card):
    """Three folders that each hold the file that a reset recorder writes first."""
    files = {
        "DCIM/100MEDIA/19700101000114.jpg": card.jpeg(3_000),
        "DCIM/101MEDIA/19700101000114.jpg": card.jpeg(3_000),
        "20250714220000-snapshot.jpg": card.jpeg(3_000),
    }
    for path, content in files.items():
        card.add(path, content)
    return files


def test_namesakes_are_not_chosen_between_without_a_word(script, card, namesakes, objects):
    run = script.upload(card.root)
    assert run.code == 2
    assert "card/DCIM/100MEDIA/19700101000114.jpg" in run.out
    assert "--on-collision folder" in run.last_words
    assert objects() == {}


def test_the_folder_goes_into_the_name(script, card, namesakes, objects):
    run = script.upload(card.root, "--on-collision", "folder")
    assert run.code == 0, run.out
    assert objects() == {
        "19700101000114-100MEDIA.jpg": namesakes["DCIM/100MEDIA/19700101000114.jpg"],
        "19700101000114-101MEDIA.jpg": namesakes["DCIM/101MEDIA/19700101000114.jpg"],
        "20250714220000-snapshot.jpg": namesakes["20250714220000-snapshot.jpg"],
    }
    row = UploadLog.objects.get(filename="19700101000114-100MEDIA.jpg")
    assert row.path_on_card == "card/DCIM/100MEDIA/19700101000114.jpg"
    again = script.upload(card.root)  # the choice is in the journal
    assert again.code == 0, again.out
    assert len(objects()) == 3


def test_one_folder_more_where_one_does_not_tell_apart(script, card, objects):
    contents = {}
    for top in ("A", "B"):
        contents[top] = card.jpeg(3_000)
        card.add(f"{top}/100MEDIA/20250714220000.jpg", contents[top])
    contents["other"] = card.jpeg(3_000)
    card.add("A/20250714220000-100MEDIA.jpg", contents["other"])
    assert script.upload(card.root, "--on-collision", "folder").code == 0
    assert objects() == {
        "20250714220000-A-100MEDIA.jpg": contents["A"],
        "20250714220000-B-100MEDIA.jpg": contents["B"],
        "20250714220000-100MEDIA.jpg": contents["other"],
    }


def test_left_out_namesakes_withhold_the_verdict(script, card, namesakes, objects, tmp_path):
    run = script.upload(card.root, "--on-collision", "leave-out", "--receipt", str(tmp_path / "proof.json"))
    assert run.code == 1
    assert "2 files not safely stored" in run.last_words
    assert set(objects()) == {"20250714220000-snapshot.jpg"}
    signed = json.loads((tmp_path / "proof.json").read_text())["summary"]
    assert (signed["selected_files"], signed["safe_to_wipe"]) == (3, False)


def test_namesakes_that_cannot_be_read_are_no_copies_of_each_other(card, namesakes):
    found = program.scan(str(card.root), "snapshot_images")
    for path in namesakes:
        (card.root / path).unlink()
    screen = SimpleNamespace(status=lambda text: None)
    given = SimpleNamespace(on_collision="folder", dry_run=True)
    context = SimpleNamespace(screen=screen, halt=program.Halt(), arguments=given)
    plan = program.make_plan(context, found, SimpleNamespace(note=lambda key: ""))
    assert (len(plan.send), plan.copies) == (3, [])


def test_copies_are_sent_once_and_said_so(script, card, objects):
    content = card.jpeg(3_000)
    card.add("a/20250714220000.jpg", content)
    card.add("b/20250714220000.jpg", content)
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert "sent once: 1 copies" in run.out
    assert "card/b/20250714220000.jpg of card/a/20250714220000.jpg" in run.log
    assert objects() == {"20250714220000.jpg": content}


@pytest.fixture
def taken(store, portal):
    """Somebody else's file under a name of the card."""
    key = "dep000119/snapshot_images/20250714220000-snapshot.jpg"
    store.put_object(Bucket=portal.bucket.name, Key=key, Body=b"the season before")
    return "20250714220000-snapshot.jpg"


def test_a_taken_name_is_listed_and_nothing_is_overwritten(script, card, taken, objects):
    card.add_snapshots(2)
    run = script.upload(card.root)
    assert run.code == 1
    assert f"card/snapshots/{taken}: The store already holds another file of this name" in run.out
    assert "(1 verified, 0 stored before" in run.last_words
    assert objects()[taken] == b"the season before"


def test_a_taken_name_gets_the_folder_too(script, card, taken, objects):
    card.add_snapshots(2)
    run = script.upload(card.root, "--on-collision", "folder")
    assert run.code == 0, run.out
    assert objects()[taken] == b"the season before"
    assert objects()["20250714220000-snapshot-snapshots.jpg"] == (card.root / "snapshots" / taken).read_bytes()
    again = script.upload(card.root)
    assert again.code == 0, again.out
    assert "2 stored before" in again.last_words
    assert len(objects()) == 3


def test_a_name_of_another_file_of_the_card_is_not_taken(script, card, taken, objects):
    first, second = card.jpeg(3_000), card.jpeg(3_000)
    card.add(f"a/{taken}", first)
    card.add("b/20250714220000-snapshot-a.jpg", second)
    run = script.upload(card.root, "--on-collision", "folder")
    assert run.code == 0, run.out
    assert objects() == {
        taken: b"the season before",
        "20250714220000-snapshot-a.jpg": second,
        "20250714220000-snapshot-card-a.jpg": first,
    }


def test_many_pairs_are_all_told(script, card, objects):
    """Row 7 at a short count."""
    for number in range(25):
        for folder in ("a", "b"):
            card.add(f"{folder}/2025071422{number:04d}.jpg", card.jpeg(2_000))
    run = script.upload(card.root, "--on-collision", "folder")
    assert run.code == 0, run.out
    stored = {hashlib.sha256(content).digest() for content in objects().values()}
    files = list(card.root.rglob("*.jpg"))
    assert stored == {hashlib.sha256(path.read_bytes()).digest() for path in files}
    assert len(objects()) == len(files) == 50
