"""A whole card: safe only when every file on it that is data is proven; what is not covered is counted and named."""

import os

import pytest

from deployments.models import Bucket
from tests.client.program import ami_upload as program
from tests.faults import Fault
from uploads.models import UploadLog, UploadSession

BOTH = ["snapshot_images", "audible_recordings"]


@pytest.fixture
def scan(script, card, portal):
    Bucket.objects.filter(pk=portal.bucket.pk).update(data_types=BOTH)

    def run(*options: str):
        where = ["scan", str(card.root), "--deployment", "dep000119", "--log", str(script.log)]
        return script.run(*script.bare(*where, *options))

    return run


@pytest.fixture
def whole(card):
    """Two data types, folders of other names beside them, junk."""
    card.add_snapshots(2, folder="AMI/Snapshot Images")
    card.add("AMI/audible/20250714_220000.WAV", card.wav(4_000))
    card.add("AMI/motion/Thumbs.db", b"junk")
    card.add("AMI/settings.txt", b"interval 10")
    card.add("AMI/.Trash/20250714220000-deleted.jpg", card.jpeg(2_000))
    card.add("AMI/20250714220000-empty.jpg", b"")
    return card


class Unsafe(Fault):
    """The portal's verdict turned round, on its way."""

    def strike(self, request, forward, proxy):
        answer = forward(request)
        return answer.with_body(answer.body.replace(b'"safe_to_wipe":true', b'"safe_to_wipe":false'))


def keys(store, portal) -> set[str]:
    return {item["Key"] for item in store.list_objects_v2(Bucket=portal.bucket.name).get("Contents", [])}


def test_a_card_whose_data_is_all_covered_is_safe(scan, whole, store, portal):
    run = scan()
    assert run.code == 0, run.out
    assert (
        "SAFE TO WIPE: 3 files stored and verified: all data of the card (snapshot_images 2, audible_recordings 1)."
        in run.out
    )
    assert run.out.count("SAFE TO WIPE") == 1
    assert keys(store, portal) == {
        "dep000119/snapshot_images/20250714220000-snapshot.jpg",
        "dep000119/snapshot_images/20250714221000-snapshot.jpg",
        "dep000119/audible_recordings/20250714_220000.WAV",
    }
    assert set(UploadLog.objects.values_list("path_on_card", flat=True)) >= {"card/AMI/audible/20250714_220000.WAV"}
    assert UploadSession.objects.count() == 2
    check = scan("--verify", "--quiet")
    assert check.code == 0, check.out
    assert check.out.strip() == (
        "SAFE: 3 files are in the store, with the same content: all data of the card"
        " (snapshot_images 2, audible_recordings 1)."
    )


UNCOVERED = {
    "AMI/Ultrasonic/20250714_220000.WAV": "1 file of a data type that the deployment does not take",
    "DCIM/100MEDIA/20250714220000-a.JPG": "file of which nothing tells the data type",
}


@pytest.mark.parametrize("options", [[], ["--quiet"], ["--verify"], ["--verify", "--quiet"], ["--dry-run", "--quiet"]])
def test_what_no_data_type_covers_withholds_the_verdict(scan, whole, options):
    if "--verify" in options:
        assert scan().code == 0
    for path in UNCOVERED:
        whole.add(path, whole.jpeg(3_000))
    run = scan(*options)
    assert run.code == 1, run.out
    for path, words in UNCOVERED.items():
        assert words in run.last_words
        assert f"card/{path}: Not covered" in run.out
    assert not any(line.startswith("SAFE") for line in run.out.splitlines())
    if "--dry-run" not in options:
        assert run.last_words.startswith("NOT SAFE")
        assert "(stored: snapshot_images 2, audible_recordings 1)" in run.last_words


@pytest.mark.parametrize(("path", "words"), UNCOVERED.items())
def test_one_such_file_is_enough(scan, whole, path, words):
    whole.add(path, whole.jpeg(3_000))
    run = scan("--quiet")
    assert run.code == 1, run.out
    assert words in run.last_words


