"""Stopped at any point, by anybody: the next run goes on, and only what was under way is sent again."""

import random
import signal
import threading

import pytest

from tests.faults import Hang, once
from tests.throttle import Throttle
from uploads.models import UploadLog, UploadSession

AT_ONCE = 4


@pytest.fixture
def nth_put(proxy):
    """`nth_put(5)` is set when five more PUTs have come."""

    def watch(count: int) -> threading.Event:
        reached, left, lock = threading.Event(), [count], threading.Lock()

        def decide(request):
            with lock:
                left[0] -= request.method == "PUT"
                if left[0] <= 0:
                    reached.set()

        proxy.fault = decide
        return reached

    return watch


def interrupt(script, nth_put, root, *, after: int, with_signal) -> object:
    reached = nth_put(after)
    process = script.start(*script.command(root, "--jobs", str(AT_ONCE), "--log", str(script.log)))
    assert reached.wait(120)
    process.send_signal(with_signal)
    return script.wait(process)


def test_killed_again_and_again_it_still_brings_all_home(proxy, nth_put, script, card, objects):
    kills = 6
    card.add_snapshots(80, size_bytes=10_000)
    proxy.throttle = Throttle(400_000)
    draw = random.Random(9)
    for _ in range(kills):
        run = interrupt(script, nth_put, card.root, after=draw.randrange(1, 12), with_signal=signal.SIGKILL)
        assert run.code == -signal.SIGKILL
    proxy.fault = lambda request: None
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")
    assert proxy.count(method="PUT") <= 80 + kills * AT_ONCE
    assert UploadSession.objects.count() == 1
    proven = UploadLog.objects.filter(status="verified").values_list("filename", flat=True)
    assert sorted(proven) == sorted(objects())


def test_ctrl_c_finishes_what_is_under_way_and_tells_how_to_go_on(proxy, nth_put, script, card, objects):
    card.add_snapshots(60, size_bytes=10_000)
    proxy.throttle = Throttle(200_000)
    run = interrupt(script, nth_put, card.root, after=10, with_signal=signal.SIGINT)
    assert run.code == 130, run.out
    assert "NOT SAFE TO WIPE" in run.out
    assert run.last_words == "The same command goes on from here."
    before = len(objects())
    assert 6 <= before < 60
    assert UploadLog.objects.filter(status="verified").count() == before
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")
    assert proxy.count(method="PUT") == 60
    assert UploadSession.objects.count() == 1


def test_ctrl_c_twice_ends_at_once(proxy, nth_put, script, card):
    card.add_snapshots(10)
    hang = once(Hang(), method="PUT")
    reached = threading.Event()

    def decide(request):
        fault = hang(request)
        if fault:
            reached.set()
        return fault

    proxy.fault = decide
    process = script.start(*script.command(card.root, "--jobs", "1"))
    assert reached.wait(120)
    process.send_signal(signal.SIGINT)
    while "Once more to stop at once" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130


def test_two_runs_on_one_folder_do_not_meet(proxy, script, card, objects):
    card.add_snapshots(3)
    reached = threading.Event()
    release = threading.Event()

    def hold(request):
        reached.set()
        release.wait(120)

    proxy.fault = hold
    first = script.start(*script.command(card.root))
    assert reached.wait(120)
    second = script.run(*script.command(card.root))
    release.set()
    assert second.code == 1
    assert "Another run is at work on this folder" in second.out
    assert script.wait(first).code == 0
    assert proxy.count(method="PUT") == 3
    assert UploadSession.objects.count() == 1


def test_a_selection_that_changed_is_another_session(script, card, objects):
    card.add_snapshots(3)
    assert script.upload(card.root).code == 0
    card.add("20250801220000-snapshot.jpg", card.jpeg(2_000))
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert "1 verified, 3 stored before" in run.last_words
    assert UploadSession.objects.latest("id").declared_files == 4
