"""Names with folders in them, names as a Mac writes them, and times in shapes of many makers."""

import unicodedata
from dataclasses import dataclass

import pytest

from uploads.models import UploadLog, UploadSession

NIGHT = "20250714220000-snapshot.jpg"


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@dataclass
class Namesakes:
    """Files of one name in folders, and the names under which they are to be stored."""

    contents: dict[str, bytes]

    @property
    def stored(self) -> dict[str, bytes]:
        return {f"20250714220000-snapshot-{part}.jpg": content for part, content in self.contents.items()}


@pytest.fixture
def namesakes(card) -> Namesakes:
    parts = {
        decomposed("Estación Río"): "Estación Río",
        decomposed("Estación Bahía"): "Estación Bahía",
        decomposed("Rừng Cát Tiên"): "Rừng Cát Tiên",
        decomposed("데이터"): "데이터",
        "$archive": "$archive",
        "Site..2": "Site.2",
        " Site 3": "Site 3",
        "2025_07_14": "2025_07_14",
    }
    contents = {part: card.jpeg(3_000 + number) for number, part in enumerate(parts.values())}
    for folder, part in parts.items():
        card.add(f"{folder}/{NIGHT}", contents[part])
    return Namesakes(contents)


def test_folders_of_any_alphabet_and_sign_tell_files_apart(script, card, namesakes, objects):
    run = script.upload(card.root, "--on-collision", "folder")
    assert run.code == 0, run.out
    assert objects() == namesakes.stored
    row = UploadLog.objects.get(filename="20250714220000-snapshot-Estación Río.jpg")
    assert row.path_on_card == "card/" + decomposed("Estación Río") + f"/{NIGHT}"
    verified = script.upload(card.root, "--verify")
    assert verified.code == 0, verified.out


def test_decomposed_names_are_stored_composed_and_the_ledger_keeps_both(script, card, objects):
    content = card.jpeg(3_000)
    card.add(decomposed("Panamá-20250714220000.jpg"), content)
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == {"Panamá-20250714220000.jpg": content}
    assert UploadLog.objects.get().path_on_card == decomposed("card/Panamá-20250714220000.jpg")
    verified = script.upload(card.root, "--verify")
    assert verified.code == 0, verified.out


def test_a_second_card_with_the_folders_of_the_first_finds_names_too(script, card, namesakes, objects):
    assert script.upload(card.root, "--on-collision", "folder").code == 0
    before = objects()
    for path in card.root.rglob("*.jpg"):
        path.write_bytes(card.jpeg(4_000))
    second = {path.read_bytes() for path in card.root.rglob("*.jpg")}
    run = script.upload(card.root, "--on-collision", "folder", "--reread")
    assert run.code == 0, run.out
    after = objects()
    assert before.items() <= after.items()
    assert {content for name, content in after.items() if name not in before} == second
    assert script.upload(card.root, "--verify").code == 0
    again = script.upload(card.root, "--on-collision", "folder", "--reread")
    assert again.code == 0, again.out
    assert objects() == after


@pytest.fixture
def put(store, portal):
    """Stores objects past the portal."""

    def put(name: str, content: bytes) -> None:
        store.put_object(Bucket=portal.bucket.name, Key=f"dep000119/snapshot_images/{name}", Body=content)

    return put


def test_what_was_stored_with_the_folder_in_front_is_not_sent_again(script, card, objects, put):
    for number in range(6):
        for folder in ("a", "b"):
            content = card.jpeg(3_000)
            card.add(f"{folder}/2025071422{number:02d}00-snapshot.jpg", content)
            if number < 4:
                put(f"{folder}_2025071422{number:02d}00-snapshot.jpg", content)
    verified = script.upload(card.root, "--verify")
    assert verified.last_words == "NOT SAFE: 4 files of 12 not proven to be stored."
    run = script.upload(card.root, "--on-collision", "folder")
    assert run.code == 0, run.out
    assert "(4 verified, 8 stored before" in run.last_words
    assert len(objects()) == 12
    assert {name for name in objects() if name.startswith("20")} == {
        f"2025071422{number:02d}00-snapshot-{folder}.jpg" for number in (4, 5) for folder in "ab"
    }
    assert script.upload(card.root, "--verify").code == 0


def test_of_equal_names_from_then_only_equal_content_counts(script, card, objects, put):
    for folder in ("a", "b"):
        card.add(f"{folder}/{NIGHT}", card.jpeg(3_000))
        put(f"{folder}_{NIGHT}", card.jpeg(3_000))
    run = script.upload(card.root, "--on-collision", "folder")
    assert run.code == 0, run.out
    assert "(2 verified, 0 stored before" in run.last_words
    assert len(objects()) == 4


@pytest.mark.parametrize(
    "first", ["2024-06-01_21-11-56.jpg", "PXL_20240601_231156123.jpg", "S20240601T091156.9+1000_E.jpg"]
)
def test_times_of_other_makers_are_compared_with_the_season(script, card, objects, first):
    card.add(first, card.jpeg(2_000))
    card.add("20250714220000-snapshot.jpg", card.jpeg(2_000))
    run = script.upload(card.root)
    assert run.code == 2
    assert "1 of 2 files: taken from 2024-06-01 to 2024-06-01" in run.out
    words = (
        f"1 file will be ignored by the species pipeline: the time in a form that is not looked for, such as {first}"
    )
    assert words in run.out
    assert objects() == {}
    assert not UploadSession.objects.exists()


def test_what_is_ignored_is_said_by_its_reason(script, card):
    for name in ("IMG_0001.jpg", "IMG_0002.JPG", "19700101000114-snapshot.jpg", "20250714220000-recycle.jpg"):
        card.add(name, card.jpeg(2_000))
    run = script.upload(card.root)
    assert "2 files will be ignored by the species pipeline: no time in the name, such as IMG_0001.jpg" in run.out
    assert "1 file will be ignored by the species pipeline: an image from before 2010" in run.out
    assert "such as 20250714220000-recycle.jpg" in run.out
