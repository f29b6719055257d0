"""A portal that is away, refuses or leads elsewhere; and the token, which goes nowhere else."""

import json

from tests.faultproxy import FaultProxy
from tests.faults import Answer, Away, Status, always, first, sometimes
from uploads.models import UploadSession


class Answered(Status):
    """The portal's envelope."""

    def strike(self, request, forward, proxy):
        body = json.dumps({"code": self.code, "message": "Look again and repeat.", "fields": {}}).encode()
        return Answer(self.status, [("Content-Type", "application/json")], b"").with_body(body)


def test_a_portal_that_stumbles_is_asked_again(front, script, card, objects):
    card.add_snapshots(40, size_bytes=3_000)
    front.fault = sometimes(0.3, [Status(503), Status(502), Status(429), Away()], seed=5)
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_a_portal_that_goes_away_in_mid_upload_is_waited_for(front, script, card, objects):
    card.add_snapshots(10, size_bytes=3_000)
    away = first(4, Away())
    front.fault = lambda request: away(request) if "confirm" in request.path else None
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_a_call_that_met_another_one_is_repeated(front, script, card, objects):
    card.add_snapshots(2, size_bytes=3_000)
    raced = first(2, Answered(409, "conflict"))
    front.fault = lambda request: raced(request) if "finish" in request.path else None
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_a_call_that_always_meets_another_one_ends_with_the_portals_word(front, script, card):
    card.add_snapshots(1)
    front.fault = lambda request: Answered(409, "conflict") if "finish" in request.path else None
    run = script.upload(card.root)
    assert run.code == 3, run.out
    assert run.last_words == "The portal answered: Look again and repeat."


def test_a_portal_that_was_never_there_is_said_so(front, script, card):
    card.add_snapshots(1)
    front.fault = always(Away())
    run = script.upload(card.root, "--patience", "0.02")
    assert run.code == 3
    assert "cannot be reached" in run.last_words


def test_a_wrong_token_stops_at_once(script, card, portal):
    card.add_snapshots(1)
    script.more["AMI_TOKEN"] = "f" * 64
    run = script.upload(card.root)
    assert run.code == 3
    assert "does not accept the token" in run.last_words
    assert "f" * 64 not in run.out + run.log


def test_a_right_withdrawn_in_mid_upload_stops_with_the_portals_word(front, script, card, portal):
    card.add_snapshots(3)

    def retired(request):
        if request.path.endswith("presign/"):
            portal.deployment.status = "inactive"
            portal.deployment.save()

    front.fault = retired
    run = script.upload(card.root)
    assert run.code == 3
    assert "is not active" in run.last_words
    assert UploadSession.objects.get().finished_at is None


def test_the_token_does_not_follow_a_redirect(front, script, card):
    card.add_snapshots(1)
    with FaultProxy("http://127.0.0.1:9") as elsewhere:

        class Moved(Status):
            def strike(self, request, forward, proxy):
                return Answer(302, [("Location", elsewhere.url + request.target), ("Content-Length", "0")], b"")

        front.fault = always(Moved(302))
        run = script.upload(card.root)
        assert run.code == 3
        assert "leads elsewhere" in run.last_words
        assert elsewhere.seen == []


def test_the_token_goes_to_the_portal_alone(proxy, front, script, card, portal):
    card.add_snapshots(3)
    assert script.upload(card.root).code == 0
    assert all(request.headers["Authorization"] == f"Token {portal.token}" for request in front.seen)
    assert proxy.count(method="PUT") == 3
    assert not any("Authorization" in request.headers for request in proxy.seen)


def test_the_token_is_not_sent_over_plain_http(script, card):
    card.add_snapshots(1)
    script.more["AMI_PORTAL"] = "http://portal.example.org"
    run = script.upload(card.root)
    assert run.code == 2
    assert "plain http" in run.last_words


def test_an_answer_for_other_files_is_no_proof(front, script, card):
    card.add_snapshots(2)

    class Swapped(Status):
        def strike(self, request, forward, proxy):
            answer = forward(request)
            return answer.with_body(answer.body.replace(b"20250714220000", b"20250714220001"))

    front.fault = lambda request: Swapped(200) if request.path.endswith("confirm/") else None
    run = script.upload(card.root)
    assert run.code == 3
    assert "answered for other files" in run.last_words
