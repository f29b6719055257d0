"""Large files, in parts: only what the store lacks is sent, whatever came between."""

import json
import signal
import threading

import pytest

from tests.faults import CommitThenDrop, Fault, FlipByte, ResetMidBody, Status, sometimes
from uploads.models import UploadLog

MIB = 1024**2
NAME = "20250801220000-snapshot.jpg"
PARTS = 5


@pytest.fixture
def large(card):
    card.add(NAME, card.jpeg(70 * MIB))
    return card


def parts_sent(proxy) -> list[str]:
    return [request.query["partNumber"] for request in proxy.seen if request.method == "PUT"]


def test_a_large_file_goes_in_parts(proxy, script, large, objects):
    large.add_snapshots(3)
    run = script.upload(large.root)
    assert run.code == 0, run.out
    assert objects() == large.contents(".jpg")
    parts = [request for request in proxy.seen if "partNumber" in request.query]
    assert sorted(request.query["partNumber"] for request in parts) == ["1", "2", "3", "4", "5"]
    assert proxy.count(method="PUT") == PARTS + 3
    assert UploadLog.objects.get(filename=NAME).multipart_md5.endswith("-5")


def test_faults_on_parts(proxy, script, large, objects):
    faults = [Status(503), ResetMidBody(MIB), CommitThenDrop(), FlipByte(at=MIB)]
    proxy.fault = sometimes(0.4, faults, seed=2, method="PUT")
    run = script.upload(large.root)
    assert run.code == 0, run.out
    assert objects() == large.contents(".jpg")


def test_after_a_kill_only_missing_parts_are_sent(proxy, script, large, objects):
    third, lock, puts = threading.Event(), threading.Lock(), [0]

    def stop_the_third(request):
        if request.method == "PUT":
            with lock:
                puts[0] += 1
            if puts[0] == 3:
                third.set()
                proxy.closing.wait(120)

    proxy.fault = stop_the_third
    process = script.start(*script.command(large.root, "--jobs", "1"))
    assert third.wait(120)
    process.send_signal(signal.SIGKILL)
    script.wait(process)
    proxy.fault = lambda request: None
    run = script.upload(large.root)
    assert run.code == 0, run.out
    assert objects() == large.contents(".jpg")
    sent = parts_sent(proxy)
    assert len(sent) == PARTS + 1
    assert set(sent) == {"1", "2", "3", "4", "5"}


def test_a_second_run_sends_no_part(proxy, script, large, objects):
    assert script.upload(large.root).code == 0
    run = script.upload(large.root)
    assert run.code == 0, run.out
    assert "1 stored before" in run.last_words
    assert len(parts_sent(proxy)) == PARTS


def test_a_large_file_that_changes_is_not_verified(proxy, script, large, objects):
    def station_writes(request):
        if request.query.get("partNumber") == "2":
            with (large.root / NAME).open("r+b") as file:
                file.seek(40 * MIB)
                file.write(b"changed")

    proxy.fault = station_writes
    run = script.upload(large.root)
    assert run.code == 1, run.out
    assert "It changed while it was read or sent" in run.out
    assert objects() == {}
    assert not UploadLog.objects.filter(status="verified").exists()


@pytest.mark.parametrize("call", ["GET parts", "POST parts", "POST complete"])
@pytest.mark.parametrize("status", [404, 409])
def test_an_upload_that_the_portal_has_no_more_is_begun_anew(front, script, large, objects, call, status):
    """And costs no other file its way: it was completed by a second tab, say, or given up after a pause."""
    large.add_snapshots(3)
    method, step = call.split()
    left = [Status(status, "upload_unknown")]

    def gone_once(request):
        is_it = request.method == method and request.path.endswith(f"/{step}/")
        return left.pop() if is_it and left else None

    front.fault = gone_once
    run = script.upload(large.root)
    assert run.code == 0, run.out
    assert not left
    assert objects() == large.contents(".jpg")


class NotTold(Fault):
    """The portal could not hold the name: the store gave no answer about it."""

    def strike(self, request, forward, proxy):
        answer = forward(request)
        told = {"status": "conflict", "code": "not_told", "message": "The store gave no answer.", "missing": []}
        return answer.with_body(json.dumps(told).encode())


def test_a_store_that_gave_no_answer_is_no_other_file(front, script, large, objects):
    """A conflict at the end is presigned again, which says what stands in the way."""
    left = [NotTold()]
    front.fault = lambda request: left.pop() if left and request.path.endswith("/complete/") else None
    run = script.upload(large.root)
    assert run.code == 0, run.out
    assert not left
    assert objects() == large.contents(".jpg")


def test_a_large_file_whose_upload_is_always_lost_costs_no_other_file_its_way(front, script, large, objects):
    names = large.add_snapshots(3)
    front.fault = lambda request: Status(404) if request.path.endswith("/complete/") else None
    run = script.upload(large.root)
    assert run.code == 1, run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: 1 file not safely stored (3 verified")
    assert objects().keys() == set(names)


class OtherPart(Fault):
    """The store has a first part of the right size and of other content."""

    def strike(self, request, forward, proxy):
        answer = forward(request)
        told = json.loads(answer.body)
        told["parts"] = [{"number": 1, "size": 16 * MIB, "md5": "0" * 32}]
        return answer.with_body(json.dumps(told).encode())


def test_a_part_of_other_content_is_not_taken_for_ours(front, script, large, objects):
    front.fault = lambda request: OtherPart() if request.method == "GET" and "upload=" in request.target else None
    run = script.upload(large.root)
    assert run.code == 0, run.out
    assert objects() == large.contents(".jpg")
    assert sum(request.path.endswith("/complete/") for request in front.seen) == 1
