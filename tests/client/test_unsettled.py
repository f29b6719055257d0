"""Names that an older program may still write under: shown, waited for, asked about again, never called safe before."""

import signal
import threading
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from deployments.models import Bucket
from tests.uploads.conftest import put
from tests.uploads.legacy_client import PASSWORD, LegacyClient
from uploads.ledger.unsettled import RESERVATION_GRACE
from uploads.models import UploadLog, UploadSession
from uploads.services.unsettled import settle_unsettled_keys

WAIT_S = 6
UNTIL = "An older program may still write under 1 name until"


def lasts(seconds: float, **of) -> None:
    """From now on, the URLs that bind no MD5."""
    until = timezone.now() + timedelta(seconds=seconds)
    rows = UploadLog.objects.filter(unsettled_until__isnull=False, **of)
    rows.update(unsettled_until=until, grant_expires_at=until - RESERVATION_GRACE)
    connection.close()


def old_url(portal, name: str, *, seconds: float) -> datetime:
    """The row of a URL without MD5 that is still alive, whatever became of its file; until when."""
    now = timezone.now()
    until = now + timedelta(seconds=seconds)
    of = {"deployment": portal.deployment, "data_type": "snapshot_images"}
    session = UploadSession.objects.create(
        account=portal.partner, is_legacy=True, started_at=now, last_seen_at=now, **of
    )
    UploadLog.objects.create(
        session=session, filename=name, md5="", status="expired", granted_at=now, grant_expires_at=now,
        unsettled_until=until, **of,
    )  # fmt: skip
    return until


@pytest.fixture
def old_program(portal):
    """`old_program(name, content)` gets a URL as the scripts in the field do, and writes unless content is None."""
    portal.partner.set_password(PASSWORD)
    portal.partner.save()
    client = LegacyClient(portal.partner, SimpleNamespace(bucket=portal.bucket, deployment=portal.deployment))

    def write(name: str, content: bytes | None) -> None:
        answer = client.post("generate-presigned-url", filename=name, file_type="image/jpeg")
        assert answer.status_code == 200, answer.content
        if content is not None:
            assert put(answer.json(), {"Content-Type": "image/jpeg"}, content).status == 200

    return write


@pytest.fixture
def ends_soon(front):
    """The old URLs are dead a few seconds after the first call of this step."""

    def at(step: str) -> None:
        seen = threading.Event()

        def decide(request):
            if request.path.endswith(f"/{step}/") and not seen.is_set():
                seen.set()
                lasts(WAIT_S)

        front.fault = decide

    return at


def content_of(card, name: str) -> bytes:
    return (card.root / "snapshots" / name).read_bytes()


@pytest.mark.parametrize("was_written", [True, False])
def test_it_is_waited_for_and_the_others_go_on(script, card, objects, proxy, old_program, ends_soon, was_written):
    names = card.add_snapshots(5)
    old_program(names[2], content_of(card, names[2]) if was_written else None)
    ends_soon("presign")
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert UNTIL in run.out
    assert f"card/snapshots/{names[2]}: An older program may still write" in run.out
    assert ("4 verified, 1 stored before" if was_written else "5 verified, 0 stored before") in run.last_words
    assert objects() == card.contents(".jpg")
    assert run.log.index(f"{names[4]} as") < run.log.rindex(f"{names[2]} as")
    assert proxy.count(method="PUT") == 4 + 1
    assert UploadSession.objects.filter(is_legacy=False).count() == 1


def test_what_the_older_program_wrote_is_not_overwritten_and_told(script, card, objects, old_program, ends_soon):
    names = card.add_snapshots(3)
    old_program(names[0], b"of another card")
    ends_soon("presign")
    run = script.upload(card.root)
    assert run.code == 1, run.out
    assert "1 file not safely stored (2 verified, 0 stored before" in run.last_words
    assert f"card/snapshots/{names[0]}: The store already holds another file of this name" in run.out
    assert objects()[names[0]] == b"of another card"
    run = script.upload(card.root, "--on-collision", "folder")
    assert run.code == 0, run.out
    assert set(objects().values()) == {b"of another card", *card.contents(".jpg").values()}


@pytest.fixture
def interfering(front, portal):
    """`interfering(step, name)`: before that call an older program gets a URL for the name, for a few seconds."""

    def at(step: str, name: str) -> None:
        seen = threading.Event()

        def decide(request):
            if not request.path.endswith(f"/{step}/") or seen.is_set():
                return
            seen.set()
            until = old_url(portal, name, seconds=WAIT_S)
            UploadLog.objects.filter(filename=name, status="verified").update(status="unsettled", unsettled_until=until)
            connection.close()

        front.fault = decide

    return at


def test_what_was_sent_is_confirmed_again_and_not_sent_again(script, card, objects, proxy, interfering):
    names = card.add_snapshots(3)
    interfering("confirm", names[1])
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert UNTIL in run.out
    assert "(3 verified, 0 stored before" in run.last_words
    assert proxy.count(method="PUT") == 3
    assert objects() == card.contents(".jpg")


def test_a_verdict_that_the_portal_withholds_until_then_is_waited_for(script, card, front, interfering):
    names = card.add_snapshots(3)
    interfering("finish", names[1])
    first = front.fault

    def decide(request):
        if request.path.endswith("/finish/"):
            settle_unsettled_keys()  # as the worker does each few minutes
        first(request)

    front.fault = decide
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert UNTIL in run.out
    assert front.count(path=f"/api/v1/uploads/sessions/{UploadSession.objects.get(is_legacy=False).pk}/finish/") == 2


