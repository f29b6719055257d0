"""The script client at the full counts of the reliability table; each row prints its figure.

The judge hashes what lies on the card and what a GET of every object gives.
"""

import hashlib
import random
import signal
import threading
import time

import pytest

from tests.client.test_faults import EVERY_KIND, first_try_of_each
from tests.faults import Away, CommitThenDrop, FlipByte, ResetMidBody, never, sometimes
from tests.throttle import Throttle
from tests.wholeledger import check_whole
from uploads.models import UploadLog

AT_ONCE = 16


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def judge(card, objects):
    """(files that are missing in the store, objects with other content than on the card)"""

    def compare() -> tuple[int, int]:
        wanted = {name: sha256(content) for name, content in card.contents(".jpg").items()}
        found = {name: sha256(content) for name, content in objects().items()}
        missing = len(wanted.keys() - found.keys())
        wrong = sum(wanted.get(name) != digest for name, digest in found.items())
        return missing, wrong

    return compare


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_row_1_mixed_faults(seed, whole_proxy, script, card, judge, objects, portal, store):
    """The portal's own calls meet the faults too."""
    files = 10_000
    card.add_snapshots(files, size_bytes=4_000)
    whole_proxy.fault = sometimes(0.2, EVERY_KIND, seed=seed)
    run = script.upload(card.root, "--quiet")
    whole_proxy.fault = never
    missing, wrong = judge()
    puts = whole_proxy.count(method="PUT")
    others = len(whole_proxy.seen) - puts
    print(
        f"row 1, script, seed {seed}: {files:,} files by {puts:,} PUTs and {others:,} other calls, {missing} missing, "
        f"{wrong} wrong"
    )
    assert (run.code, missing, wrong) == (0, 0, 0), run.out
    whole = check_whole(deployment=portal.deployment, data_type="snapshot_images", objects=objects(), store=store)
    print(f"row 31 after row 1: {whole:,} objects, each with who, when and hash; the orphan reported")


def test_row_2_lost_answers(proxy, script, card, judge, objects):
    files = 1_000
    card.add_snapshots(files, size_bytes=4_000)
    proxy.fault = first_try_of_each(CommitThenDrop)
    run = script.upload(card.root, "--quiet")
    missing, wrong = judge()
    duplicates = len(objects()) - files
    print(f"row 2, script: {files:,} answers lost, {files - missing:,} done, {duplicates} duplicates")
    assert (run.code, missing, wrong, duplicates) == (0, 0, 0, 0), run.out


def test_row_3_corruption(proxy, script, card, judge):
    files = 1_000
    card.add_snapshots(files, size_bytes=4_000)
    draw = random.Random(3)
    proxy.fault = first_try_of_each(lambda: FlipByte(at=draw.randrange(4_000)))
    run = script.upload(card.root, "--quiet")
    missing, wrong = judge()
    print(f"row 3, script: {files:,} flipped bodies, {wrong} stored, {missing} missing in the end")
    assert (run.code, missing, wrong) == (0, 0, 0), run.out


def test_row_4_cut_connections(proxy, script, card, judge):
    files = 500
    card.add_snapshots(files, size_bytes=50_000)
    draw = random.Random(4)
    proxy.fault = first_try_of_each(lambda: ResetMidBody(draw.randrange(50_000)))
    run = script.upload(card.root, "--quiet")
    missing, wrong = judge()
    print(f"row 4, script: {files} resets, {wrong} partial objects, {missing} missing in the end")
    assert (run.code, missing, wrong) == (0, 0, 0), run.out


def test_row_8_expired_urls(proxy, script, card, judge, settings):
    settings.GRANT_LIFETIME_S = 2
    files = 1_000
    card.add_snapshots(files, size_bytes=20_000)
    proxy.throttle = Throttle(300_000)
    run = script.upload(card.root, "--quiet")
    missing, wrong = judge()
    print(f"row 8, script: {files:,} files by URLs of 2 s, {missing} lost")
    assert (run.code, missing, wrong) == (0, 0, 0), run.out


