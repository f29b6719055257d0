"""At a terminal: what is missing is asked for, and the token is seen nowhere."""

import re
from pathlib import Path

from deployments.models import Deployment


def test_all_that_is_missing_is_asked_for(open_terminal, script, card, portal, objects):
    Deployment.objects.create(
        deployment_id="dep000120", bucket=portal.bucket, location_name="Cloud Forest", status="active"
    )
    card.add_snapshots(40)
    terminal = open_terminal("--log", str(script.log), AMI_TOKEN="", TERM="xterm")
    terminal.answer("Folder to upload:", str(card.root))
    terminal.answer("Token for", portal.token)
    terminal.answer("Number, or part of", "nothing like it")
    terminal.answer("Number, or part of", "wetland")
    argv = Path(f"/proc/{terminal.process.pid}/cmdline").read_bytes()
    terminal.answer("Number, or part of", "1")
    terminal.answer("Data type, by number:", "1")
    assert terminal.end() == 0, terminal.seen
    assert "Cloud Forest" in terminal.seen
    assert "SAFE TO WIPE: 40 files" in terminal.seen
    assert objects() == card.contents(".jpg")
    assert re.search(r"\r\[[#.]{24}\]", terminal.seen)
    for text in (terminal.seen, script.log.read_text(), argv.decode()):
        assert portal.token not in text


def test_about_namesakes_one_question_is_asked(open_terminal, card, objects):
    for folder in ("a", "b"):
        card.add(f"{folder}/20250714220000.jpg", card.jpeg(3_000))
    terminal = open_terminal(str(card.root), "--deployment", "dep000119", "--data-type", "snapshot_images")
    terminal.answer("(f), or leave them out (l)?", "f")
    assert terminal.end() == 0, terminal.seen
    assert set(objects()) == {"20250714220000-a.jpg", "20250714220000-b.jpg"}


def test_about_names_taken_in_the_store_too(open_terminal, card, objects, store, portal):
    (name,) = card.add_snapshots(1)
    store.put_object(Bucket=portal.bucket.name, Key=f"dep000119/snapshot_images/{name}", Body=b"another")
    terminal = open_terminal(str(card.root), "--deployment", "dep000119", "--data-type", "snapshot_images")
    terminal.answer("(f), or leave them out (l)?", "f")
    assert terminal.end() == 0, terminal.seen
    assert set(objects()) == {name, name.replace(".jpg", "-snapshots.jpg")}


def test_the_reason_for_another_season_is_asked_for(open_terminal, card, objects):
    card.add("20240601220000-snapshot.jpg", card.jpeg(2_000))
    terminal = open_terminal(str(card.root), "--deployment", "dep000119", "--data-type", "snapshot_images")
    terminal.answer("Why do these files belong here", "")
    assert terminal.end() == 2
    assert objects() == {}


def test_a_name_does_not_steer_the_terminal_nor_forge_the_log(script, card):
    card.add_snapshots(1)
    card.add("20250714220000\x1b[2J\nSAFE TO WIPE.jpg", card.jpeg(2_000))
    run = script.upload(card.root)
    assert run.code == 1
    assert "\x1b" not in run.out + run.log
    assert not any(line.startswith("SAFE TO WIPE") for line in (run.out + run.log).splitlines())
