"""Checking a card: SAFE or NOT SAFE, the files named, nothing sent and nothing written."""

import os

from uploads.models import UploadLog, UploadSession


def test_a_card_that_is_all_there(script, card, portal, proxy):
    card.add_snapshots(12)
    assert script.upload(card.root).code == 0
    rows, sent = UploadLog.objects.count(), len(proxy.seen)
    run = script.upload(card.root, "--verify")
    assert run.code == 0, run.out
    assert run.last_words == "SAFE: 12 files are in the store, with the same content."
    assert (UploadLog.objects.count(), UploadSession.objects.count(), len(proxy.seen)) == (rows, 1, sent)


def test_what_is_missing_or_other_is_named(script, card, portal, store):
    names = card.add_snapshots(6)
    assert script.upload(card.root).code == 0
    store.delete_object(Bucket=portal.bucket.name, Key=f"dep000119/snapshot_images/{names[1]}")
    card.add(f"snapshots/{names[4]}", card.jpeg(20_000))
    run = script.upload(card.root, "--verify")
    assert run.code == 1
    assert run.last_words == "NOT SAFE: 2 files of 6 not proven to be stored."
    assert f"card/snapshots/{names[1]}: " in run.out
    assert f"card/snapshots/{names[4]}: " in run.out
    assert names[0] not in run.out


def test_files_that_got_a_folder_in_their_name_are_found(script, card):
    contents = [card.jpeg(3_000), card.jpeg(3_000)]
    for folder, content in zip("ab", contents, strict=True):
        card.add(f"{folder}/20250714220000.jpg", content)
    card.add("c/20250714220000.jpg", contents[0])
    assert script.upload(card.root, "--on-collision", "folder").code == 0
    run = script.upload(card.root, "--verify")
    assert run.code == 0, run.out
    assert run.last_words.startswith("SAFE: 3 files")


def test_a_retired_deployment_can_be_checked(script, card, portal):
    card.add_snapshots(2)
    assert script.upload(card.root).code == 0
    portal.deployment.status = "inactive"
    portal.deployment.save()
    assert script.upload(card.root, "--verify").code == 0


def test_the_card_itself_is_read_and_not_the_journal(script, card):
    (name,) = card.add_snapshots(1)
    assert script.upload(card.root).code == 0
    file = card.root / "snapshots" / name
    stat = file.stat()
    file.write_bytes(card.jpeg(20_000))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert script.upload(card.root, "--verify").code == 1


def test_an_empty_card_is_not_called_safe(script, card):
    run = script.upload(card.root, "--verify")
    assert run.code == 1
    assert run.last_words.startswith("NOT SAFE")


def test_what_could_not_be_read_withholds_the_verdict(script, card):
    card.add_snapshots(2)
    assert script.upload(card.root).code == 0
    (card.root / "20250714230000-snapshot.jpg").symlink_to(card.root / "gone.jpg")
    run = script.upload(card.root, "--verify")
    assert run.code == 1
    assert run.last_words == "NOT SAFE: 1 file of 3 not proven to be stored."
    assert "card/20250714230000-snapshot.jpg: It is a link to a file that is not there." in run.out


def test_what_was_never_sent_is_not_said_to_have_been(script, card):
    (name,) = card.add_snapshots(1)
    run = script.upload(card.root, "--verify")
    assert run.code == 1
    assert f"card/snapshots/{name}: The store does not have it: it is only on the card." in run.out


def test_what_is_gone_before_it_is_read_is_not_passed_over(script, card, front):
    names = card.add_snapshots(260, size_bytes=500)  # more than are asked about at once
    assert script.upload(card.root).code == 0

    def station_deletes(request):
        if request.path.endswith("/uploads/verify/"):
            (card.root / "snapshots" / names[-1]).unlink(missing_ok=True)

    front.fault = station_deletes
    run = script.upload(card.root, "--verify")
    assert run.code == 1, run.out
    assert run.last_words == "NOT SAFE: 1 file of 260 not proven to be stored."
    assert f"card/snapshots/{names[-1]}: It could not be read." in run.out
