"""A card is sorted by what its files say of themselves, then by folders, then by names; what nothing tells is asked."""

import shutil
from pathlib import Path

import pytest

from deployments.domain.names import DataType
from deployments.models import Bucket, Deployment
from tests.cards.devices import ami_card
from tests.cards.in_ledger import count_by_type, stored_by_type
from tests.cards.jpegs import jpeg
from tests.cards.wavs import wav
from tests.client.program import ami_upload as program
from tests.faults import Status
from uploads.models import UploadFailure, UploadLog, UploadSession

CASES = Path(__file__).parents[1] / "data" / "cards"


@pytest.fixture
def scan(script, card, portal):
    Bucket.objects.filter(pk=portal.bucket.pk).update(data_types=DataType.values[:4])
    Deployment.objects.filter(pk=portal.deployment.pk).update(first_day=None)

    def run(*options: str):
        where = ["scan", str(card.root), "--deployment", "dep000119", "--log", str(script.log)]
        return script.run(*script.bare(*where, *options))

    return run


def test_a_card_as_an_ami_system_writes_it(scan, card, store, portal):
    there = ami_card(card.add)
    there.pop("no data")
    run = scan()
    assert run.code == 0, run.out
    assert run.last_words.startswith("SAFE TO WIPE: 12 files stored and verified: all data of the card")
    assert stored_by_type() == {kind: sorted(paths) for kind, paths in there.items()}
    assert len(store.list_objects_v2(Bucket=portal.bucket.name)["Contents"]) == 12
    assert "audible_recordings: 3 files" in run.out
    assert ", 2026-11-03 to 2026-11-03, in audio/2026_11_03" in run.out
    again = scan("--verify", "--quiet")
    assert again.code == 0, again.out


def test_content_counts_more_than_the_folder(scan, card):
    card.add("audio/20240918_033239.wav", wav(rate=384_000))
    card.add("ultrasonic/20240918_033239.wav", wav(rate=16_000, seed=2))
    run = scan()
    assert run.code == 0, run.out
    assert stored_by_type() == {
        "ultrasound_recordings": ["audio/20240918_033239.wav"],
        "audible_recordings": ["ultrasonic/20240918_033239.wav"],
    }


def test_a_folder_of_both_is_sorted_file_by_file(scan, card):
    for number in range(12):
        rate = 48_000 if number % 2 else 250_000
        card.add(f"2024-09-18/20240918_{number:02}0000.WAV", wav(rate=rate, seed=number))
    run = scan()
    assert run.code == 0, run.out
    assert count_by_type() == {
        "audible_recordings": 6,
        "ultrasound_recordings": 6,
    }


def test_one_of_another_type_that_the_sample_missed_is_not_filed_under_it(scan, card):
    for number in range(12):
        card.add(f"audio/20240918_{number:02}0000.WAV", wav(rate=384_000 if number == 1 else 48_000, seed=number))
    run = scan()
    assert run.code == 1, run.out
    assert "card/audio/20240918_010000.WAV: By its content it is of another data type." in run.out
    assert count_by_type() == {"audible_recordings": 11}
    assert not UploadLog.objects.filter(filename="20240918_010000.WAV").exists()


def test_names_tell_where_folders_do_not(scan, card):
    card.add("DCIM/20240918032339-snapshot.jpg", jpeg(seed=1))
    card.add("DCIM/01-20240918032341-07.jpg", jpeg(seed=2))
    assert scan().code == 0
    assert stored_by_type() == {
        "snapshot_images": ["DCIM/20240918032339-snapshot.jpg"],
        "motion_images": ["DCIM/01-20240918032341-07.jpg"],
    }


@pytest.fixture
def unknown(card):
    """A trail camera's folders beside snapshots, and sound of a rate in between."""
    card.add_snapshots(2)
    card.add("DCIM/100MEDIA/IMG_0001.JPG", jpeg(seed=1))
    card.add("DCIM/101MEDIA/IMG_0001.JPG", jpeg(seed=2))
    card.add("recorder/20240918_033239.wav", wav(rate=64_000))
    return card