def test_a_data_type_whose_only_file_cannot_be_read_withholds_the_verdict(scan, whole):
    recording = whole.root / "AMI/audible/20250714_220000.WAV"
    recording.unlink()
    recording.symlink_to(whole.root / "gone.wav")
    run = scan()
    assert run.code == 1, run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: not all that was sent is safely stored")


def test_a_card_without_data_is_not_safe(scan, card):
    card.add("AMI/Snapshot Images/Thumbs.db", b"junk")
    for options in ([], ["--verify"]):
        run = scan(*options)
        assert run.code == 1, run.out
        assert "it holds no data" in run.last_words
    assert scan("--dry-run").code == 0


def test_one_data_type_that_the_portal_does_not_confirm_is_enough(scan, whole, front):
    doubts = [Unsafe()]
    front.fault = lambda request: doubts.pop() if doubts and request.path.endswith("finish/") else None
    run = scan()
    assert run.code == 1, run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: not all that was sent is safely stored")


def test_a_link_to_nowhere_outside_of_all_folders_is_counted(scan, whole):
    (whole.root / "20250714230000-a.jpg").symlink_to(whole.root / "gone.jpg")
    run = scan()
    assert run.code == 1, run.out
    assert "1 file behind links to nowhere" in run.last_words


def test_unreadable_folders_are_counted(card, monkeypatch):
    for folder in ("DCIM", "motion"):
        card.add(f"{folder}/20250714220000-a.jpg", card.jpeg(2_000))
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: real("/nowhere" if "DCIM" in str(path) else path))
    look = program.look_over(str(card.root))
    assert look.data_types == {"motion/20250714220000-a.jpg": "motion_images"}
    assert look.unseen == ["DCIM/"]
    monkeypatch.setattr(os, "scandir", lambda path: real("/nowhere"))
    assert program.look_over(str(card.root)).unseen == ["/"]


def test_data_in_one_folder_that_is_not_of_the_type_sent_withholds_the_verdict(script, card):
    card.add_snapshots(2)
    card.add("audible/20250714_220000.WAV", card.wav(4_000))
    run = script.upload(card.root)
    assert run.code == 1, run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: all 2 files of snapshot_images are stored and verified")
    assert "also holds 1 file of another data type" in run.last_words
    check = script.upload(card.root, "--verify", "--quiet")
    assert check.code == 1
    assert "also holds 1 file of another data type" in check.last_words


def test_what_is_no_file_is_named_as_such(script, card):
    card.add_snapshots(1)
    os.mkfifo(card.root / "20250714230000-pipe.jpg")
    (card.root / "loop").symlink_to("..")
    (card.root / "20250714230000-broken.jpg").symlink_to("/nonexistent.jpg")
    run = script.upload(card.root)
    assert run.code == 1
    for line in ("1 pipes, sockets and devices", "1 links to folders", "1 links that lead nowhere"):
        assert f"left out: {line}" in run.out
    assert "card/20250714230000-broken.jpg: It is a link to a file that is not there." in run.out
    assert "0 bytes" not in run.out


def test_data_that_comes_to_the_card_meanwhile_is_counted(scan, whole, front):
    def camera_still_writes(request):
        if request.path.endswith("finish/"):
            whole.add("motion images/20250801220000-a.jpg", whole.jpeg(2_000))

    front.fault = camera_still_writes
    run = scan()
    assert run.code == 1, run.out
    assert "1 file that came to the card during this run" in run.last_words


def test_the_portals_own_word_is_needed_too(scan, script, whole, front):
    front.fault = lambda request: Unsafe() if request.path.endswith("finish/") else None
    run = scan("--quiet")
    assert run.code == 1, run.out
    assert "the portal could not confirm that all is stored" in run.out
    run = script.upload(whole.root / "AMI/Snapshot Images")
    assert run.code == 1
    assert run.last_words.startswith("NOT SAFE TO WIPE: the portal could not confirm that all is stored")
