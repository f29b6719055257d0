"""A folder from a terminal: every file proven, nothing sent twice, the verdict as the store has it."""

import json
from contextlib import suppress

from tests.client.conftest import change_unseen
from uploads.models import UploadLog, UploadSession


def test_a_folder_is_uploaded_and_proven(script, card, objects, portal):
    card.add_snapshots(30)
    run = script.upload(card.root, "--name", "Inés Moreno")
    assert run.code == 0, run.out
    assert run.last_words.startswith("SAFE TO WIPE: 30 files stored and verified (30 verified, 0 stored before")
    assert objects() == card.contents(".jpg")
    session = UploadSession.objects.get()
    assert (session.account, session.uploader_name, session.declared_files) == (portal.partner, "Inés Moreno", 30)
    assert session.finished_at
    assert session.client.startswith("ami_upload.py/")
    assert set(UploadLog.objects.values_list("status", flat=True)) == {"verified"}
    row = UploadLog.objects.order_by("filename").first()
    assert row.path_on_card == f"card/snapshots/{row.filename}"


def test_a_second_run_reads_everything_and_sends_nothing(script, card, proxy, portal, objects):
    names = card.add_snapshots(5)
    assert script.upload(card.root).code == 0
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert "0 verified, 5 stored before" in run.last_words
    assert proxy.count(method="PUT") == 5
    assert UploadSession.objects.count() == 2
    change_unseen(card.root / "snapshots" / names[0], card.jpeg(20_000))
    run = script.upload(card.root)
    assert run.code == 1
    assert "1 file not safely stored (0 verified, 4 stored before" in run.last_words
    assert f"card/snapshots/{names[0]}: The store already holds another file of this name" in run.out


def test_the_journal_is_not_believed_about_the_store(script, card, portal, store, objects):
    names = card.add_snapshots(4)
    assert script.upload(card.root).code == 0
    store.delete_object(Bucket=portal.bucket.name, Key=f"dep000119/snapshot_images/{names[2]}")
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert "1 verified, 3 stored before" in run.last_words
    assert objects() == card.contents(".jpg")


def test_what_another_computer_stored_is_not_sent_again(script, card, proxy, portal, tmp_path):
    card.add_snapshots(6)
    assert script.upload(card.root).code == 0
    script.place = tmp_path / "another computer"
    assert script.upload(card.root).code == 0
    assert proxy.count(method="PUT") == 6


def test_files_above_what_is_kept_in_memory_are_streamed(script, card, objects):
    card.add("20250714220000-snapshot.jpg", card.jpeg(9 * 1024**2))
    assert script.upload(card.root).code == 0
    assert objects() == card.contents(".jpg")


def test_a_limit_slows_what_is_sent_and_spoils_nothing(script, card, objects):
    card.add_snapshots(3, size_bytes=100_000)
    run = script.upload(card.root, "--limit-mbps", "8")
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_a_dry_run_sends_and_writes_nothing(script, card, objects):
    card.add_snapshots(3)
    run = script.upload(card.root, "--dry-run")
    assert run.code == 0
    assert "3 files" in run.out
    assert "dry run" in run.last_words
    assert objects() == {}
    assert not UploadSession.objects.exists()


def test_quiet_says_the_verdict_alone(script, card):
    card.add_snapshots(2)
    run = script.upload(card.root, "--quiet")
    assert [line for line in run.out.splitlines() if line] == [run.last_words]


def test_the_receipt_is_kept_where_it_is_wanted(script, card, tmp_path):
    card.add_snapshots(2)
    assert script.upload(card.root, "--receipt", str(tmp_path / "proof.json")).code == 0
    assert json.loads((tmp_path / "proof.json").read_text())["summary"]["safe_to_wipe"] is True


def test_a_file_that_comes_while_the_upload_runs_is_not_forgotten(proxy, script, card, objects, tmp_path):
    names = card.add_snapshots(3)
    late = card.jpeg(20_000)

    def camera_still_writes(request):
        card.add("snapshots/20250801220000-snapshot.jpg", late)

    proxy.fault = camera_still_writes
    run = script.upload(card.root, "--receipt", str(tmp_path / "proof.json"))
    assert run.code == 1
    assert run.last_words.startswith("NOT SAFE TO WIPE: 1 file not safely stored")
    assert "It came to the card during this run" in run.out
    assert set(objects()) == set(names)
    signed = json.loads((tmp_path / "proof.json").read_text())["summary"]
    assert (signed["selected_files"], signed["safe_to_wipe"]) == (4, False)


def test_what_cannot_be_read_withholds_the_portals_verdict_too(proxy, script, card, tmp_path):
    """Also what comes while the upload runs: the receipt must not say more than the program."""
    card.add_snapshots(2)
    (card.root / "20250714230000-gone.jpg").symlink_to("/nonexistent.jpg")
    late = card.root / "20250714231000-gone.jpg"

    def card_fails(request):
        with suppress(FileExistsError):
            late.symlink_to("/nonexistent.jpg")

    proxy.fault = card_fails
    run = script.upload(card.root, "--receipt", str(tmp_path / "proof.json"))
    assert run.code == 1
    assert run.last_words.startswith("NOT SAFE TO WIPE: 2 files not safely stored")
    signed = json.loads((tmp_path / "proof.json").read_text())["summary"]
    assert (signed["selected_files"], signed["safe_to_wipe"]) == (4, False)


def test_a_file_that_changes_after_it_was_sent_is_not_taken_for_stored(script, card, front):
    names = card.add_snapshots(3)

    def station_writes(request):
        if request.path.endswith("/confirm/"):
            card.add(f"snapshots/{names[1]}", card.jpeg(20_000))

    front.fault = station_writes
    run = script.upload(card.root)
    assert run.code == 1, run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: 1 file not safely stored")
    assert f"{names[1]}: It changed while it was read or sent" in run.out


def test_an_unknown_deployment_is_a_matter_of_usage(script, card):
    card.add_snapshots(1)
    run = script.run(*script.bare(str(card.root), "--deployment", "dep000999", "--data-type", "snapshot_images"))
    assert run.code == 2
    assert "There is no deployment dep000999 among yours" in run.out


def test_what_is_missing_is_named_where_nobody_can_be_asked(script, card):
    card.add_snapshots(1)
    run = script.run(*script.bare(str(card.root)))
    assert run.code == 2
    assert "--deployment" in run.out