def test_what_nothing_tells_is_named_and_withholds_the_verdict(scan, unknown):
    run = scan()
    assert run.code == 1, run.out
    assert "not covered: 3 files of which nothing tells the data type" in run.last_words
    assert "NOT COVERED: 1 file in DCIM/100MEDIA, such as DCIM/100MEDIA/IMG_0001.JPG" in run.out
    assert set(stored_by_type()) == {"snapshot_images"}


def test_a_persons_word_settles_it(scan, unknown):
    run = scan("--folder-type", "DCIM=motion_images", "--folder-type", "recorder=no_data", "--on-collision", "folder")
    assert run.code == 0, run.out
    assert "left out by choice, as no data: 1" in run.last_words
    assert len(stored_by_type()["motion_images"]) == 2
    for given in ("DCIM=pictures", "nowhere=motion_images", "DCIM"):
        assert scan("--folder-type", given).code == 2


def test_asked_once_per_folder(scan, unknown, script, open_terminal):
    where = ["--deployment", "dep000119", "--log", str(script.log)]
    terminal = open_terminal("scan", str(unknown.root), *where, TERM="xterm")
    for answer in ("2", "9", "2", "1"):
        terminal.answer("Number (Enter alone", answer)
    terminal.answer("leave them out (l)?", "f")
    assert terminal.end() == 0, terminal.seen
    assert terminal.seen.count("Nothing tells what") == 3
    assert len(stored_by_type()["motion_images"]) == 2
    assert len(stored_by_type()["audible_recordings"]) == 1


def test_sound_of_a_saltmarsh_is_asked(scan, card, portal):
    card.add("audio/20240918_033239.wav", wav())
    Bucket.objects.filter(pk=portal.bucket.pk).update(data_types=["terrestrial_recordings", "aquatic_recordings"])
    run = scan()
    assert run.code == 2, run.out
    assert not stored_by_type()
    run = scan("--folder-type", "audio=aquatic_recordings")
    assert run.code == 0, run.out
    assert stored_by_type() == {"aquatic_recordings": ["audio/20240918_033239.wav"]}


def test_a_folder_sent_as_another_type_than_its_content(script, card, portal):
    Bucket.objects.filter(pk=portal.bucket.pk).update(data_types=DataType.values[:4])
    Deployment.objects.filter(pk=portal.deployment.pk).update(first_day=None)
    card.add("20240918_033239.wav", wav(rate=384_000))
    card.add("20240918_043239.wav", wav(rate=48_000))
    where = [str(card.root), "--deployment", "dep000119", "--data-type", "audible_recordings", "--log", str(script.log)]
    run = script.run(*script.bare(*where))
    assert run.code == 1, run.out
    assert "card/20240918_033239.wav: By its content it is of another data type." in run.out
    assert stored_by_type() == {"audible_recordings": ["20240918_043239.wav"]}
    assert UploadFailure.objects.get().code == "other_type"
    run = script.run(*script.bare(*where, "--keep-type"))
    assert run.code == 0, run.out
    assert len(stored_by_type()["audible_recordings"]) == 2


