"""What an answer means: one table for the script and the page, and URLs judged by their own time."""

import json
import time
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path

import pytest

from tests.client.program import ami_upload as program

CASES = json.loads((Path(__file__).parents[1] / "data" / "rules" / "refusals.json").read_text())
SIGNED = datetime(2025, 7, 14, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize("case", CASES["puts"], ids=lambda case: case["what"])
def test_a_put(case):
    assert program.judge_put(program.CallFault(case["code"], case["status"]), case["url"]) == case["then"]


@pytest.mark.parametrize("case", CASES["calls"], ids=lambda case: case["what"])
def test_a_call(case):
    assert program.judge_call(program.CallFault(case["code"], case["status"])) == case["then"]


def grant(*, age_s: float, lifetime_s: int = 3_600) -> program.Grant:
    url = f"https://store.example.org/pan/key?X-Amz-Date=20250714T220000Z&X-Amz-Expires={lifetime_s}&X-Amz-Signature=0"
    sent_at = SIGNED.strftime("%a, %d %b %Y %H:%M:%S GMT")
    clock = program.PortalClock({"_sent_at": sent_at}, time.monotonic() - age_s)
    return program.Grant(url, {}, 0.0, clock)


def refused(*, after_s: float | None) -> program.CallFault:
    answered_at = None if after_s is None else SIGNED.timestamp() + after_s
    return program.CallFault("AccessDenied", 403, answered_at=answered_at)


@pytest.mark.parametrize(
    ("age_s", "store_says_s", "had_run_out"),
    [
        (3_700, 3_700, True),
        (3_599.5, 3_599, True),  # the header Date has whole seconds
        (100, 100, False),
        (3_590, 3_590, False),
        (3_500, 3_700, True),  # the store's clock is ahead, and the store decides
        (3_700, 3_500, False),  # and behind
        (1, 7_200, False),  # so far ahead that no URL is ever good: another would be no better
        (3_700, None, True),  # a store that tells no time: by the portal's clock
        (100, None, False),
    ],
)
def test_a_url_is_over_by_its_own_time(age_s, store_says_s, had_run_out):
    assert grant(age_s=age_s).had_run_out(refused(after_s=store_says_s)) is had_run_out


def test_a_url_that_names_no_time_is_never_over():
    without = program.Grant("https://store.example.org/pan/key?sig=0", {}, 0.0, grant(age_s=9_000).clock)
    assert not without.had_run_out(refused(after_s=9_000))


def headers(**values: str) -> Message:
    message = Message()
    for name, value in values.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, None),
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": " 120 "}, 120),
        ({"Retry_After": "\u00b2"}, None),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "-5"}, None),
        # Compared with the server's clock: this computer's may be years off.
        ({"Retry_After": "Mon, 14 Jul 2025 22:00:30 GMT", "Date": "Mon, 14 Jul 2025 22:00:00 GMT"}, 30),
        ({"Retry_After": "Mon, 14 Jul 2025 22:00:00 GMT", "Date": "Mon, 14 Jul 2025 22:00:30 GMT"}, 0),
    ],
)
def test_retry_after(given, seconds):
    assert program.retry_after_s(headers(**given)) == seconds
