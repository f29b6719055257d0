"""What the portal's verdict still withholds when all files are stored: told, and waited for where that ends."""

import json
from datetime import UTC, datetime, timedelta

from tests.faults import Fault


class Told(Fault):
    """Other figures in the portal's verdict."""

    def __init__(self, **figures: int):
        self.figures = figures

    def strike(self, request, forward, proxy):
        answer = forward(request)
        body = answer.body.replace(b'"safe_to_wipe":true', b'"safe_to_wipe":false')
        for name, count in self.figures.items():
            assert f'"{name}":0'.encode() in body
            body = body.replace(f'"{name}":0'.encode(), f'"{name}":{count}'.encode())
        return answer.with_body(body)


def test_names_answered_with_a_conflict_withhold_the_verdict(script, card, front):
    card.add_snapshots(2)
    front.fault = lambda request: Told(refused=2) if request.path.endswith("/finish/") else None
    run = script.upload(card.root)
    assert run.code == 1, run.out
    assert run.last_words.startswith(
        "NOT SAFE TO WIPE: 2 files answered with a conflict and not stored under another name (2 verified"
    )


def test_what_the_portal_compares_once_more_is_waited_for(script, card, front):
    card.add_snapshots(2)
    left = [3, 1]
    front.fault = lambda request: Told(comparing=left.pop(0)) if left and request.path.endswith("/finish/") else None
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert sum(request.path.endswith("/finish/") for request in front.seen) == 3


class BeingRead(Fault):
    """The portal reads the first file in the store to compare it."""

    def strike(self, request, forward, proxy):
        answer = forward(request)
        told = json.loads(answer.body)
        until = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        told["files"][0] |= {"status": "unsettled", "code": "being_read", "message": "Ask again.", "until": until}
        return answer.with_body(json.dumps(told).encode())


def test_what_the_portal_reads_is_waited_for_even_without_waiting_for_hours(script, card, front):
    card.add_snapshots(2)
    reads = [BeingRead()]
    front.fault = lambda request: reads.pop() if reads and request.path.endswith("/confirm/") else None
    run = script.upload(card.root, "--no-wait")
    assert run.code == 0, run.out
    assert "older program" not in run.out
    assert "(2 verified, 0 stored before" in run.last_words


class OtherContent(Fault):
    """The portal found other content under a name."""

    def __init__(self, name: str):
        self.name = name

    def strike(self, request, forward, proxy):
        answer = forward(request)
        told = json.loads(answer.body)
        for file in told["files"]:
            if file["name"] == self.name:
                file |= {"status": "mismatch", "code": "mismatch"}
        return answer.with_body(json.dumps(told).encode())


def test_what_the_portal_finds_to_be_other_content_is_not_stored(script, card, front):
    names = card.add_snapshots(2)
    front.fault = lambda request: OtherContent(names[0]) if request.path.endswith("/confirm/") else None
    run = script.upload(card.root)
    assert run.code == 1, run.out
    assert run.last_words.startswith("NOT SAFE TO WIPE: 1 file not safely stored (1 verified, 0 stored before")
    assert f"card/snapshots/{names[0]}: The store holds other content under this name." in run.out