@pytest.fixture
def damaged(card):
    """Images and sounds as a failing card reads them."""
    for path in CASES.rglob("*.*"):
        target = card.root / path.relative_to(CASES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return card


def test_damaged_files_are_stored_as_they_are_and_named(scan, damaged):
    run = scan("--folder-type", "faulty-sound=audible_recordings")
    assert run.code == 1, run.out
    assert "3 files look damaged:" in run.out
    assert "4 files look damaged:" in run.out
    assert "card/faulty-images/20240918041000-snapshot.jpg: it holds nothing but zeros." in run.out
    assert "card/faulty-sound/SMM215_20240918_140000.wav: it is shorter than its header says." in run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: all data of the card is stored as it is")
    assert "4 files look damaged: the card may be failing. Copy it again before you wipe it" in run.last_words
    assert count_by_type() == {
        "snapshot_images": 9,
        "audible_recordings": 10,
    }
    marked = UploadLog.objects.exclude(damage="").values_list("filename", "damage")
    assert dict(marked) == {
        "20240918041000-snapshot.jpg": "zeros",
        "20240918042000-snapshot.jpg": "text",
        "20240918043000-snapshot.jpg": "cut_off",
        "SMM215_20240918_110000.wav": "header_alone",
        "SMM215_20240918_120000.wav": "no_header",
        "SMM215_20240918_130000.wav": "zeros",
        "SMM215_20240918_140000.wav": "shorter",
    }
    known = scan("--folder-type", "faulty-sound=audible_recordings", "--damaged-known", "--reread")
    assert known.code == 0, known.out


def test_a_damaged_file_of_one_folder_withholds_the_verdict(script, card):
    names = card.add_snapshots(2)
    card.add(f"snapshots/{names[1]}", bytes(20_000))
    run = script.upload(card.root)
    assert run.code == 1, run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: all 2 files are stored as they are on the card")
    assert "1 file looks damaged: the card may be failing" in run.last_words
    assert len(stored_by_type()["snapshot_images"]) == 2
    assert script.upload(card.root, "--damaged-known").code == 0


def test_damage_is_seen_in_what_was_read_before(script, card, front):
    """Two of one name and size are read to compare them; a run that goes on takes over what was read."""
    card.add_snapshots(1)
    card.add("a/20250714230000-snapshot.jpg", bytes(900))
    card.add("b/20250714230000-snapshot.jpg", b"\x01" + bytes(899))
    front.fault = lambda request: Status(401) if request.path.endswith("/finish/") else None
    assert script.upload(card.root, "--on-collision", "folder").code == 3
    front.fault = lambda request: None
    run = script.upload(card.root, "--on-collision", "folder")
    assert run.code == 1, run.out
    assert "2 files look damaged: the card may be failing" in run.last_words


def test_a_check_names_damage_too(script, card, scan):
    names = card.add_snapshots(2)
    card.add(f"snapshots/{names[1]}", bytes(20_000))
    assert script.upload(card.root, "--damaged-known").code == 0
    run = script.upload(card.root, "--verify")
    assert run.code == 1, run.out
    assert run.last_words.startswith("NOT SAFE: all 2 files are in the store as they are on the card, but 1 file looks")
    assert scan("--verify").last_words.startswith("NOT SAFE: all data of the card is stored as it is")
    assert script.upload(card.root, "--verify", "--damaged-known").code == 0


@pytest.mark.parametrize(("name", "words"), [("20250714235900-snapshot.jpg", "came to"), ("", "changed on")])
def test_a_data_type_that_is_done_is_looked_at_again_at_the_end(scan, card, front, name, words):
    """The images are proven when the sounds are sent: what happens to images then is seen all the same."""
    names = card.add_snapshots(2)
    card.add("audio/20250714_220000.wav", card.wav(4_000))

    def camera_still_writes(request):
        session = UploadSession.objects.order_by("-id").first()
        if request.path.endswith("finish/") and session.data_type == "audible_recordings":
            card.add(f"snapshots/{name or names[0]}", card.jpeg(3_000))

    front.fault = camera_still_writes
    run = scan()
    assert run.code == 1, run.out
    assert f"1 file that {words} the card" in run.last_words
    assert "not all that was sent" not in run.last_words


def test_a_recording_that_the_power_ended_is_named_and_safe(scan, card):
    card.add("audio/20240918_033239.wav", wav(sound_bytes=4_000)[:2_000])
    run = scan()
    assert run.code == 0, run.out
    assert "1 file looks damaged:" in run.out


def test_a_file_that_comes_later_is_as_the_others_of_its_folder(card):
    card.add("audio/20240918_033239.wav", wav())
    card.add("a/20240918032339-snapshot.jpg", jpeg())
    look = program.look_over(str(card.root))
    assert look.data_type_of("audio/20240918_043239.wav") == "audible_recordings"
    assert look.data_type_of("a/IMG_1.jpg") == "snapshot_images"
    assert look.data_type_of("b/IMG_1.jpg") == ""


def test_what_comes_to_a_folder_of_no_data_is_not_passed_over(scan, card, front):
    card.add_snapshots(1)
    card.add("lab/IMG_0001.JPG", jpeg())

    def comes(request):
        if request.path.endswith("finish/"):
            card.add("lab/IMG_0002.JPG", jpeg(seed=2))

    front.fault = comes
    run = scan("--folder-type", "lab=no_data")
    assert run.code == 1, run.out
    assert "1 file that came to the card during this run" in run.last_words