def test_row_9_kills(proxy, script, card, judge, objects, portal, store):
    files, kills = 2_000, 100
    card.add_snapshots(files, size_bytes=10_000)
    proxy.throttle = Throttle(2_000_000)
    draw = random.Random(9)
    for _ in range(kills):
        reached, left, lock = threading.Event(), [draw.randrange(1, 20)], threading.Lock()

        def count(request, reached=reached, left=left, lock=lock):
            with lock:
                left[0] -= request.method == "PUT"
                if left[0] <= 0:
                    reached.set()

        proxy.fault = count
        process = script.start(*script.command(card.root, "--quiet"))
        while not reached.wait(1) and process.poll() is None:
            pass
        process.send_signal(signal.SIGKILL)
        script.wait(process)
    proxy.fault = lambda request: None
    run = script.upload(card.root, "--quiet")
    missing, wrong = judge()
    again = proxy.count(method="PUT") - files
    print(f"row 9, script: {kills} kills over {files:,} files, {missing} missing, {wrong} wrong, {again} sent again")
    assert (run.code, missing, wrong) == (0, 0, 0), run.out
    assert again <= kills * AT_ONCE
    whole = check_whole(deployment=portal.deployment, data_type="snapshot_images", objects=objects(), store=store)
    print(f"row 31 after row 9: {whole:,} objects, each with who, when and hash; the orphan reported")


def test_row_10_the_store_goes_away(proxy, script, card, judge):
    files, away_s = 600, 60
    card.add_snapshots(files, size_bytes=4_000)
    calls, lock, began = [], threading.Lock(), []

    def decide(request):
        if request.method != "PUT":
            return None
        with lock:
            now = time.monotonic()
            if request.number >= 100 and not began:
                began.append(now)
            if not began or now > began[0] + away_s:
                return None
            calls.append(now - began[0])
            return Away()

    proxy.fault = decide
    run = script.upload(card.root, "--quiet")
    missing, wrong = judge()
    later = [at for at in calls if at > 1]
    busiest = max((sum(at <= other < at + 1 for other in later) for at in later), default=0)
    print(
        f"row 10, script: away for {away_s} s, {missing} lost; {len(calls)} calls meanwhile ({len(calls) - len(later)}"
        f" of them under way or in the first second), at most {busiest} in any second after"
    )
    assert (run.code, missing, wrong) == (0, 0, 0), run.out
    assert busiest <= 2


def test_row_11_files_that_change(proxy, script, card, objects):
    files = 200
    names = set(card.add_snapshots(files, size_bytes=5_000))
    changed = set()

    def station_writes(request):
        name = request.key.rpartition("/")[2]
        if request.method == "PUT" and name in names - changed:
            changed.add(name)
            (card.root / "snapshots" / name).write_bytes(card.jpeg(5_000))

    proxy.fault = station_writes
    run = script.upload(card.root, "--quiet")
    verified = UploadLog.objects.filter(status__in=UploadLog.PROVEN, filename__in=changed).count()
    print(f"row 11, script: {len(changed)} files changed on their way, {verified} verified under the old hash")
    assert (run.code, verified, len(changed)) == (1, 0, files), run.out


def test_a_link_of_256_kbit_with_urls_of_five_minutes(proxy, script, card, judge, settings):
    """Twenty times faster, the URLs twenty times shorter."""
    files, scale = 500, 20
    settings.GRANT_LIFETIME_S = 300 // scale
    card.add_snapshots(files, size_bytes=20_000)
    proxy.throttle = Throttle(scale * 256_000 / 8)
    started = time.monotonic()
    run = script.upload(card.root)
    missing, wrong = judge()
    refused = sum(" 403" in line for line in run.log.splitlines() if " retry " in line)
    minutes = scale * (time.monotonic() - started) / 60
    print(
        f"slow link, script: {files} files in {minutes:.1f} scaled minutes, {refused} URLs expired, {missing} missing"
    )
    assert (run.code, missing, wrong, refused) == (0, 0, 0, 0), run.out