@pytest.mark.parametrize("options", [[], ["--quiet"]])
def test_without_waiting_it_is_said_when_to_look_again(script, card, objects, old_program, options):
    names = card.add_snapshots(3)
    old_program(names[0], content_of(card, names[0]))
    run = script.upload(card.root, "--no-wait", *options)
    assert run.code == 1, run.out
    assert f"{UNTIL} " in run.out
    assert "Look again after that, by the same command." in run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: 1 file not safely stored (2 verified, 0 stored before")
    session = UploadSession.objects.get(is_legacy=False)
    assert session.finished_at is not None
    assert not UploadLog.objects.filter(filename=names[0], status__in=UploadLog.PROVEN).exists()
    lasts(-1)
    run = script.upload(card.root, "--no-wait", *options)
    assert run.code == 0, run.out


def test_ctrl_c_while_waiting_loses_nothing(script, card, objects, proxy, old_program):
    names = card.add_snapshots(3)
    old_program(names[0], content_of(card, names[0]))
    process = script.start(*script.command(card.root))
    while "An older program may still write under 1 name" not in (line := process.stdout.readline()):
        assert line, "it ended"
    process.send_signal(signal.SIGINT)
    run = script.wait(process)
    assert run.code == 130, run.out
    assert "2 of 3 files are verified so far. NOT SAFE TO WIPE" in run.out
    lasts(-1)
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert proxy.count(method="PUT") == 2 + 1
    assert UploadSession.objects.filter(is_legacy=False).count() == 1


def test_patience_has_an_end(script, card, old_program):
    names = card.add_snapshots(2)
    old_program(names[0], None)
    run = script.upload(card.root, "--patience", "1")
    assert run.code == 1, run.out
    assert "Look again after that" in run.out


def test_a_check_waits_too(script, card, portal, ends_soon):
    names = card.add_snapshots(3)
    assert script.upload(card.root).code == 0
    old_url(portal, names[0], seconds=7_200)
    run = script.upload(card.root, "--verify", "--no-wait")
    assert run.code == 1, run.out
    assert "Look again after that" in run.out
    assert run.last_words == "NOT SAFE: 1 file of 3 not proven to be stored."
    ends_soon("verify")
    run = script.upload(card.root, "--verify")
    assert run.code == 0, run.out
    assert UNTIL in run.out


def test_a_check_that_waited_looks_at_the_card_again(script, card, portal, front):
    names = card.add_snapshots(2)
    assert script.upload(card.root).code == 0
    old_url(portal, names[0], seconds=7_200)
    first = threading.Event()

    def station_writes(request):
        if request.path.endswith("/uploads/verify/") and not first.is_set():
            first.set()
            lasts(WAIT_S)
            card.add(f"snapshots/{names[0]}", card.jpeg(20_000))

    front.fault = station_writes
    run = script.upload(card.root, "--verify")
    assert run.code == 1, run.out
    assert run.last_words == "NOT SAFE: 1 file of 2 not proven to be stored."
    assert f"card/snapshots/{names[0]}: It changed while it was read or sent." in run.out


@pytest.fixture
def at_first_check(front):
    """`at_first_check(act)`: while the portal is first asked about the files; the old URLs are dead soon after."""

    def at(act) -> None:
        first = threading.Event()

        def decide(request):
            if request.path.endswith("/uploads/verify/") and not first.is_set():
                first.set()
                lasts(WAIT_S)
                act()

        front.fault = decide

    return at


def test_a_check_that_waited_misses_no_file_that_changed_or_came(script, card, portal, at_first_check):
    """Also of those that were found stored before it waited."""
    names = card.add_snapshots(3)
    assert script.upload(card.root).code == 0
    old_url(portal, names[0], seconds=7_200)

    def station_writes():
        card.add(f"snapshots/{names[1]}", card.jpeg(20_000))
        card.add("snapshots/20250801220000-snapshot.jpg", card.jpeg(3_000))

    at_first_check(station_writes)
    run = script.upload(card.root, "--verify")
    assert run.code == 1, run.out
    assert run.last_words == "NOT SAFE: 2 files of 4 not proven to be stored."
    assert f"card/snapshots/{names[1]}: " in run.out
    assert "card/snapshots/20250801220000-snapshot.jpg: It came to the card during this run." in run.out


def test_a_changed_file_is_not_taken_for_the_copy_that_it_was(script, card, portal, at_first_check):
    content = card.jpeg(3_000)
    for folder in "ab":
        card.add(f"{folder}/20250714220000.jpg", content)
    card.add("c/20250714230000.jpg", card.jpeg(3_000))
    card.add("d/20250714230000.jpg", content)
    assert script.upload(card.root, "--on-collision", "folder").code == 0
    for row in UploadLog.objects.filter(filename__contains="30000-d"):
        old_url(portal, row.filename, seconds=7_200)
    at_first_check(lambda: card.add("d/20250714230000.jpg", card.jpeg(20_000)))
    run = script.upload(card.root, "--verify")
    assert run.code == 1, run.out
    assert "card/d/20250714230000.jpg: It changed while it was read or sent." in run.out


def test_on_a_whole_card_no_data_type_waits_for_another(script, card, portal, old_program, ends_soon, store):
    Bucket.objects.filter(pk=portal.bucket.pk).update(data_types=["snapshot_images", "audible_recordings"])
    names = card.add_snapshots(2)
    card.add("audible/20250714_220000.WAV", card.wav(4_000))
    old_program(names[0], None)
    ends_soon("presign")
    where = ["scan", str(card.root), "--deployment", "dep000119", "--log", str(script.log)]
    run = script.run(*script.bare(*where))
    assert run.code == 0, run.out
    assert run.last_words.startswith("SAFE TO WIPE: 3 files")
    assert run.log.index("20250714_220000.WAV as") < run.log.index(f"verified   card/snapshots/{names[0]}")
