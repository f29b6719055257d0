#!/usr/bin/env python3
# Built by clients/build.py from the modules in clients/ami_upload/. Change those, then run `make client`.
# /// script
# requires-python = ">=3.10"
# dependencies = ["cryptography>=42", "truststore>=0.9"]
# ///
"""Uploads the cards of insect-monitoring stations to an AMI Portal, and proves what has arrived.

    uv run ami_upload.py FOLDER --deployment dep000127 --data-type snapshot_images
    uv run ami_upload.py scan CARD --deployment dep000127
    uv run ami_upload.py FOLDER --deployment dep000127 --data-type snapshot_images --verify
    uv run ami_upload.py verify-receipt receipt.json --public-key BASE64

Without uv: `pip install cryptography truststore`, then `python ami_upload.py ...`. What is not given is asked for. The
token comes from the variable AMI_TOKEN or a hidden prompt, never from an argument, where other people of the computer
could read it. A run may be interrupted at any point, also by a power cut: the same command goes on where it ended.

Exit codes: 0 every file is verified and the portal calls the card safe to wipe (or: what was only to be looked at is as
it should be); 1 not all; 2 the command is not complete or not right; 3 the portal or the store cannot be reached, or
refuses; 130 interrupted.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import getpass
import hashlib
import http.client
import ipaddress
import json
import os
import platform
import random
import re
import shutil
import signal
import sqlite3
import ssl
import stat
import struct
import sys
import threading
import time
import traceback
import unicodedata
import urllib.request
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from io import FileIO
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO, Generic, TypedDict, TypeVar
from urllib.parse import parse_qsl, urlsplit

# --- lib/about.py -----------------------------------------------------------------------------------------------------
# What this program is called, and which portal it was downloaded from.

PORTAL = ""  # the portal's address; filled in when downloaded from a portal
VERSION = "1.0"


def client_name() -> str:
    return f"ami_upload.py/{VERSION} (Python {platform.python_version()}; {platform.system()} {platform.machine()})"


# --- lib/errors.py ----------------------------------------------------------------------------------------------------
# What ends a run, a file or a call, and the exit codes of the program.

OK, NOT_ALL, USAGE, REFUSED, INTERRUPTED = 0, 1, 2, 3, 130


class Stop(Exception):
    """Ends the program with a sentence for the person and an exit code."""

    def __init__(self, message: str, exit_code: int, code: str = "stopped"):
        super().__init__(message)
        self.exit_code = exit_code
        self.code = code


class UsageFault(Stop):
    def __init__(self, message: str):
        super().__init__(message, USAGE, "usage")


class Refusal(Stop):
    """The portal or the store cannot be reached, or refuses: there is no point in going on now."""

    def __init__(self, message: str, code: str):
        super().__init__(message, REFUSED, code)


class Halted(Exception):
    """Raised in a thread that was asked to stop."""


class FileFault(Exception):
    """The file on the card is not what was selected any more, or cannot be read. Trying again is no use."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class UploadGone(Exception):
    """The portal no longer has a large file's upload open, or its name has gone to others: presigning tells more."""


class CallFault(Exception):
    """What a server answered, or that it did not answer (`http_status` 0). `code`: S3's, or the portal's."""

    def __init__(
        self,
        code: str,
        http_status: int = 0,
        message: str = "",
        retry_after_s: float | None = None,
        answered_at: float | None = None,
    ):
        super().__init__(" ".join(str(part) for part in (code, http_status or "", message) if part))
        self.code = code
        self.http_status = http_status
        self.message = message
        self.retry_after_s = retry_after_s
        self.answered_at = answered_at  # seconds since 1970 by the server's own clock, if it told

    @property
    def told_as(self) -> str:
        """The code under which a failed PUT is listed and reported."""
        return f"http_{self.http_status}" if self.http_status else "network"


# --- lib/format.py ----------------------------------------------------------------------------------------------------
# Sizes and times, in numbers and in words.

KIB, MIB = 1024, 1024**2


def number(count: float) -> str:
    return f"{count:,.0f}"


def files_(count: int) -> str:
    return f"{number(count)} file{'' if count == 1 else 's'}"


def names_(count: int) -> str:
    return f"{number(count)} name{'' if count == 1 else 's'}"


def bytes_(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def duration_(seconds: float) -> str:
    if seconds < 60:
        return "under a minute"
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 1.5 * length or unit == "minute":
            count = round(seconds / length)
            return f"about {count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError


# --- lib/halt.py ------------------------------------------------------------------------------------------------------
# How a run ends before its end, for all its threads at once.


class Halt:
    """How a run ends before its end: wound down (Ctrl-C), or failed (one thread's error ends all)."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.error: BaseException | None = None

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def wind_down(self) -> None:
        self._event.set()

    def fail(self, error: BaseException) -> None:
        if self.error is None and not isinstance(error, Halted):
            self.error = error
        self._event.set()

    def sleep(self, seconds: float) -> None:
        if self._event.wait(seconds):
            raise Halted

    def check(self) -> None:
        if self._event.is_set():
            raise Halted


# --- lib/log.py -------------------------------------------------------------------------------------------------------
# The log of a run, and names of files in it that can do no harm.


def plain(text: str) -> str:
    """Without control characters: a file's name must not forge a line of the log, nor steer a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


class Log:
    """A line per event: when, what, about which file. Neither tokens nor URLs are ever written."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise UsageFault(f"The log {path} cannot be written: {error.strerror}.") from None

    def note(self, event: str, text: str = "") -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        with self._lock:
            self._file.write(f"{now} {event:<10} {plain(text)}\n")

    def flush(self) -> None:
        with self._lock:
            self._file.flush()


# --- lib/pace.py ------------------------------------------------------------------------------------------------------
# The present rate.


class Pace:
    """The present rate, from sums that are noted again and again."""

    def __init__(self, window_s: float = 20.0):
        self._window_s = window_s
        self._lock = threading.Lock()
        self._samples: deque[tuple[float, int]] = deque()

    def note(self, total: int) -> None:
        with self._lock:
            now = time.monotonic()
            self._samples.append((now, total))
            while self._samples[0][0] < now - self._window_s:
                self._samples.popleft()

    @property
    def per_s(self) -> float | None:
        with self._lock:
            if len(self._samples) < 2:
                return None
            (began, first), (ended, last) = self._samples[0], self._samples[-1]
        return max(0, last - first) / (ended - began) if ended - began >= 0.5 else None


# --- lib/queues.py ----------------------------------------------------------------------------------------------------
# What bounds the stages of a run: queues between them, and the memory that they hold.

Carried = TypeVar("Carried")


class Budget:
    """Bytes of file contents held in memory, over all stages."""

    def __init__(self, total: int, halt: Halt):
        self._total = total
        self._halt = halt
        self._held = 0
        self._freed = threading.Condition()

    def take(self, count: int) -> None:
        with self._freed:
            while self._held and self._held + count > self._total:
                self._halt.check()
                self._freed.wait(0.5)
            self._held += count

    def give_back(self, count: int) -> None:
        with self._freed:
            self._held -= count
            self._freed.notify_all()


class Line(Generic[Carried]):
    """A bounded queue between two stages: who puts into a full one waits."""

    def __init__(self, room: int, halt: Halt):
        self._room = room
        self._halt = halt
        self._items: deque[Carried] = deque()
        self._closed = False
        lock = threading.Lock()
        self._came = threading.Condition(lock)
        self._went = threading.Condition(lock)

    def put(self, item: Carried) -> None:
        with self._went:
            while len(self._items) >= self._room:
                self._halt.check()
                self._went.wait(0.5)
            self._items.append(item)
            self._came.notify()

    def put_first(self, item: Carried) -> None:
        """Without waiting for room: by a stage that also takes from here."""
        with self._came:
            self._items.appendleft(item)
            self._came.notify()

    def close(self) -> None:
        with self._came:
            self._closed = True
            self._came.notify_all()

    def take(self) -> Carried | None:
        """The next, or None at the end, or when the run is halted."""
        with self._came:
            while not self._items and not self._closed and not self._halt.is_set:
                self._came.wait(0.5)
            if self._halt.is_set or not self._items:
                return None
            self._went.notify_all()
            return self._items.popleft()

    def batch(self, most: int, least: int, linger_s: float, *, through_halt: bool = False) -> list[Carried]:
        """Up to `most`; empty at the end. Waits for `least`, but not longer than `linger_s` after the first."""
        with self._came:
            while not self._items and not self._closed and (through_halt or not self._halt.is_set):
                self._came.wait(0.5)
            until = time.monotonic() + linger_s
            while len(self._items) < least and not self._closed and not self._halt.is_set:
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._came.wait(left)
            if self._halt.is_set and not through_halt:
                return []
            taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
            self._went.notify_all()
            return taken

    def wait_below(self, count: int) -> None:
        with self._went:
            while len(self._items) > count:
                self._halt.check()
                self._went.wait(0.5)


# --- lib/reasons.py ---------------------------------------------------------------------------------------------------
# Why something is left out, not covered or not stored, in words.

REASONS = {
    "hidden": "hidden files",
    "system": "files of the operating system",
    "empty": "empty files (0 bytes)",
    "extension": "files of another type",
    "other_data": "files with data of another type",
    "special": "pipes, sockets and devices",
    "unreadable": "files or folders that could not be read",
    "broken": "links that lead nowhere",
    "link": "links to folders",
    "collision": "files that share a name with a different file",
    "name": "files whose names cannot be stored",
}
# Data on a card that a run does not cover: then the card is not safe.
UNCOVERED = {
    "not_taken": "of a data type that the deployment does not take",
    "unsorted": "of which nothing tells the data type",
    "other_data": "of another data type",
    "new": "that came to the card during this run",
    "changed": "that changed on the card after its data type was done",
    "unreadable": "that could not be read",
    "broken": "behind links to nowhere",
}
WHY = {
    "file_changed": "It changed while it was read or sent. Run the command again.",
    "file_unreadable": "It could not be read. Check the card and run the command again.",
    "unreadable": "It could not be read. Check the card and run the command again.",
    "broken": "It is a link to a file that is not there.",
    "network": "The store could not be reached, though it was tried many times.",
    "stored_differs": "The store already holds another file of this name, which is not overwritten.",
    "headers_added": "It was stored with headers that the portal did not ask for: a maintainer has to remove it.",
    "reserved": "Another upload is sending another file of this name.",
    "missing": "The store does not have it, although it was sent. Run the command again.",
    "on_card_alone": "The store does not have it: it is only on the card.",
    "mismatch": "The store holds other content under this name.",
    "http_403": "The store refused it (403). Please tell a maintainer.",
    "RequestTimeTooSkewed": "The clocks of store and portal differ. Please tell a maintainer.",
    "QuotaExceeded": "The store has no room left for it. Please tell a maintainer.",
    "url_ran_out": "Its address in the store ran out on the way each time: the link is too slow. Try --jobs 1.",
    "new_file": "It came to the card during this run. Run the command again.",
    "upload_gone": "Its upload in parts was lost several times. Run the command again.",
    "not_sent": "It was not sent.",
    "other_type": "By its content it is of another data type. Run the command again for the whole card: scan CARD.",
    "unsettled": "An older program may still write under this name. It is compared when that is over.",
    "being_read": "The portal still reads it in the store, to compare it.",
    "not_told": "The store gave no answer about it.",
}


# --- lib/state.py -----------------------------------------------------------------------------------------------------
# Where logs, receipts and journals lie.


def state_folder() -> Path:
    named = os.environ.get("AMI_STATE_DIR")
    if named:
        folder = Path(named)
    elif os.name == "nt":
        folder = Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "ami-upload"
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Application Support" / "ami-upload"
    else:
        folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "ami-upload"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        message = f"The folder {folder} cannot be made ({error.strerror}). Name another in AMI_STATE_DIR."
        raise UsageFault(message) from None
    return folder


class Lock:
    """Held by one run at a time; given back by the system however the run ends."""

    def __init__(self, path: Path):
        self._file = open(path, "a+b")  # noqa: SIM115 (held as long as the run lasts)

    def take(self) -> bool:
        try:
            if sys.platform == "win32":  # as mypy reads it too
                import msvcrt  # noqa: PLC0415 (there is none elsewhere)

                self._file.seek(0)
                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl  # noqa: PLC0415 (there is none on Windows)

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def close(self) -> None:
        self._file.close()


# --- lib/terminal.py --------------------------------------------------------------------------------------------------
# What the person sees.


class Screen:
    """What the person sees: lines, and below them one that is written over and over; plain lines where it cannot be."""

    TICK_S = 0.2
    PLAIN_S = 10.0  # between two plain lines

    def __init__(self, *, quiet: bool):
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        self.quiet = quiet
        self.is_terminal = sys.stdout.isatty()
        self.can_ask = sys.stdin.isatty()
        self._width = 0
        self._told_at = 0.0

    def say(self, *lines: str, even_if_quiet: bool = False) -> None:
        if self.quiet and not even_if_quiet:
            return
        self._clear()
        sys.stdout.write("".join(plain(line) + "\n" for line in lines))
        sys.stdout.flush()

    def status(self, text: str) -> None:
        if self.quiet:
            return
        now = time.monotonic()
        if self.is_terminal:
            width = max(20, shutil.get_terminal_size().columns - 1)
            text = plain(text)[:width]
            sys.stdout.write("\r" + text.ljust(self._width))
            self._width = len(text)
            sys.stdout.flush()
        elif now - self._told_at > self.PLAIN_S:
            self._told_at = now
            sys.stdout.write(plain(text) + "\n")
            sys.stdout.flush()

    def _clear(self) -> None:
        if self._width:
            sys.stdout.write("\r" + " " * self._width + "\r")
            self._width = 0

    def ask(self, question: str) -> str:
        self._clear()
        try:
            return input(question).strip()
        except EOFError:
            raise KeyboardInterrupt from None


# --- portal/answers.py ------------------------------------------------------------------------------------------------
# What the portal answers, as types alone: the keys that this program reads. A portal of another version may lack some.
#
# The upload page has the same in uploads/static/uploads/js/portal/api-types.js.


class Answer(TypedDict, total=False):
    """Of any call."""

    _sent_at: str | None  # the answer's header Date


class SignedUrl(TypedDict, total=False):
    """Leave to send, a file or a part of one."""

    url: str
    headers: dict[str, str]
    expires_at: str | None


class UploadInParts(TypedDict):
    """A large file's way in."""

    id: int


class FileRow(SignedUrl, total=False):
    """What became of one file."""

    name: str
    status: str
    code: str
    message: str
    until: str | None  # when to ask again, of an unsettled one
    upload: UploadInParts  # of a large one that is granted


class FilesAnswer(Answer, total=False):
    """Of a call about several files, in the order asked."""

    files: list[FileRow]


class Completion(Answer, FileRow, total=False):
    """What became of a large file whose parts were all sent."""

    missing: list[int]  # numbers of parts


class Verdict(Answer, total=False):
    """Whether the card may be wiped, and what stands against it."""

    safe_to_wipe: bool | None
    unsettled: int  # files that an older program may still overwrite
    unsettled_until: str | None
    comparing: int  # files that are still to be compared once more
    refused: int  # names answered with a conflict that nothing has mended


class Session(Verdict, total=False):
    id: int
    season_reason: str
    finished_at: str | None
    multipart_above_bytes: int | None
    part_size_bytes: int | None


class Season(TypedDict):
    first_day: str | None
    last_day: str | None


class Fit(TypedDict, total=False):
    """A deployment of the same place, and how many of the files fall into its season."""

    deployment: str
    location_name: str
    camera_id: str
    is_active: bool
    files: int


class Nights(TypedDict, total=False):
    verdict: str
    shift_h: int


class Survey(Answer, total=False):
    """What the portal makes of the device times of a selection."""

    files: int
    reset: int
    ahead: int
    outside: int
    outside_first_day: str | None
    outside_last_day: str | None
    needs_reason: bool
    season: Season
    fits: list[Fit]
    nights: Nights | None


class Bucket(TypedDict, total=False):
    title: str
    data_types: list[str]


class Deployment(Answer, total=False):
    deployment_id: str
    bucket: Bucket
    location_name: str
    camera_id: str
    system_id: str
    first_day: str | None
    last_day: str | None


# --- portal/refusals.py -----------------------------------------------------------------------------------------------
# What a failed PUT or a failed call means, and so what follows: by what was said, not by how often it was said.
#
# | verdict | what follows                                                            | until when                    |
# | again   | another try after a pause; a Retry-After is never shortened             | MAX_TRIES a file, --patience  |
# | renew   | a new URL at once                                                       | as often as the link needs it |
# | ask     | the portal compares: somebody stored this key, perhaps we ourselves     | once                          |
# | gone    | the portal is asked for another upload in parts                         | ROUNDS                        |
# | final   | the file is told by name; the run ends where the portal refuses         |                               |
#
# The page keeps the same rules; tests/data/rules/refusals.json holds both to them, docs/script-client.md tells people.

PASSING = frozenset({0, 408, 425, 429})  # 0: nobody answered
NEVER = frozenset({501, 505})  # what a server cannot do, and what it does not speak, it will not a minute later
SUCCESS, FAULTY = frozenset(range(200, 300)), frozenset(range(500, 600))
BODY_CODES = frozenset({"BadDigest", "IncompleteBody"})
RACE_CODES = frozenset({"ConditionalRequestConflict", "OperationAborted"})
NO_CODES: frozenset[str] = frozenset()
NO_STATUSES: frozenset[int] = frozenset()
# The first row that fits decides: (codes of the store or the portal, statuses, verdict). "url": see BY_URL.
PUT_RULES = (
    # Faults on the way although the status is 4xx: the S3 API reference, "Error responses".
    (BODY_CODES | {"RequestTimeout", "SlowDown"}, NO_STATUSES, "again"),
    # Another write to the key is under way, and nobody knows yet how it ends.
    (RACE_CODES, NO_STATUSES, "again"),
    (frozenset({"QuotaExceeded"}), NO_STATUSES, "final"),
    (frozenset({"NoSuchUpload"}), NO_STATUSES, "gone"),
    (frozenset({"RequestTimeTooSkewed", "ExpiredToken"}), NO_STATUSES, "url"),
    # `If-None-Match: *` met an object: 412, and 304 or 409 in the words of some stores.
    (NO_CODES, frozenset({304, 409, 412}), "ask"),
    (NO_CODES, frozenset({401, 403}), "url"),
    (NO_CODES, NEVER, "final"),
    (NO_CODES, PASSING | FAULTY | SUCCESS, "again"),  # an answer of success with an error inside is none
)
CALL_RULES = (
    (frozenset({"conflict"}), NO_STATUSES, "again"),  # two at once; the portal undid ours
    (NO_CODES, NEVER, "final"),
    (NO_CODES, PASSING | FAULTY | SUCCESS, "again"),  # something between that answers in the portal's place
)
# A refused URL that had run out by its own time says nothing about the file. One that had not may have been signed with
# a key or by a clock that has been changed since; a fresh one that is refused too is meant.
BY_URL = {"over": "renew", "good": "renew", "fresh": "final"}


def judge_put(fault: CallFault, url: str) -> str:
    """`url` when the answer came: it was "over", or "good", or "fresh": good, as was one that was refused before it."""
    verdict = _judged(PUT_RULES, fault)
    return BY_URL[url] if verdict == "url" else verdict


def judge_call(fault: CallFault) -> str:
    return _judged(CALL_RULES, fault)


def _judged(rules: Sequence[tuple[frozenset[str], frozenset[int], str]], fault: CallFault) -> str:
    for codes, statuses, verdict in rules:
        if fault.code in codes or fault.http_status in statuses:
            return verdict
    return "final"


# --- portal/retry.py --------------------------------------------------------------------------------------------------
# When failures that are worth another try get it: alone, and while a store is away.

MAX_TRIES = 10  # at 20 % independent faults this leaves one file in ten million
BASE_DELAY_S = 0.5
MAX_DELAY_S = 60.0
SHORTEST_WAIT_S = 0.5  # between two tries of a store that is away
FAILURES_THAT_CLOSE = 3  # one failure is that file's bad luck, three in a row are the store's


def delay_s(tries: int, retry_after_s: float | None = None) -> float:
    """Full jitter, so that clients that failed together do not return together; Retry-After is never shortened."""
    ceiling = min(MAX_DELAY_S, BASE_DELAY_S * 2 ** min(tries, 10))
    return max(retry_after_s or 0.0, random.random() * ceiling)


def http_date(header: str | None) -> float | None:
    """Seconds since 1970, or None where the header tells no time."""
    try:
        return parsedate_to_datetime(header or "").timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def retry_after_s(headers: http.client.HTTPMessage) -> float | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3), which is compared with the server's own clock where it tells it."""
    header = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", header):
        return float(header)
    then, now = http_date(header), http_date(headers.get("Date"))
    return None if then is None else max(0.0, then - (time.time() if now is None else now))


class StoreGate:
    """Stands before the store. While the store is away it lets one try at a time through, at growing intervals, so that
    many senders neither hammer it nor use up the tries of their files on the same outage."""

    def __init__(self, halt: Halt, patience_s: float):
        self._halt = halt
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._failures = 0
        self._failed_probes = 0
        self._closed_at = 0.0
        self._open_at = 0.0
        self._is_probing = False
        self._line: deque[object] = deque()

    @property
    def is_closed(self) -> bool:
        return self._failures >= FAILURES_THAT_CLOSE

    def enter(self) -> bool:
        """Waits for leave to try; whether this try is the probe. Each try ends in one of the three below."""
        ticket = object()
        self._line.append(ticket)  # in turn, so that files that failed are tried again before new ones
        try:
            while True:
                with self._lock:
                    if not self.is_closed:
                        return False
                    now = time.monotonic()
                    if not self._is_probing and now >= self._open_at and self._line[0] is ticket:
                        self._is_probing = True
                        return True
                    if now - self._closed_at > self._patience_s:
                        raise Refusal("The store has not answered for a long time. Try again later.", "store_away")
                    wait = max(self._open_at - now, 0.1)
                self._halt.sleep(min(wait, 1.0))
        finally:
            self._line.remove(ticket)

    def answered(self) -> None:
        """The store answered, be it with a refusal."""
        with self._lock:
            self._failures = self._failed_probes = 0
            self._is_probing = False

    def released(self, is_probe: bool) -> None:
        """The try ended without a word about the store: the file was unreadable."""
        if is_probe:
            with self._lock:
                self._is_probing = False

    def failed(self, is_probe: bool, after_s: float | None) -> None:
        """Tries that were under way when the gate closed fail too; that is no news and does not lengthen the wait."""
        with self._lock:
            was_closed = self.is_closed
            self._failures += 1
            if is_probe:
                self._is_probing = False
                self._failed_probes += 1
            if not self.is_closed or (was_closed and not is_probe):
                return
            now = time.monotonic()
            if not was_closed:
                self._closed_at = now
            self._open_at = now + max(SHORTEST_WAIT_S, delay_s(self._failed_probes + 1, after_s))


# --- portal/transport.py ----------------------------------------------------------------------------------------------
# HTTP on kept connections, by the http.client of the standard library.
#
# Of 5,000 PUTs of 20 KB each costs 0.18 ms of processor time per file, urllib3 0.46 ms; bare sockets 0.06 ms, and were
# no faster over all, the store being slower.

IDLE_S = 10.0  # a kept connection older than this may have been closed at the other end


# What a request carries: all of it at once, or piece by piece.
Piece = bytes | memoryview
Body = bytes | Iterator[Piece]


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def proxy_for(scheme: str, host: str) -> tuple[str, int, dict[str, str]] | None:
    """The proxy that this computer's settings name for a host, with the header of its own password if it has one."""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    address = urllib.request.getproxies().get(scheme)
    if not address:
        return None
    parts = urlsplit(address if "//" in address else f"//{address}")
    headers = {}
    if parts.username:
        account = f"{parts.username}:{parts.password or ''}"
        headers["Proxy-Authorization"] = "Basic " + base64.b64encode(account.encode()).decode()
    return parts.hostname or "", parts.port or 8080, headers


class Wire(threading.local):
    """Kept connections, each thread its own. Certificates are checked, redirects never followed."""

    def __init__(self, timeout_s: float, tls: ssl.SSLContext):
        self._timeout_s = timeout_s
        self._tls = tls
        self._kept: dict[tuple[str, str], tuple[http.client.HTTPConnection, str, dict[str, str], float]] = {}

    def exchange(self, method: str, url: str, headers: dict[str, str], body: Body | None = None) -> Reply:
        """One request and its whole answer. Raises CallFault("network") when there is none.

        An iterator's bytes must be as many as the header Content-Length says.
        """
        with self.stream(method, url, headers, body) as answer:
            try:
                return Reply(answer.status, answer.headers, answer.read())
            except (OSError, http.client.HTTPException) as error:
                raise CallFault("network", message=type(error).__name__) from None

    @contextlib.contextmanager
    def stream(
        self, method: str, url: str, headers: dict[str, str], body: Body | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """As `exchange`, with an answer that is still to be read."""
        scheme, _, rest = url.partition("://")
        netloc, _, target = rest.partition("/")
        place = (scheme, netloc)
        connection, prefix, more, used_at = self._kept.pop(place, (None, "", {}, 0.0))
        if connection is None or time.monotonic() - used_at > IDLE_S:
            if connection is not None:
                connection.close()
            parts = urlsplit(url)
            connection, prefix, more = self._connect(parts.scheme, parts.hostname or "", parts.port, parts.netloc)
        whole = False
        try:
            answer = self._asked(connection, method, f"{prefix}/{target}", headers | more, body)
            yield answer
            whole = answer.isclosed() and not answer.will_close
        finally:
            if whole:
                self._kept[place] = (connection, prefix, more, time.monotonic())
            else:
                connection.close()

    def _asked(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: dict[str, str],
        body: Body | None,
    ) -> http.client.HTTPResponse:
        try:
            try:
                connection.request(method, target, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                # It closed before all was sent; often it has said why.
                return connection.getresponse()
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, ssl.SSLCertVerificationError):
                message = f"The certificate of {connection.host} is not trusted: {error.verify_message}."
                raise Refusal(message, "certificate") from None
            # The type alone: a message of http.client may quote the target, which is signed.
            raise CallFault("network", message=type(error).__name__) from None

    def _connect(
        self, scheme: str, host: str, port: int | None, netloc: str
    ) -> tuple[http.client.HTTPConnection, str, dict[str, str]]:
        """A connection, what stands in front of each target on it, and the headers that it adds to each request."""
        proxy = proxy_for(scheme, host)
        if scheme == "https":
            if proxy is None:
                return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=self._tls), "", {}
            connection = http.client.HTTPSConnection(*proxy[:2], timeout=self._timeout_s, context=self._tls)
            connection.set_tunnel(host, port, headers=proxy[2])
            return connection, "", {}
        if proxy is None:
            return http.client.HTTPConnection(host, port, timeout=self._timeout_s), "", {}
        return http.client.HTTPConnection(*proxy[:2], timeout=self._timeout_s), f"http://{netloc}", proxy[2]


def tls_context() -> ssl.SSLContext:
    """By the computer's own list of trusted certificates, on Windows and macOS too; without truststore by Python's."""
    try:
        import truststore  # noqa: PLC0415 (uploads can do without it)
    except ImportError:
        return ssl.create_default_context()
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


# --- portal/api.py ----------------------------------------------------------------------------------------------------
# The portal's API: calls that are repeated while it is away, and what its refusals say.

FIRST_CONTACT_S = 20.0  # for a portal that has never answered: its address is probably wrong
MAX_REPEATS = 5  # of a call that met another one at the portal


class Portal:
    """The portal's API. The token goes to this one address alone, over https or to this computer itself."""

    def __init__(self, address: str, token: str, wire: Wire, *, patience_s: float):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageFault(f"{address!r} is no address of a portal, such as https://portal.example.org.")
        if parts.username or parts.query or parts.fragment:
            raise UsageFault("The portal's address may hold neither an account nor a query.")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise UsageFault("The token is not sent over plain http, where others could read it. Use https.")
        self.address = address.rstrip("/")
        self._headers = {
            "Authorization": f"Token {token}",
            "Accept": "application/json",
            "User-Agent": client_name(),
        }
        self._wire = wire
        self._patience_s = patience_s
        self._has_answered = False
        self.away_since: float | None = None
        self.retries = 0

    def ask(self, method: str, path: str, body: dict | None = None, *, halt: Halt, max_tries: int = 0) -> Any:
        """One call, repeated while the portal is away. `path` stands below /api/v1/. What it gives: answers.py.

        Raises Refusal where going on is pointless, CallFault for an answer that the caller may know what to do with:
        404 and 409; and for any failure once `max_tries` (if given) are used up.
        """
        tries, failed_since = 0, time.monotonic()
        while True:
            tries += 1
            try:
                answer = self._once(method, path, body)
            except CallFault as fault:
                if judge_call(fault) == "final" or (fault.http_status == 409 and tries >= MAX_REPEATS):
                    self.away_since = None
                    raise self._judged(fault) from None
                now = time.monotonic()
                limit = self._patience_s if self._has_answered else min(FIRST_CONTACT_S, self._patience_s)
                if (max_tries and tries >= max_tries) or now - failed_since > limit:
                    raise self._unreachable(fault) from None
                self.away_since = self.away_since or now
                self.retries += 1
                wait = min(delay_s(tries, fault.retry_after_s), max(1.0, limit - (now - failed_since)))
                if max_tries:
                    time.sleep(min(wait, 2.0))
                else:
                    halt.sleep(wait)
                continue
            self._has_answered, self.away_since = True, None
            return answer

    def pages(self, path: str, *, halt: Halt) -> list[Any]:
        rows: list[Any] = []
        query = path
        while query:
            answer = self.ask("GET", query, halt=halt)
            rows += answer["results"]
            # Only the query is taken over: behind a proxy the portal may know itself by another address.
            following = urlsplit(answer.get("next") or "").query
            query = f"{path.partition('?')[0]}?{following}" if following else ""
        return rows

    def download(self, path: str, target: Path) -> None:
        """Streams an answer to a file, which then is there whole or not at all."""
        partial = target.with_name(target.name + ".part")
        with self._wire.stream("GET", self._url(path), self._headers) as answer:
            if answer.status != 200:
                answer.read()
                raise CallFault(f"http_{answer.status}", answer.status)
            with partial.open("wb") as file:
                try:
                    shutil.copyfileobj(answer, file, MIB)
                except (OSError, http.client.HTTPException) as error:
                    raise CallFault("network", message=type(error).__name__) from None
        os.replace(partial, target)

    def _url(self, path: str) -> str:
        return f"{self.address}/api/v1/{path}"

    def _once(self, method: str, path: str, body: dict | None) -> dict[str, Any]:
        headers = self._headers
        content = None
        if body is not None:
            content = json.dumps(body, separators=(",", ":")).encode()
            headers = headers | {"Content-Type": "application/json"}
        reply = self._wire.exchange(method, self._url(path), headers, content)
        try:
            answer = json.loads(reply.body)
        except ValueError:
            answer = None  # a proxy's page, say
        if 200 <= reply.status < 300 and isinstance(answer, dict):
            answer["_sent_at"] = reply.headers.get("Date")
            return answer
        envelope = answer if isinstance(answer, dict) else {}
        raise CallFault(
            str(envelope.get("code") or f"http_{reply.status}"),
            reply.status if reply.status >= 300 else 502,
            _with_fields(envelope),
            retry_after_s(reply.headers),
        )

    def _judged(self, fault: CallFault) -> Exception:
        if fault.http_status == 401:
            return Refusal("The portal does not accept the token: it is wrong, or was revoked.", "token")
        if fault.http_status == 403:
            return Refusal(f"The portal refuses: {fault.message or 'you may not do this.'}", fault.code)
        if 300 <= fault.http_status < 400:
            message = (
                "The portal's address leads elsewhere, and the token is not sent there. Use the address it has now."
            )
            return Refusal(message, "redirect")
        if fault.http_status in (404, 409):
            return fault
        return Refusal(f"The portal answered: {fault.message or fault.code}", fault.code)

    def _unreachable(self, fault: CallFault) -> Refusal:
        if fault.http_status:
            return Refusal(f"The portal answers with errors ({fault.http_status}). Try again later.", "portal_away")
        return Refusal(f"The portal at {self.address} cannot be reached. Check address and connection.", "portal_away")


def _with_fields(envelope: dict) -> str:
    message = str(envelope.get("message") or "")
    fields = envelope.get("fields")
    if not isinstance(fields, dict):
        return message
    told = [f"{name}: {' '.join(map(str, texts))}" for name, texts in fields.items() if isinstance(texts, list)]
    return f"{message} {'; '.join(told[:3])}".strip()


# --- portal/clocks.py -------------------------------------------------------------------------------------------------
# Moments that the portal names, by its own clock: this computer's may be wrong.

UNSETTLED_MARGIN_S = 5.0  # after the moment at which the portal looks again, by its own clock
UNSETTLED_PAUSE_S = 15.0  # where the portal names none, or one that is past and its worker has not compared yet


class PortalClock:
    """How long what the portal granted is good for, by its own clock at its answer: this computer's may be wrong."""

    def __init__(self, answer: Answer, asked_at: float):
        self.asked_at = asked_at
        self._then = http_date(answer.get("_sent_at"))

    def seconds_to(self, time_: str | None) -> float:
        """Endless where nobody can tell: then the store will say when it is over."""
        if not time_ or self._then is None:
            return float("inf")
        return datetime.fromisoformat(time_.replace("Z", "+00:00")).timestamp() - self._then

    @property
    def now(self) -> float:
        """Seconds since 1970 by the portal's clock; by this computer's where the portal tells no time."""
        return time.time() if self._then is None else self._then + time.monotonic() - self.asked_at


@dataclass(frozen=True, slots=True)
class Due:
    """A moment to come, by two clocks of this computer: the one stands while it sleeps, the other may be set."""

    at: float
    wall_at: float

    @classmethod
    def by(cls, clock: PortalClock, until: str | None) -> Due:
        wait_s = clock.asked_at + clock.seconds_to(until) + UNSETTLED_MARGIN_S - time.monotonic()
        if not 0 < wait_s < float("inf"):
            wait_s = UNSETTLED_PAUSE_S
        return cls(time.monotonic() + wait_s, time.time() + wait_s)

    @property
    def left_s(self) -> float:
        return max(0.0, min(self.at - time.monotonic(), self.wall_at - time.time()))

    @property
    def told(self) -> str:
        """As this computer's clock will show it."""
        then = datetime.fromtimestamp(self.wall_at + 59)  # to the minute, and not too early
        return f"{then:%H:%M}" if then.date() == datetime.now().date() else f"{then:%Y-%m-%d %H:%M}"


# --- portal/signed_url.py ---------------------------------------------------------------------------------------------
# Leave to send: a signed URL and how long it is good.

DATE_STEP_S = 1.0  # the header Date has whole seconds, cut off


def life_of(url: str) -> tuple[float, float]:
    """(when it was signed, how long it is good) by the URL's own word, in seconds; for ever where it does not say."""
    query = dict(parse_qsl(urlsplit(url).query))
    try:
        signed_at = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
        return signed_at.timestamp(), float(query["X-Amz-Expires"])
    except (KeyError, ValueError):
        return 0.0, float("inf")


@dataclass(slots=True, eq=False)
class Grant:
    """Leave to send: a URL, or (for a large file) the number of an upload in parts."""

    url: str
    headers: dict[str, str]
    stale_at: float  # on this computer's monotonic clock
    clock: PortalClock

    def had_run_out(self, fault: CallFault) -> bool:
        """Whether the URL's time was over at the store's answer, by the store's own clock; else by the portal's.

        One that is over as soon as it is signed tells of clocks that differ, and another would be so, too.
        """
        signed_at, lifetime_s = life_of(self.url)
        now = self.clock.now if fault.answered_at is None else fault.answered_at
        age_s = time.monotonic() - self.clock.asked_at
        return now + DATE_STEP_S >= signed_at + lifetime_s and age_s >= lifetime_s / 2


# --- selection/facts/facts.py -----------------------------------------------------------------------------------------
# What is known of a file from its own bytes. See docs/card.md for what devices write, and where.


@dataclass(slots=True)
class FileFacts:
    """What one file says of itself; what it does not say is "" or None."""

    format: str = ""  # "jpeg", "wav", or "" where the bytes are neither
    damage: str = ""  # why the content cannot be right: one of DAMAGE
    made_by: str = ""  # "camera", "audible_microphone" or "ultrasonic_microphone", in the words of AMI systems
    system: str = ""
    hardware: str = ""
    camera: str = ""  # its serial
    recorder: str = ""  # its serial
    model: str = ""
    latitude: float | None = None
    longitude: float | None = None
    country: str = ""  # three letters, ISO 3166
    taken_at: str = ""  # in the device's own time, such as 2025-07-14T22:00:31
    offset_minutes: int | None = None  # of that time, ahead of UTC
    sample_rate_hz: int | None = None


# --- selection/facts/times.py -----------------------------------------------------------------------------------------
# Moments as devices write them into files.

# 2024-09-18T03:23:39+0100, 2024:09:18 03:23:39, 2024-09-18 03:23:39-05:00
_MOMENT = re.compile(
    r"(\d{4})[-:](\d\d)[-:](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?\s*(?:(Z)|([+-])(\d\d):?(\d\d)?)?\s*", re.ASCII
)


def note_time(facts: FileFacts, moment: object) -> None:
    """Adds the moment, and its offset where it has one."""
    found = _MOMENT.fullmatch(moment) if isinstance(moment, str) else None
    if not found:
        return
    try:
        year, month, day, hour, minute, second = map(int, found.group(1, 2, 3, 4, 5, 6))
        taken_at = datetime(year, month, day, hour, minute, second).isoformat()
    except ValueError:
        return
    facts.taken_at = taken_at
    facts.offset_minutes = 0 if found[7] else offset_of(found[8], found[9], found[10])


def offset_of(sign: str | None, hours: str | None, minutes: str | None) -> int | None:
    """Minutes ahead of UTC."""
    if not sign or not hours:
        return None
    return (-1 if sign == "-" else 1) * (int(hours) * 60 + int(minutes or 0))


# --- uploads/domain/shared.py -----------------------------------------------------------------------------------------
# The constants of rules that portal, upload page and script keep alike. They stand here alone; pure.
#
# The portal imports those that it keeps itself. `make client` writes them into static/uploads/js/lib/shared.js for the
# page (clients/page.py) and into the script (clients/build.py). That all keep the rules alike is tested by
# tests/data/rules/.

# Which files each data type takes: their endings in lower case, without the dot. Each data type also stands in DataType
# (deployments/domain/names.py).
IMAGE_EXTENSIONS = ("jpg", "jpeg")
SOUND_EXTENSIONS = ("wav",)
EXTENSIONS = {
    "snapshot_images": IMAGE_EXTENSIONS,
    "motion_images": IMAGE_EXTENSIONS,
    "audible_recordings": SOUND_EXTENSIONS,
    "ultrasound_recordings": SOUND_EXTENSIONS,
    "terrestrial_recordings": SOUND_EXTENSIONS,
    "aquatic_recordings": SOUND_EXTENSIONS,
}

# How folders of each data type are called on cards, by stations and by people: letters alone, in lower case.
FOLDERS_OF_TYPES = {
    "snapshot_images": ("snapshotimages", "snapshotimage", "snapshots", "snapshot"),
    "motion_images": ("motionimages", "motionimage", "motion"),
    "audible_recordings": (
        "audiblerecordings", "audiblerecording", "audible", "audio", "rawaudio", "birds", "bird",
    ),
    "ultrasound_recordings": (
        "ultrasoundrecordings", "ultrasoundrecording", "ultrasound", "ultrasonicrecordings", "ultrasonicrecording",
        "ultrasonic", "bats", "bat",
    ),
    "terrestrial_recordings": ("terrestrialrecordings", "terrestrialrecording", "terrestrial"),
    "aquatic_recordings": ("aquaticrecordings", "aquaticrecording", "aquatic"),
}  # fmt: skip
# What stations call their images: 20240918032339-snapshot.jpg, and motion images 01-20240822034512-00.jpg, the number
# of the image behind its time. Regular expressions, of ASCII alone, in any case.
SNAPSHOT_NAME = r"-snapshot\.jpe?g$"
MOTION_NAME = r"(?:^|-)\d{14}-\d+(?:-\d+)?\.jpe?g$"
# Sample rates in Hz: ultrasound is recorded at 96,000 and more, sound that people hear at 48,000 and less.
LEAST_ULTRASOUND_HZ = 96_000
MOST_AUDIBLE_HZ = 48_000

# Why the content of a file cannot be right, in words that go on from "it". Some are how a failing card reads, or what
# is no image or sound at all; the others are what a station leaves whose power went off while it wrote.
DAMAGE = {
    "zeros": "holds nothing but zeros",
    "no_header": "does not begin as an image or a sound file does",
    "text": "holds text, such as a web page, under the name of an image or sound",
    "cut_off": "ends before its image does",
    "header_alone": "has a header and nothing behind it",
    "shorter": "is shorter than its header says",
}
FAILING_DAMAGE = ("zeros", "no_header", "text")

# What operating systems leave on cards, files and folders, in lower case. What begins with a dot is hidden anyway.
SYSTEM_NAMES = (
    "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "recycler", "system volume information", "__macosx",
    "lost+found", "lost.dir", "found.000", "wpsettings.dat", "indexervolumeguid",
)  # fmt: skip

MAX_NAME_BYTES = 255  # what ext4, exFAT and NTFS allow, so that whatever is stored can be brought home again
# Characters that no name may hold: those that turn the direction of text, and these categories of Unicode (control
# characters, half characters, line and paragraph separators).
BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
BARRED_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")

# Of a folder in a name at least so many bytes stay where there is no room: the end of the name is cut off, its time is
# further in front.
FEWEST_FOLDER_BYTES = 24
HEX_LETTERS = "abcdefghijklmnop"  # for hexadecimal digits in names, since digits might be read as a time

# The device's time in a name, as stations, recorders and cameras write it: 20240918032339, 20240918_032339,
# 20240918T032339Z, 2024-09-18_03-23-39, with or without milliseconds. A regular expression, of ASCII alone; groups
# 1, 3, 4: year, month, day; 5, 7, 8: hour, minute, second.
DEVICE_TIME = (
    r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?:[_Tt -]| at )?(\d\d)([-_.:]?)(\d\d)\6(\d\d)(?:\d{3})?(?!\d)"
)  # fmt: skip

# What stands for an id that nobody has given, such as sys999999. A regular expression.
PLACEHOLDER_ID = r"^[A-Za-z]*9+$"
# Serials in front of names: of a camera, of a recorder (AudioMoth, Song Meter). Regular expressions, of ASCII alone.
CAMERA_IN_NAME = r"^([0-9A-F]{8})-\d{14}"
RECORDER_IN_NAME = r"^([0-9A-F]{16}|[A-Z0-9]{3}\d{5})_\d{8}_\d{6}"

# How the species pipelines find a file's time: see downstream.py. Regular expressions, of ASCII alone.
READ_AS_IMAGE = r"\.jpe?g$"  # in any case; all else is read as sound
IMAGE_TIME = r"\d{14}"  # the whole of a piece between hyphens
IMAGE_DECADES = ("201", "202")  # how that piece begins
SOUND_TIME = r"\d{8}_\d{6}"  # anywhere

MAX_BATCH_FILES = 1_000  # a batch answers within a second or so, and its body stays below a megabyte
MAX_SURVEY_HOURS = 60_000  # seven years of nights, which no card holds
MULTIPART_ABOVE_BYTES = 64 * 1024**2  # on a slow link, what one lost connection may cost
PART_SIZE_BYTES = 16 * 1024**2


# --- selection/facts/ami_text.py --------------------------------------------------------------------------------------
# The text that AMI systems write into their images and sounds: JSON, which may be cut off.

_EVENTS = ("motion_event_data", "audible_microphone_event_data")  # the latter of both microphones
_MAKERS = ("camera", "audible_microphone", "ultrasonic_microphone")
_PLACEHOLDER = re.compile(PLACEHOLDER_ID)


def note_ami_text(facts: FileFacts, text: str) -> None:
    """Adds what the text says; what is missing, null or a placeholder says nothing."""
    said = whole_part(text)
    ids = _below(said, "base_ids")
    facts.system = _id_of(ids, "system_id") or facts.system
    facts.hardware = _id_of(ids, "hardware_id") or facts.hardware
    settings = _below(said, "device_settings")
    note_position(facts, settings.get("lat"), settings.get("lon"))
    country = _below(said, "spatial_properties").get("country_code")
    if isinstance(country, str) and re.fullmatch("[A-Z]{3}", country):
        facts.country = country
    for key in _EVENTS:
        event = _below(said, key)
        made_by = _below(event, "file_characteristics").get("file_type")
        if made_by in _MAKERS:
            facts.made_by = made_by
        note_time(facts, _below(event, "date_fields").get("event_date"))


def whole_part(text: str) -> dict[str, Any]:
    """What of a JSON object is whole: of one that is cut off, the keys before the cut."""
    waiting: list[str] = []  # brackets to be closed
    end, closers = 0, ""
    in_string = is_escaped = False
    for position, character in enumerate(text):
        if in_string:
            in_string = is_escaped or character != '"'
            is_escaped = character == "\\" and not is_escaped
        elif character == '"':
            in_string = True
        elif character in "{[":
            waiting.append("}" if character == "{" else "]")
            end, closers = position + 1, "".join(reversed(waiting))
        elif character in "}]":
            if not waiting or waiting.pop() != character:
                return {}
            end, closers = position + 1, "".join(reversed(waiting))
            if not waiting:
                break
        elif character == ",":
            end, closers = position, "".join(reversed(waiting))
    try:
        said = json.loads(text[:end] + closers, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def note_position(facts: FileFacts, latitude: object, longitude: object) -> None:
    """Adds a position on Earth, in degrees, north and east positive. 0, 0 is what devices without one write."""
    north, east = _number(latitude), _number(longitude)
    if north is not None and east is not None and abs(north) <= 90 and abs(east) <= 180 and (north or east):
        facts.latitude, facts.longitude = north, east


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_written = isinstance(value, str) and re.fullmatch(r"-?\d+(?:\.\d+)?", value, re.ASCII)
    return float(value) if is_number or is_written else None  # type: ignore[arg-type]  # told by the lines above


def _below(said: dict[str, Any], key: str) -> dict[str, Any]:
    value = said.get(key)
    return value if isinstance(value, dict) else {}


def _id_of(ids: dict[str, Any], key: str) -> str:
    value = ids.get(key)
    return value if isinstance(value, str) and value and not _PLACEHOLDER.search(value) else ""


# --- selection/facts/jpeg.py ------------------------------------------------------------------------------------------
# What a JPEG says of itself: EXIF, and whether it is whole.

SOI, SOS, EOI, APP1, APP2 = 0xD8, 0xDA, 0xD9, 0xE1, 0xE2
END_OF_IMAGE = b"\xff\xd9"
# Of files that hold more behind the first image, whose end is anywhere.
_GOES_ON = (b"MPF\0", b"MicroVideo", b"MotionPhoto")

# Tags of EXIF
DESCRIPTION, MAKE, MODEL, WHEN, ZONE_HOURS = 0x010E, 0x010F, 0x0110, 0x0132, 0x882A
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
TAKEN, TAKEN_OFFSET, SERIAL = 0x9003, 0x9011, 0xA431
NORTH, LATITUDE, EAST, LONGITUDE = 1, 2, 3, 4
_BYTES_EACH = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 8: 2, 9: 4, 10: 8}


def note_jpeg(facts: FileFacts, head: bytes, tail: bytes, size: int) -> None:
    """Adds what the first and the last bytes of a JPEG say. They may overlap."""
    facts.format = "jpeg"
    offset, goes_on = 2, False
    image_at = 0
    while offset + 4 <= len(head):
        if head[offset] != 0xFF:
            facts.damage = "no_header" if offset == 2 else ""
            break
        marker = head[offset + 1]
        if marker == 0xFF:  # filled up
            offset += 1
            continue
        length = int.from_bytes(head[offset + 2 : offset + 4], "big")
        payload = head[offset + 4 : offset + 2 + length]
        if marker == SOS:
            image_at = offset
            break
        if marker == APP1 and payload.startswith(b"Exif\0\0"):
            note_exif(facts, payload[6:])
        goes_on |= marker in (APP1, APP2) and any(sign in payload for sign in _GOES_ON)
        offset += 2 + max(length, 2)
    if goes_on or facts.damage:
        return
    # An end before the image itself is that of a thumbnail.
    tail_from = max(image_at or min(offset, size), size - len(tail))
    if END_OF_IMAGE not in tail[len(tail) - (size - tail_from) :]:
        facts.damage = "cut_off"


def note_exif(facts: FileFacts, tiff: bytes) -> None:
    """Adds what a TIFF block says."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if not order or len(tiff) < 8:
        return
    block = _Tiff(tiff, order)
    main = block.directory(block.long_at(4))
    inner = block.directory(block.number(main, EXIF_IFD))
    gps = block.directory(block.number(main, GPS_IFD))
    facts.model = " ".join(filter(None, (block.text(main, MAKE), block.text(main, MODEL))))
    facts.camera = block.text(inner, SERIAL)
    note_time(facts, block.text(inner, TAKEN) or block.text(main, WHEN))
    zone = re.fullmatch(r"([+-])(\d\d):(\d\d)", block.text(inner, TAKEN_OFFSET), re.ASCII)
    hours = block.signed(main, ZONE_HOURS)
    if zone and facts.taken_at:
        facts.offset_minutes = offset_of(zone[1], zone[2], zone[3])
    elif hours is not None and facts.taken_at and abs(hours) <= 14:
        facts.offset_minutes = hours * 60
    north, east = block.degrees(gps, LATITUDE), block.degrees(gps, LONGITUDE)
    if north is not None and east is not None:
        south = block.text(gps, NORTH).startswith("S")
        west = block.text(gps, EAST).startswith("W")
        note_position(facts, -north if south else north, -east if west else east)
    note_ami_text(facts, block.text(main, DESCRIPTION))


@dataclass(frozen=True)
class _Tiff:
    """Directories of tags, each (type, count, where its value stands)."""

    data: bytes
    order: str

    def directory(self, start: int | None) -> dict[int, tuple[int, int, int]]:
        found: dict[int, tuple[int, int, int]] = {}
        if not start or start + 2 > len(self.data):
            return found
        for number in range(self._short_at(start)):
            at = start + 2 + 12 * number
            if at + 12 > len(self.data):
                break
            kind, count = self._short_at(at + 2), self.long_at(at + 4)
            length = _BYTES_EACH.get(kind, 0) * count
            value_at = at + 8 if length <= 4 else self.long_at(at + 8)
            if length and value_at < len(self.data):
                found.setdefault(self._short_at(at), (kind, count, value_at))
        return found

    def text(self, directory: dict[int, tuple[int, int, int]], tag: int) -> str:
        kind, count, at = directory.get(tag, (0, 0, 0))
        if kind != 2:
            return ""
        return self.data[at : at + count].split(b"\0")[0].decode("utf-8", "replace").strip()

    def number(self, directory: dict[int, tuple[int, int, int]], tag: int) -> int | None:
        kind, _, at = directory.get(tag, (0, 0, 0))
        return self.long_at(at) if kind == 4 and at + 4 <= len(self.data) else None

    def signed(self, directory: dict[int, tuple[int, int, int]], tag: int) -> int | None:
        kind, _, at = directory.get(tag, (0, 0, 0))
        if kind not in (3, 8) or at + 2 > len(self.data):
            return None
        value = self._short_at(at)
        return value - 0x10000 if value >= 0x8000 else value

    def degrees(self, directory: dict[int, tuple[int, int, int]], tag: int) -> float | None:
        """From degrees, minutes and seconds."""
        kind, count, at = directory.get(tag, (0, 0, 0))
        if kind != 5 or count != 3 or at + 24 > len(self.data):
            return None
        parts = [(self.long_at(at + 8 * n), self.long_at(at + 8 * n + 4)) for n in range(3)]
        if any(not below for _, below in parts):
            return None
        degrees, minutes, seconds = (above / below for above, below in parts)
        return round(degrees + minutes / 60 + seconds / 3600, 6)

    def _short_at(self, at: int) -> int:
        return int(struct.unpack_from(self.order + "H", self.data, at)[0])

    def long_at(self, at: int) -> int:
        return int(struct.unpack_from(self.order + "I", self.data, at)[0])


# --- selection/facts/wav.py -------------------------------------------------------------------------------------------
# What a WAV says of itself: how it was recorded, by which device, and whether it is whole.

HEADER_BYTES = 12
UNKNOWN_LENGTH = 0xFFFFFFFF  # in RF64, whose lengths stand in a chunk of their own
_AUDIOMOTH = re.compile(
    r"Recorded at (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d\d)/(\d\d)/(\d{4}) \(UTC(?:([+-])(\d\d?)(?::(\d\d))?)?\)", re.ASCII
)
_AUDIOMOTH_ID = re.compile(r"AudioMoth ([0-9A-F]{16})", re.ASCII)


def note_wav(facts: FileFacts, head: bytes, tail: bytes, size: int) -> None:
    """Adds what the first and the last bytes of a WAV say. They may overlap."""
    facts.format = "wav"
    has_format, data_bytes = False, None
    for kind, start, length in chunks_of(head, tail, size):
        content = _bytes_at(head, tail, size, start, length)
        if kind == b"fmt " and len(content) >= 16:
            rate = int.from_bytes(content[4:8], "little")
            has_format = rate > 0 and int.from_bytes(content[2:4], "little") > 0
            facts.sample_rate_hz = rate if has_format else None
        elif kind == b"data":
            data_bytes = size - start
            if start + length > size:
                facts.damage = "shorter" if data_bytes > 0 else "header_alone"
        elif kind == b"LIST" and content.startswith(b"INFO"):
            for name, value_at, value_length in _chunks(content, 4, len(content)):
                _note_info(facts, name, _text_of(content[value_at : value_at + value_length]))
        elif kind in (b"id3 ", b"ID3 "):
            note_ami_text(facts, title_of_id3(content))
        elif kind == b"guan":
            note_guano(facts, content.decode("utf-8", "replace"))
        elif kind == b"wamd":
            note_wildlife_acoustics(facts, content)
    if not has_format:
        facts.damage = "no_header"
    elif not data_bytes:
        facts.damage = "header_alone"


def chunks_of(head: bytes, tail: bytes, size: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its content starts, length) of each chunk that can be seen; ends where nothing was read."""
    offset, length_of_data = HEADER_BYTES, None
    while offset + 8 <= size:
        header = _bytes_at(head, tail, size, offset, 8)
        if len(header) < 8:
            return
        length = int.from_bytes(header[4:], "little")
        if header[:4] == b"ds64":
            length_of_data = int.from_bytes(_bytes_at(head, tail, size, offset + 16, 8), "little")
        elif header[:4] == b"data" and length == UNKNOWN_LENGTH and length_of_data is not None:
            length = length_of_data
        yield header[:4], offset + 8, length
        offset += 8 + length + length % 2


def _chunks(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        length = int.from_bytes(content[start + 4 : start + 8], "little")
        yield content[start : start + 4], start + 8, length
        start += 8 + length + length % 2


def _bytes_at(head: bytes, tail: bytes, size: int, start: int, length: int) -> bytes:
    """What was read of these bytes of the file."""
    if start < len(head):
        return head[start : start + length]
    from_tail = start - (size - len(tail))
    return tail[from_tail : from_tail + length] if from_tail >= 0 else b""


def _text_of(content: bytes) -> str:
    return content.split(b"\0")[0].decode("utf-8", "replace").strip()


def _note_info(facts: FileFacts, name: bytes, text: str) -> None:
    if name == b"INAM":
        note_ami_text(facts, text)
    elif name in (b"ICMT", b"IART"):
        note_audiomoth(facts, text)


def note_audiomoth(facts: FileFacts, text: str) -> None:
    """Adds what the comment or the artist of an AudioMoth's recording says."""
    recorder = _AUDIOMOTH_ID.search(text)
    if recorder:
        facts.recorder, facts.model = recorder[1], "AudioMoth"
    found = _AUDIOMOTH.search(text)
    if found:
        hour, minute, second, day, month, year = found.group(1, 2, 3, 4, 5, 6)
        note_time(facts, f"{year}-{month}-{day}T{hour}:{minute}:{second}Z")
        if facts.taken_at and found[7]:
            facts.offset_minutes = offset_of(found[7], found[8], found[9])


def note_guano(facts: FileFacts, text: str) -> None:
    """Adds what lines of "Key: value" say."""
    said = {}
    for line in re.split(r"\r\n|\r|\n", text):
        key, colon, value = line.partition(":")
        if colon:
            said[key.strip().casefold()] = value.strip(" \0\t")
    note_time(facts, said.get("timestamp"))
    facts.recorder = said.get("serial") or facts.recorder
    facts.model = " ".join(filter(None, (said.get("make"), said.get("model")))) or facts.model
    position = re.fullmatch(r"(-?\d+(?:\.\d+)?)[ ,]+(-?\d+(?:\.\d+)?)", said.get("loc position", ""), re.ASCII)
    if position:
        note_position(facts, float(position[1]), float(position[2]))


def note_wildlife_acoustics(facts: FileFacts, content: bytes) -> None:
    """Adds what the tags of a Song Meter say: 2 bytes tag, 4 bytes length, value."""
    at, said = 0, {}
    while at + 6 <= len(content):
        tag = int.from_bytes(content[at : at + 2], "little")
        length = int.from_bytes(content[at + 2 : at + 6], "little")
        said[tag] = _text_of(content[at + 6 : at + 6 + length])
        at += 6 + length
    facts.model = said.get(1) or facts.model
    facts.recorder = said.get(2) or facts.recorder
    note_time(facts, said.get(5))
    position = re.search(r"(-?\d+\.\d+)\s*,\s*([NS]?)\s*,?\s*(-?\d+\.\d+)\s*,?\s*([EW]?)", said.get(6, ""), re.ASCII)
    if position:
        south, west = position[2] == "S", position[4] == "W"
        latitude, longitude = float(position[1]), float(position[3])
        note_position(facts, -abs(latitude) if south else latitude, -abs(longitude) if west else longitude)


def title_of_id3(content: bytes) -> str:
    """The title, of version 2.3 or 2.4; "" where there is none."""
    if not content.startswith(b"ID3") or len(content) < 10:
        return ""
    is_newer, at = content[3] >= 4, 10
    while at + 10 <= len(content) and content[at]:
        length = _seven_bits(content[at + 4 : at + 8]) if is_newer else int.from_bytes(content[at + 4 : at + 8], "big")
        if content[at : at + 4] == b"TIT2":
            return _id3_text(content[at + 10 : at + 10 + length])
        at += 10 + length
    return ""


def _seven_bits(four: bytes) -> int:
    return sum(byte << 7 * (3 - place) for place, byte in enumerate(four))


def _id3_text(content: bytes) -> str:
    encoding = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}.get(content[0] if content else 3, "utf-8")
    return content[1:].decode(encoding, "replace").split("\0")[0]


# --- selection/facts/read.py ------------------------------------------------------------------------------------------
# From the first and the last bytes of a file to what it says of itself.

_TEXT = re.compile(rb"[\t\n\r\x20-\xff]+")


def facts_of(name: str, head: bytes, tail: bytes, size: int) -> FileFacts:
    """What a file says of itself, by its name, its first and its last bytes, which may overlap. Never raises."""
    facts = FileFacts()
    if not size:
        return facts
    if head.startswith(b"\xff\xd8"):
        note_jpeg(facts, head, tail, size)
    elif head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        note_wav(facts, head, tail, size)
    elif not head.strip(b"\0") and not tail.strip(b"\0"):
        facts.damage = "zeros"
    elif _TEXT.fullmatch(head[:512]):
        facts.damage = "text"
    else:
        facts.damage = "no_header"
    camera, recorder = re.match(CAMERA_IN_NAME, name, re.ASCII), re.match(RECORDER_IN_NAME, name, re.ASCII)
    if camera and facts.format != "wav":
        facts.camera = facts.camera or camera[1]
    if recorder and facts.format != "jpeg":
        facts.recorder = facts.recorder or recorder[1]
    return facts


# --- selection/facts/look.py ------------------------------------------------------------------------------------------
# Reads the two ends of files on the card.

END_BYTES = 64 * 1024  # of each end: EXIF is no longer, nor are the texts behind a sound


def look_into(local: str) -> FileFacts | None:
    """What a file says of itself; None where it cannot be read."""
    try:
        with open(local, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(END_BYTES)
            file.seek(max(0, size - END_BYTES))
            tail = head if size <= END_BYTES else file.read(END_BYTES)
    except OSError:
        return None
    return facts_of(os.path.basename(local), head, tail, size)


def facts_in(name: str, content: bytes) -> FileFacts:
    """As `look_into`, of a file that was read whole."""
    return facts_of(name, content[:END_BYTES], content[-END_BYTES:], len(content))


# --- selection/item.py ------------------------------------------------------------------------------------------------
# What is known of a file on its way, and which of the portal's answers is about which file.


@dataclass(slots=True, eq=False)
class Item:
    """One file on its way."""

    path: str  # as on the card, from the selected folder's own name on, with "/" between folders
    name: str  # the last part of its object key
    local: str  # where to open it
    size: int
    mtime_ns: int
    md5: str = ""
    part_md5s: bytes = b""  # 16 bytes per part
    part_size: int = 0
    body: bytes | None = None
    grant: Grant | None = None
    tries: int = 0
    is_sent: bool = False
    is_known: bool = False  # the journal has its MD5
    was_verified: bool = False  # the journal says that the run gone on with saw it verified
    doubt: CallFault | None = None  # why the last try failed, where it may have arrived all the same
    folders_in_name: int = 0
    data_type: str = ""  # that its content must not contradict; "" where a person said what it is
    damage: str = ""  # why its content cannot be right: one of DAMAGE
    is_judged: bool = False  # whether its content was looked at for these two
    due: Due | None = None  # when the portal can say more: an older program may still write under the name
    former_name: str = ""  # under which it may be stored from when the folder stood in front
    status: str = ""  # how it ended
    code: str = ""
    message: str = ""
    http_status: int = 0
    step: str = ""

    def forget(self) -> None:
        """What was known of its content."""
        self.md5, self.part_md5s, self.part_size, self.is_known, self.was_verified = "", b"", 0, False, False

    @property
    def is_due(self) -> bool:
        """Whether the moment has come at which the portal can say more."""
        return self.due is not None and not self.due.left_s

    @property
    def multipart_md5(self) -> str:
        """As stores make the ETag of an upload in parts."""
        return f"{hashlib.md5(self.part_md5s).hexdigest()}-{len(self.part_md5s) // 16}"

    @property
    def description(self) -> dict:
        """As the portal is asked about it."""
        described = {"name": self.name, "size": self.size, "md5": self.md5, "path": self.path}
        if self.part_md5s:
            described["multipart_md5"] = self.multipart_md5
        if self.damage:
            described["damage"] = self.damage
        return described

    @property
    def why(self) -> str:
        return WHY.get(self.code) or self.message or f"It could not be stored ({self.code or self.status})."


def dues_of(items: Sequence[Item]) -> list[Due]:
    """The moments that are waited for."""
    return [item.due for item in items if item.due]


def paired(asked: Sequence[Item], answer: FilesAnswer) -> list[tuple[Item, FileRow]]:
    """The portal answers in the order asked. An answer that does not is no proof of anything."""
    rows = answer.get("files")
    if (
        not isinstance(rows, list)
        or len(rows) != len(asked)
        or any(item.name != row.get("name") for item, row in zip(asked, rows, strict=True))
    ):
        raise Refusal("The portal answered for other files than it was asked about.", "answer_mismatch")
    return list(zip(asked, rows, strict=True))


# --- selection/names.py -----------------------------------------------------------------------------------------------
# Names under which the portal stores files.

NAME_FAULTS = {
    "name_characters": "The name holds control or text-direction characters.",
    "name_not_nfc": "The name is not in Unicode's composed form (NFC).",
    "name_path": "The name holds '/', '\\' or '..'.",
    "name_hidden": "Names that begin with '.' or '$' belong to the system.",
    "name_blank": "The name begins or ends with a space.",
    "name_too_long": f"The name has more than {MAX_NAME_BYTES} bytes.",
}


def composed(name: str) -> str:
    """The name under which a file is stored: a Mac writes accents as characters of their own."""
    return unicodedata.normalize("NFC", name)


def name_fault(name: str) -> str:
    """Why the portal would not store this name (a code of NAME_FAULTS), or ""."""
    if not name.isascii() or not name.isprintable():
        if any(map(is_barred, name)):
            return "name_characters"
        if not unicodedata.is_normalized("NFC", name):
            return "name_not_nfc"
    if "/" in name or "\\" in name or ".." in name:
        return "name_path"
    if name[0] in ".$":
        return "name_hidden"
    if name[0].isspace() or name[-1].isspace():
        return "name_blank"
    return "name_too_long" if len(name.encode()) > MAX_NAME_BYTES else ""


def is_barred(character: str) -> bool:
    return character in BIDIRECTIONAL or unicodedata.category(character) in BARRED_CATEGORIES


def bytes_of(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


# --- selection/scan.py ------------------------------------------------------------------------------------------------
# Looks through a folder: which files are data of a type, and why the others are left out.

DATA = IMAGE_EXTENSIONS + SOUND_EXTENSIONS


@dataclass
class Scan:
    """What lies in a folder: files to send, by path, and what is left out with its reason."""

    items: list[Item] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    @property
    def unreadable(self) -> list[tuple[str, str]]:
        """What may be data and could not be looked at."""
        return [(path, reason) for path, reason in self.left_out if reason in ("unreadable", "broken")]

    @property
    def other_data(self) -> list[tuple[str, str]]:
        return [(path, reason) for path, reason in self.left_out if reason == "other_data"]


def root_name(root: str) -> str:
    return os.path.basename(os.path.abspath(root))


def reason_to_leave_out(parts: Sequence[str], size: int, extensions: Sequence[str]) -> str:
    """Why a file is left out, "" when it is to be sent. The order of the tests is the page's."""
    if any(part.casefold() in SYSTEM_NAMES for part in parts):
        return "system"
    if any(part.startswith(".") for part in parts):
        return "hidden"
    stem, dot, extension = parts[-1].rpartition(".")
    if not (dot and stem) or extension.casefold() not in extensions:
        return "extension"
    return "" if size else "empty"


def walk(root: str, note: Callable[[int], None]) -> Iterator[tuple[str, str, os.stat_result | None]]:
    """(relative path with "/", path to open, stat) of each file below; stat None for what cannot be looked at.

    A folder that cannot be read, or that is a link, comes as itself with a "/" at its end. In order of name.
    """
    waiting = [("", long_path(os.path.abspath(root)))]
    files = 0
    while waiting:
        relative, folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            yield relative + "/", folder, None
            continue
        inner = []
        for entry in entries:
            path = f"{relative}/{entry.name}" if relative else entry.name
            try:
                if entry.is_dir():
                    if entry.is_symlink():
                        yield path + "/", entry.path, os.stat_result((0,) * 10)
                    else:
                        inner.append((path, entry.path))
                    continue
                # Not entry.stat(): Windows keeps size and time in the folder too, and is slow to correct them there.
                stat_ = os.stat(entry.path)
            except OSError:
                stat_ = None
            yield path, entry.path, stat_
            files += 1
            if files % 1_000 == 0:
                note(files)
        waiting += reversed(inner)


def long_path(path: str) -> str:
    """As Windows takes paths of more than 260 characters."""
    return path if os.name != "nt" or path.startswith("\\\\") else "\\\\?\\" + path


def scan(
    root: str,
    data_type: str,
    *,
    takes: Callable[[str], bool] = lambda path: True,
    note: Callable[[int], None] = lambda files: None,
) -> Scan:
    """The files of one data type below `root`. `takes`: whether a relative path is to be looked at."""
    found = Scan()
    top = root_name(root)
    for relative, local, stat_ in walk(root, note):
        if takes(relative):
            _sort_in(found, top, relative, local, stat_, EXTENSIONS[data_type])
    found.items.sort(key=lambda item: item.path)
    return found


def reason_of(relative: str, local: str, stat_: os.stat_result | None, extensions: Sequence[str]) -> str:
    """As `reason_to_leave_out`, of what `walk` gives."""
    parts = relative.strip("/").split("/")
    reason = reason_to_leave_out(parts, stat_.st_size if stat_ else 1, extensions)
    if reason in ("system", "hidden"):
        return reason
    if relative.endswith("/"):
        return "unreadable" if stat_ is None else "link"
    if stat_ is None:
        return reason or ("broken" if os.path.islink(local) else "unreadable")
    if not stat.S_ISREG(stat_.st_mode):
        return "special"
    if reason == "extension" and not reason_to_leave_out(parts, stat_.st_size, DATA):
        return "other_data"
    return reason


def _sort_in(
    found: Scan, top: str, relative: str, local: str, stat_: os.stat_result | None, extensions: Sequence[str]
) -> None:
    path = f"{top}/{relative}" if top else relative
    reason = reason_of(relative, local, stat_, extensions)
    parts = relative.strip("/").split("/")
    if reason or stat_ is None:  # which is always for a reason
        found.left_out.append((path, reason))
    else:
        found.items.append(Item(path, composed(parts[-1]), local, stat_.st_size, stat_.st_mtime_ns))


# --- selection/sorting.py ---------------------------------------------------------------------------------------------
# Which data type a file is of: by what it says of itself, then by its folder, then by its name.

AUDIBLE, ULTRASOUND = "audible_recordings", "ultrasound_recordings"
SNAPSHOT, MOTION = "snapshot_images", "motion_images"
SOUNDS = {AUDIBLE, ULTRASOUND}  # what a sample rate tells apart


def format_of(name: str) -> str:
    """ "jpeg" or "wav", by the name alone; "" where it is neither."""
    extension = name.rpartition(".")[2].casefold()
    return "jpeg" if extension in IMAGE_EXTENSIONS else "wav" if extension in SOUND_EXTENSIONS else ""


def type_by_content(facts: FileFacts) -> str:
    """By the text of an AMI system, then by the sample rate; "" where neither tells."""
    if facts.format != "wav":
        return ""
    said = {"audible_microphone": AUDIBLE, "ultrasonic_microphone": ULTRASOUND}.get(facts.made_by, "")
    rate = facts.sample_rate_hz
    if said or rate is None:
        return said
    return ULTRASOUND if rate >= LEAST_ULTRASOUND_HZ else AUDIBLE if rate <= MOST_AUDIBLE_HZ else ""


def type_by_place(path: str) -> str:
    """By the nearest folder of a known name that fits the format, then by the file's own name; "" where none tells."""
    *folders, name = path.split("/")
    own = format_of(name)
    for folder in reversed(folders):
        for data_type, names in FOLDERS_OF_TYPES.items():
            if letters_of(folder) in names and (data_type in (SNAPSHOT, MOTION)) == (own == "jpeg"):
                return data_type
    if own == "jpeg" and re.search(SNAPSHOT_NAME, name, re.IGNORECASE):
        return SNAPSHOT
    return MOTION if own == "jpeg" and re.search(MOTION_NAME, name, re.IGNORECASE | re.ASCII) else ""


def letters_of(folder: str) -> str:
    """Letters alone, in lower case: as the names of folders are compared."""
    return re.sub(r"[^a-z]", "", folder.casefold())


def contradiction(facts: FileFacts, data_type: str) -> str:
    """The data type that a file is of by its content, where that is another one; else ""."""
    said = type_by_content(facts)
    return said if said and data_type in SOUNDS and said != data_type else ""


# --- selection/card.py ------------------------------------------------------------------------------------------------
# Looks over a whole card and sorts its files into data types.

FILES_LOOKED_INTO = 5  # files of a folder that are looked into: the first, the last, and some in between
NO_DATA = "no_data"  # what a person may call files of which nothing tells their data type


@dataclass(frozen=True)
class CardFile:
    """One file with data, as the card had it at the first look."""

    path: str  # relative to the card, with "/" between folders
    local: str  # where to open it
    size: int

    @property
    def group(self) -> tuple[str, str]:
        """Its folder and its format: what is asked about together."""
        folder, _, name = self.path.rpartition("/")
        return folder, format_of(name)


@dataclass
class CardLook:
    """What is on a card, and of which data type each file is."""

    top: str  # the card's own name
    files: dict[tuple[str, str], list[CardFile]] = field(default_factory=dict)  # by folder and format
    data_types: dict[str, str] = field(default_factory=dict)  # by relative path; "" where nothing tells
    left_out: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)
    by_choice: set[str] = field(default_factory=set)  # paths whose data type a person gave

    @property
    def unseen(self) -> list[str]:
        """Paths of what may be data and could not be looked at; a folder's ends with "/"."""
        return [path for path, reason in self.left_out if reason in ("unreadable", "broken")]

    def data_type_of(self, path: str) -> str:
        """Also of a file that came later, or cannot be read: as the others of its folder are, if they are all alike."""
        if path in self.data_types:
            return self.data_types[path]
        others = {self.data_types[file.path] for file in self.files.get(CardFile(path, "", 0).group, [])}
        return others.pop() if len(others) == 1 else type_by_place(f"{self.top}/{path}")

    def of_type(self, data_type: str) -> list[CardFile]:
        return [file for files in self.files.values() for file in files if self.data_types[file.path] == data_type]

    def groups_of_type(self, data_type: str) -> dict[tuple[str, str], list[CardFile]]:
        found: dict[tuple[str, str], list[CardFile]] = {}
        for file in self.of_type(data_type):
            found.setdefault(file.group, []).append(file)
        return found

    def settle(self, files: Iterable[CardFile], data_type: str) -> None:
        """By a person's word; "" to ask for it."""
        for file in files:
            self.data_types[file.path] = data_type
            if data_type:
                self.by_choice.add(file.path)


def look_over(card: str, note: Callable[[int], None] = lambda files: None) -> CardLook:
    """Walks the card, looks into some files of each folder, and sorts all."""
    look = CardLook(root_name(card))
    for path, local, stat_ in walk(card, note):
        reason = reason_of(path, local, stat_, DATA)
        if reason or stat_ is None:  # which is always for a reason
            look.left_out.append((path, reason))
        else:
            file = CardFile(path, local, stat_.st_size)
            look.files.setdefault(file.group, []).append(file)
    for files in look.files.values():
        sort_files(look, files)
    return look


def sort_files(look: CardLook, files: list[CardFile]) -> None:
    """Gives each file of one folder and format its data type."""
    said = types_said(sample_of(files))
    told = {kind for kind in said.values() if kind}
    if len(told) > 1:  # a folder of both: each file is looked into
        said |= types_said([file for file in files if file.path not in said])
    of_all = told.pop() if len(told) == 1 else ""
    for file in files:
        look.data_types[file.path] = said.get(file.path) or of_all or type_by_place(f"{look.top}/{file.path}")


def types_said(files: Iterable[CardFile]) -> dict[str, str]:
    """The data type of each file by its content; "" where that does not tell."""
    said = {}
    for file in files:
        facts = look_into(file.local)
        if facts:
            said[file.path] = type_by_content(facts)
    return said


def sample_of(files: list[CardFile]) -> list[CardFile]:
    """The first, the last and some in between."""
    if len(files) <= FILES_LOOKED_INTO:
        return files
    return [files[number * (len(files) - 1) // (FILES_LOOKED_INTO - 1)] for number in range(FILES_LOOKED_INTO)]


# --- selection/device_time.py -----------------------------------------------------------------------------------------
# What a device's clock says in the name of a file.

_STAMP = re.compile(DEVICE_TIME, re.ASCII)  # its groups stand there


def device_time(name: str) -> str:
    """What the device's clock says in a name, such as 2025-07-14T22:00:31 (of several the first), or ""."""
    for match in _STAMP.finditer(name):
        year, month, day, hour, minute, second = map(int, match.group(1, 3, 4, 5, 7, 8))
        try:
            return datetime(year, month, day, hour, minute, second).isoformat()
        except ValueError:
            continue
    return ""


def hours_of(names: Iterable[str]) -> tuple[dict[str, int], int]:
    counted = Counter(device_time(name)[: len("2025-07-14T22")] for name in names)
    undated = counted.pop("", 0)
    return dict(counted.most_common(MAX_SURVEY_HOURS)), undated


# --- selection/folder_names.py ----------------------------------------------------------------------------------------
# Names with folders in them, for files whose own names are taken.

# What the readers downstream take for a time in a name, each the first that it finds.
_TIMES = (
    re.compile(r"\d{8}_\d{6}|\d{14}"),
    re.compile(r"\d{14}|\d{8}\D+\d{6}|\d{4}\D\d\d\D\d\d\D+\d\d\D\d\d\D\d\d|(?<!\d)\d{12}(?!\d)"),
    re.compile(r"(?:^|-)20[12]\d{6,11}(?=[-.]|$)"),
)
_LETTERS = str.maketrans("0123456789abcdef", HEX_LETTERS)


def name_with_folders(path: str, count: int, mark: str = "") -> str:
    """`count` folders behind the stem, or all that there are: DCIM/100MEDIA/IMG_1.jpg -> IMG_1-100MEDIA.jpg.

    Behind, because the readers downstream take the first time in a name for the file's own. `mark`: letters after them.
    """
    *folders, own = path.split("/")
    own = composed(own)
    stem, extension = _parted_at_dot(own)
    part = "-".join(map(_part_of_name, folders[max(0, len(folders) - count) :]))
    if not part and not mark:
        return own
    name = _joined(stem, part, mark, extension)
    if _times_in(name) == _times_in(own):
        return name
    return _joined(stem, re.sub(r"(\d)(?=\d)", r"\1_", part), mark, extension)


def name_by_path(path: str) -> str:
    """A name of its own for a file that its folders do not tell apart."""
    digest = 0x811C9DC5  # FNV-1a, 32 bits: it need not be secure, and every client computes it at once
    for byte in path.encode("utf-8", "surrogatepass"):
        digest = (digest ^ byte) * 0x01000193 & 0xFFFFFFFF
    return name_with_folders(path, path.count("/"), f"{digest:08x}".translate(_LETTERS))


def name_by_content(path: str, md5: str) -> str:
    """A name of its own for a file whose names are all taken, by another card with the same folders."""
    return name_with_folders(path, 1, md5[:8].translate(_LETTERS))


def former_name(path: str, count: int) -> str:
    """As files were named when the folder still stood in front."""
    return composed("_".join(path.split("/")[-1 - count :]))


def names_of(path: str, md5: str) -> list[str]:
    """All names under which a file may be stored, its own first."""
    counts = range(path.count("/") + 1)
    ours = [*(name_with_folders(path, count) for count in counts), name_by_path(path), name_by_content(path, md5)]
    names = dict.fromkeys(ours + [former_name(path, count) for count in counts])
    return [name for name in names if name == ours[0] or not name_fault(name)]


def _part_of_name(folder: str) -> str:
    plain = "".join("_" if is_barred(character) else character for character in composed(folder))
    plain = re.sub(r"\.{2,}", ".", plain.replace("\\", "_"))
    # Readers drop every name that holds "recycle", which the folder of a bin is no reason for.
    plain = re.sub(r"(re)(?=cycle)", r"\1_", plain, flags=re.IGNORECASE)
    return re.sub(r"^[\s.\ufeff]+|[\s.\ufeff]+$", "", plain) or "_"


def _joined(stem: str, part: str, mark: str, extension: str) -> str:
    end = (mark and f"-{mark}") + extension
    room = MAX_NAME_BYTES - bytes_of(end) - bool(part)
    part = _cut(part, max(room - bytes_of(stem), FEWEST_FOLDER_BYTES))
    return _cut(stem, room - bytes_of(part)) + (part and f"-{part}") + end


def _cut(text: str, size: int) -> str:
    if bytes_of(text) <= size:
        return text
    kept = text.encode("utf-8", "surrogatepass")[:size].decode("utf-8", "ignore")
    return re.sub(r"[\s.\ufeff]+$", "", kept)


def _times_in(name: str) -> list[str]:
    """What is read as times in a name, to compare."""
    stem, _ = _parted_at_dot(name)
    found = (time_.search(stem) for time_ in _TIMES)
    return [device_time(stem), *(f"{match.start()} {match[0]}" if match else "" for match in found)]


def _parted_at_dot(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem else (name, "")


# --- selection/plan.py ------------------------------------------------------------------------------------------------
# What a selection comes to: each file with the name it gets, copies, and what is not sent.


@dataclass
class Plan:
    """What is to be sent under which name, and what is not."""

    send: list[Item] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)  # (path, path of the equal file that is sent)
    renamed: list[Item] = field(default_factory=list)
    not_sent: list[Item] = field(default_factory=list)  # data that is left out for its name: then the card is not safe

    @property
    def size(self) -> int:
        return sum(item.size for item in self.send)

    @property
    def declared(self) -> int:
        return len(self.send) + len(self.not_sent)

    @property
    def selection(self) -> str:
        """Changes with any change of the selection: a session vouches for one selection, a reason is given for one."""
        digest = hashlib.sha256()
        for item in sorted(self.send + self.not_sent, key=lambda item: item.path):
            digest.update(os.fsencode(item.path) + b"\0%d\0%d\0" % (item.size, item.mtime_ns))
        return digest.hexdigest()


# --- selection/collisions.py ------------------------------------------------------------------------------------------
# Different files that share a name, and copies.


def namesakes_of(items: Sequence[Item], digest: Callable[[Item], str]) -> tuple[Plan, list[list[Item]]]:
    """Copies set aside, and the groups of different files that share a name. `digest` reads what must be compared."""
    plan, groups = Plan(), []
    by_name: dict[str, list[Item]] = {}
    for item in items:
        by_name.setdefault(item.name, []).append(item)
    for name in sorted(by_name):
        group = by_name[name]
        if len(group) > 1:
            group = _without_copies(group, plan, digest)
        if len(group) > 1:
            groups.append(group)
        else:
            plan.send += group
    return plan, groups


def _without_copies(group: list[Item], plan: Plan, digest: Callable[[Item], str]) -> list[Item]:
    sizes = Counter(item.size for item in group)
    kept: dict[tuple[int, str], Item] = {}
    for item in sorted(group, key=lambda item: item.path):
        content = (item.size, digest(item) if sizes[item.size] > 1 else "")
        if content in kept:
            plan.copies.append((item.path, kept[content].path))
        else:
            kept[content] = item
    return list(kept.values())


def settle_names(plan: Plan, groups: list[list[Item]], choice: str) -> Plan:
    """Carries out the choice about namesakes; the plan is then complete. The same selection gives the same names."""
    taken = {item.name for item in plan.send} | {group[0].name for group in groups}
    for group in groups:
        names, count = _names_that_tell_apart(group, taken) if choice == "folder" else ([], 0)
        if not names:
            for item in group:
                _set_aside(plan, item, "collision", "It shares its name with a different file.")
            continue
        for item, name in zip(group, names, strict=True):
            item.name, item.folders_in_name = name, min(count, item.path.count("/"))
            item.former_name = former_name(item.path, count)
            taken.add(name)
            plan.renamed.append(item)
            plan.send.append(item)
    for item in list(plan.send):
        fault = name_fault(item.name)
        if fault:
            plan.send.remove(item)
            _set_aside(plan, item, "name", NAME_FAULTS[fault])
    plan.renamed = [item for item in plan.renamed if not item.status]
    plan.send.sort(key=lambda item: item.path)
    return plan


def _set_aside(plan: Plan, item: Item, code: str, message: str) -> None:
    item.status, item.code, item.message, item.step = "left_out", code, message, "scan"
    plan.not_sent.append(item)


def _names_that_tell_apart(group: list[Item], taken: set[str]) -> tuple[list[str], int]:
    """A name of its own for each of the group, with as few folders as that takes, and their number; or none."""
    deepest = max(item.path.count("/") for item in group)
    for count in range(1, deepest + 2):
        names = [name_with_folders(i.path, count) if count <= deepest else name_by_path(i.path) for i in group]
        # A file outside every folder can only keep its name, which then is its own: the others have left it.
        is_free = all(name == item.name or name not in taken for item, name in zip(group, names, strict=True))
        if is_free and len(set(names)) == len(group):
            return names, count
    return [], 0


# --- selection/downstream.py ------------------------------------------------------------------------------------------
# Which files the species pipelines will not read.

PASSED_OVER = {
    "no_time": "no time in the name",
    "time_unread": "the time in a form that is not looked for",
    "clock": "an image from before 2010 or after 2029 by its clock",
    "recycle": "“recycle” in the name",
}


def passed_over(name: str) -> str:
    """Why no species pipeline will read a file of this name (a key of PASSED_OVER), or "".

    By the rules of the portal's downstream.py.
    """
    if "recycle" in name:
        return "recycle"
    is_image = re.search(READ_AS_IMAGE, name, re.IGNORECASE)
    if is_image:
        pieces = (piece.partition(".")[0] for piece in name.split("-"))
        piece = next((piece for piece in pieces if piece.startswith(IMAGE_DECADES)), "")
        stamp = piece if re.fullmatch(IMAGE_TIME, piece, re.ASCII) else ""
    else:
        found = re.search(SOUND_TIME, name, re.ASCII)
        stamp = found[0] if found else ""
    if device_time(stamp):
        return ""
    taken_at = device_time(name)
    if not taken_at:
        return "no_time"
    return "clock" if is_image and not taken_at.startswith(IMAGE_DECADES) else "time_unread"


# --- selection/journal.py ---------------------------------------------------------------------------------------------
# What the next run needs to go on with one that was stopped, kept on this computer.

KEPT_S = 7 * 86_400  # what a stopped run has read is of use to one that goes on within a week


class Journal:
    """What the next run needs to go on with one that was stopped: the session, and what was read of each file.

    Written before the effect that it records. It ends with its run: recorders whose clocks were reset write the same
    names, lengths and times on every card, so what is kept of one says nothing about the next. See `go_on`. That the
    store has a file is not believed from here: the portal is asked about each one in every run.
    """

    def __init__(self, *, portal: str, root: str, deployment: str, data_type: str):
        key = "\0".join([portal, os.path.abspath(root), deployment, data_type])
        folder = state_folder() / "journals"
        folder.mkdir(exist_ok=True)
        stem = folder / hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self._lock = Lock(stem.with_suffix(".lock"))
        if not self._lock.take():
            self._lock.close()
            message = "Another run is at work on this folder and deployment. Wait for it to end."
            raise Stop(message, NOT_ALL, "locked")
        self._writing = threading.Lock()
        self._db = sqlite3.connect(stem.with_suffix(".sqlite"), check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last moments: files are hashed again
        self._db.execute("CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        self._db.execute("DROP TABLE IF EXISTS files")  # of version 1.0, which kept them beyond the end of their run
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS readings (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, md5 TEXT,"
            " parts BLOB, part_size INTEGER, name TEXT, folders INTEGER, verified INTEGER DEFAULT 0) WITHOUT ROWID"
        )
        if not 0 <= time.time() - float(self.note("read_at") or 0) <= KEPT_S:
            self.forget()

    def close(self) -> None:
        self._db.close()
        self._lock.close()

    def note(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
        return row[0] if row else ""

    def write(self, **notes: str) -> None:
        with self._writing:
            self._db.executemany("REPLACE INTO notes VALUES (?, ?)", notes.items())

    def forget(self) -> None:
        """Ends the run: whatever is read after this is read from the card."""
        with self._transaction():
            self._db.execute("DELETE FROM readings")
            self._db.execute("DELETE FROM notes WHERE key IN ('session', 'selection')")

    def recall(self, items: Iterable[Item]) -> list[Item]:
        """What is known of files whose size and time are as they were; those files. To be proven before it is used."""
        by_path = {os.fsencode(item.path): item for item in items}
        recalled = []
        rows = self._db.execute("SELECT path, size, mtime_ns, md5, parts, part_size, verified FROM readings")
        for path, size, mtime_ns, md5, parts, part_size, verified in rows:
            item = by_path.get(path)
            if item is not None and (item.size, item.mtime_ns) == (size, mtime_ns):
                item.md5, item.part_md5s, item.part_size = md5, parts, part_size
                item.is_known, item.was_verified = True, bool(verified)
                recalled.append(item)
        return recalled

    def recall_names(self, items: Iterable[Item]) -> None:
        """The names that files were given when their own was taken in the store."""
        by_path = {os.fsencode(item.path): item for item in items}
        for path, name, folders in self._db.execute("SELECT path, name, folders FROM readings WHERE folders > 0"):
            item = by_path.get(path)
            if item is not None and item.is_known and folders > item.folders_in_name:
                item.name, item.folders_in_name = name, folders

    def keep(self, items: Iterable[Item]) -> None:
        rows = [
            (os.fsencode(i.path), i.size, i.mtime_ns, i.md5, i.part_md5s, i.part_size, i.name, i.folders_in_name)
            for i in items
        ]
        with self._transaction():
            self._db.execute("REPLACE INTO notes VALUES ('read_at', ?)", (str(time.time()),))
            self._db.executemany(
                "REPLACE INTO readings (path, size, mtime_ns, md5, parts, part_size, name, folders)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def keep_verified(self, items: Iterable[Item]) -> None:
        with self._transaction():
            self._db.executemany(
                "UPDATE readings SET verified = 1 WHERE path = ?", [(os.fsencode(item.path),) for item in items]
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._writing:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


# --- context.py -------------------------------------------------------------------------------------------------------
# The portal, the terminal and what else commands and engine work with.


@dataclass
class Context:
    """What every command works with."""

    portal: Portal
    wire: Wire
    screen: Screen
    log: Log
    halt: Halt
    arguments: argparse.Namespace


# --- engine/concurrency.py --------------------------------------------------------------------------------------------
# How many transfers run at once: few at first, more while that makes the link carry more, fewer when it fails.

FIRST_JOBS = 6


class Crew:
    """How many files are sent at once: more while that brings more through, fewer after faults."""

    WINDOW_S = 1.0
    FILE_WORTH = 20 * KIB  # what a request costs beside its bytes, so that small files count too

    def __init__(self, most: int, halt: Halt):
        self._most = most
        self._halt = halt
        self._changed = threading.Condition()
        self.limit = min(FIRST_JOBS, most)
        self._active = 0
        self._window_began = time.monotonic()
        self._worth = 0
        self._best = 0.0
        self._faulted_at = 0.0

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        with self._changed:
            while self._active >= self.limit:
                self._halt.check()
                self._changed.wait(0.5)
            self._active += 1
        try:
            yield
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify()

    def sent(self, size: int) -> None:
        with self._changed:
            self._worth += size + self.FILE_WORTH
            now = time.monotonic()
            if now - self._window_began < self.WINDOW_S:
                return
            pace = self._worth / (now - self._window_began)
            if pace > self._best * 1.05:
                self.limit = min(self._most, self.limit + 2)
            elif pace < self._best * 0.8:
                self.limit = max(min(2, self._most), self.limit - 1)
            self._best = max(pace, self._best * 0.97)  # a link that has become slower is measured again
            self._window_began, self._worth = now, 0
            self._changed.notify_all()

    def faulted(self) -> None:
        self._lessen(min(2, self._most))

    def ran_out(self) -> None:
        """A URL's time did not last for its file: each gets more of the link when there are fewer."""
        self._lessen(1)

    def _lessen(self, least: int) -> None:
        with self._changed:
            now = time.monotonic()
            if now - self._faulted_at > self.WINDOW_S:
                self._faulted_at = now
                self.limit = max(min(least, self.limit), self.limit - 1)


# --- engine/job.py ----------------------------------------------------------------------------------------------------
# What one PUT carries: a whole file, or a part of a large one.


@dataclass(slots=True, eq=False)
class Large:
    """A file on its way in parts."""

    item: Item
    upload: str
    left: set[int]  # numbers of the parts that the store does not have
    generation: int = 1
    is_over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a large file a PUT carries, and of which of its uploads: another may have been begun since."""

    large: Large
    number: int
    generation: int

    @property
    def is_wanted(self) -> bool:
        return self.generation == self.large.generation and not self.large.is_over


@dataclass(slots=True, eq=False)
class Job:
    """One PUT: a whole file, or a part of a large one."""

    item: Item
    offset: int
    length: int
    grant: Grant | None = None
    part: Part | None = None
    sent_bytes: int = 0


# --- engine/tally.py --------------------------------------------------------------------------------------------------
# What a run has come to so far, in files and bytes.


class Tally:
    """Sums of a run."""

    def __init__(self, items: Sequence[Item]):
        self._lock = threading.Lock()
        self.files = len(items)
        self.bytes = sum(item.size for item in items)
        self.verified = self.stored = self.bad = self.retries = self.hashed = 0
        self.sent_files = self.sent_bytes = self.unsent_bytes = 0

    def add(self, **counts: int) -> None:
        with self._lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    @property
    def done(self) -> int:
        return self.verified + self.stored + self.bad


# --- engine/throttle.py -----------------------------------------------------------------------------------------------
# A limit to the bytes per second, for people who share their link.


class Throttle:
    """A limit that all senders share: bytes per second, with a burst of half a second."""

    def __init__(self, bytes_per_s: float, halt: Halt):
        self.bytes_per_s = bytes_per_s
        self._halt = halt
        self._lock = threading.Lock()
        self._free_at = time.monotonic()

    def take(self, count: int) -> None:
        if not self.bytes_per_s:
            return
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now - 0.5) + count / self.bytes_per_s
            wait = self._free_at - now
        if wait > 0:
            time.sleep(wait)


# --- engine/run.py ----------------------------------------------------------------------------------------------------
# What all parts of the engine share: the choices, the sums, the limits, and the queues between the stages.

JOBS = 16
BUDGET_BYTES = 128 * MIB  # of all files kept in memory between reading and sending
HASHED_AHEAD = 2_000  # files without their content; the content is bounded by BUDGET_BYTES
MOST_GRANTS = 500
AHEAD_S = 20.0  # what is granted ahead of the link; so no URL ages in the queue
ROUNDS = 3  # how often what had vanished, or is to have another name, is tried again within one run


@dataclass
class Options:
    """How to send, as the person chose."""

    jobs: int = JOBS
    limit_bytes_per_s: float = 0.0
    choice: str = ""  # about names that are taken: "folder", "leave-out", or "" to ask
    patience_s: float = 12 * 3600.0


class Lines:
    """The queues between the stages of one round."""

    def __init__(self, halt: Halt):
        self._halt = halt
        self.renew()

    def renew(self) -> None:
        self.hashed: Line[Item] = Line(HASHED_AHEAD, self._halt)
        self.granted: Line[Job] = Line(4 * MOST_GRANTS, self._halt)
        self.sent: Line[Item] = Line(8 * MAX_BATCH_FILES, self._halt)


class Run:
    """One plan on its way, as all parts see it."""

    def __init__(self, context: Context, plan: Plan, options: Options):
        self.halt = halt = context.halt
        self.log = context.log
        self.options = options
        self.items = plan.send
        self.tally = Tally(plan.send)
        self.gate = StoreGate(halt, options.patience_s)
        self.crew = Crew(options.jobs, halt)
        self.throttle = Throttle(options.limit_bytes_per_s, halt)
        self.budget = Budget(BUDGET_BYTES, halt)
        self.lines = Lines(halt)
        self.files_pace, self.bytes_pace = Pace(), Pace()

    def note_pace(self) -> None:
        self.files_pace.note(self.tally.sent_files)
        self.bytes_pace.note(self.tally.sent_bytes)


# --- engine/session_calls.py ------------------------------------------------------------------------------------------
# The portal's calls within one session.


class SessionCalls:
    """A session of the portal's, and every call about it."""

    def __init__(self, context: Context, journal: Journal):
        self._portal, self._halt, self._log = context.portal, context.halt, context.log
        self._journal = journal
        self.session: Session = {}

    def open(self, plan: Plan, *, deployment: str, data_type: str, uploader_name: str, reason: str) -> None:
        """Goes on with the journal's session where it is still open and for the same selection; else opens one."""
        selection = plan.selection
        known = self._journal.note("session") if self._journal.note("selection") == selection else ""
        if known and self._is_open(known, reason):
            self._log.note("resumed", f"session {known}")
            return
        self.session = self._portal.ask(
            "POST",
            "uploads/sessions/",
            {
                "deployment": deployment,
                "data_type": data_type,
                "uploader_name": uploader_name,
                "client": client_name(),
                "files": plan.declared,
                "bytes": plan.size,
                "season_reason": reason,
            },
            halt=self._halt,
        )
        self._journal.write(session=str(self.session["id"]), selection=selection)
        self._log.note("opened", f"session {self.session['id']} for {deployment} {data_type}")

    def _is_open(self, session_id: str, reason: str) -> bool:
        try:
            session: Session = self._portal.ask("GET", f"uploads/sessions/{session_id}/", halt=self._halt)
        except CallFault:
            return False
        if session.get("finished_at") or session.get("season_reason", "") != reason:
            return False
        self.session = session
        return True

    @property
    def parts_above(self) -> tuple[int, int]:
        """(bytes above which a file goes in parts, bytes of a part), 0 where the portal names none."""
        return self.session.get("multipart_above_bytes") or 0, self.session.get("part_size_bytes") or 0

    def finish(self, declared: int | None = None) -> Verdict:
        return self.ask("finish", {} if declared is None else {"files": declared})

    def ask(self, step: str, body: dict, *, max_tries: int = 0) -> Any:
        """A call about this session. Raises Refusal where the portal does not do it."""
        try:
            return self._ask("POST", step, body, max_tries)
        except CallFault as fault:
            raise Refusal(f"The portal answered: {fault.message or fault.code}", fault.code) from None

    def ask_of_upload(self, step: str, body: dict | None = None, *, method: str = "POST") -> Any:
        """A call about a large file's upload in this session. Raises UploadGone where the portal has it no more."""
        try:
            return self._ask(method, step, body)
        except CallFault as fault:
            self._log.note("gone", f"{step}: {fault}")
            raise UploadGone from None

    def _ask(self, method: str, step: str, body: dict | None, max_tries: int = 0) -> Any:
        try:
            path = f"uploads/sessions/{self.session['id']}/{step}{'' if '?' in step else '/'}"
            return self._portal.ask(method, path, body or None, halt=self._halt, max_tries=max_tries)
        except CallFault as fault:
            if fault.code in ("session_finished", "session_unknown"):
                self._journal.write(session="")
                message = "This upload was ended elsewhere. Run the command again: a new session goes on with it."
                raise Stop(message, NOT_ALL, fault.code) from None
            raise


# --- engine/failure_reports.py ----------------------------------------------------------------------------------------
# Tells the maintainers what could not be stored.


class FailureReports:
    """Failures that the maintainers have not been told of yet."""

    def __init__(self, run: Run, calls: SessionCalls, portal: Portal):
        self._run, self._calls, self._portal = run, calls, portal
        self._failed: deque[Item] = deque()  # several threads add to it, none of them loses one
        self.unreported = 0

    def __len__(self) -> int:
        return len(self._failed)

    def add(self, item: Item) -> None:
        self._failed.append(item)

    def report(self) -> None:
        """That this report fails must not fail the upload."""
        while self._failed:
            batch = [self._failed.popleft() for _ in range(min(MAX_BATCH_FILES, len(self._failed)))]
            failures = [
                {
                    "name": item.name if not name_fault(item.name) else "",
                    "code": item.code[:40],
                    "message": item.why[:500],
                    "http_status": item.http_status or None,
                    "attempts": item.tries,
                    "step": item.step,
                    "link": self._link[:200],
                }
                for item in batch
            ]
            try:
                self._calls.ask("failures", {"failures": failures}, max_tries=3)
            except (Stop, CallFault, Halted) as error:
                self._run.log.note("unreported", f"{len(batch)} failures: {error}")
                self.unreported += len(batch)

    def report_unreadable(self, paths: Sequence[str]) -> None:
        """Files of the card that nobody could look at."""
        for path in paths[:MAX_BATCH_FILES]:
            name = path.rstrip("/").rpartition("/")[2]
            self._failed.append(Item(path, name, "", 0, 0, status="failed", code="file_unreadable", step="scan"))
        self.report()

    @property
    def _link(self) -> str:
        """What is known of the connection, for whoever looks into a failure."""
        per_s = self._run.bytes_pace.per_s
        rate = f"{per_s / 1e6:.2f} MB/s" if per_s else "rate unknown"
        at_once, retries = self._run.crew.limit, self._run.tally.retries
        return f"{rate}, {at_once} at once, {retries} retries, portal {self._portal.retries} retries"


# --- engine/waiting.py ------------------------------------------------------------------------------------------------
# Files that are tried once more: in another round, or when the portal can tell of them.


class Waiting:
    """Which files these are, and how many rounds are left for them."""

    def __init__(self) -> None:
        self.items: list[Item] = []  # of which the portal cannot tell yet
        self._again: list[Item] = []
        self._rounds_left = ROUNDS

    @property
    def has_rounds(self) -> bool:
        """Whether there is a round after the present one."""
        return self._rounds_left > 1

    def once_more(self, item: Item) -> None:
        """In the next round."""
        self._again.append(item)

    def postpone(self, item: Item, row: FileRow, clock: PortalClock) -> Due:
        """Until the moment that the portal names; that moment."""
        item.due = due = Due.by(clock, row.get("until"))
        item.grant = None
        item.code, item.message = row.get("code") or "unsettled", row.get("message") or ""
        self.items.append(item)
        return due

    def ask_again(self, items: Sequence[Item]) -> None:
        """For another round: those that were sent are confirmed, the others granted."""
        asked = set(map(id, items))
        self.items = [item for item in self.items if id(item) not in asked]
        for item in items:
            item.due, item.code, item.message = None, "", ""
        self._again += items

    def next_round(self) -> list[Item]:
        """The files for another round, if there is to be one."""
        items, self._again = self._again, []
        self._rounds_left -= bool(items)
        return items


# --- engine/outcomes.py -----------------------------------------------------------------------------------------------
# How files end: by the portal's word, or by this client's own.


class Outcomes:
    """Notes each end in the file itself, the sums and the log."""

    def __init__(self, run: Run, waiting: Waiting, failures: FailureReports):
        self._run, self._waiting, self._failures = run, waiting, failures
        self.conflicts: list[Item] = []  # for which nobody has chosen yet

    def arrived(self, item: Item) -> None:
        """No end yet: it is to be confirmed."""
        item.is_sent = True
        self._drop_body(item)
        self._run.lines.sent.put(item)

    def answered(self, item: Item, row: FileRow, clock: PortalClock, *, step: str) -> None:
        """An end by the portal's word: stored before, conflict, refused, missing, mismatch; or none yet: unsettled."""
        item.step = step
        if row["status"] == "unsettled":
            self._drop_body(item)
            due = self._waiting.postpone(item, row, clock)
            self._run.log.note("unsettled", f"{item.path} as {item.name}, asked again at {due.told}")
            return
        self.settle(item, row["status"], row.get("code") or row["status"], row.get("message") or "")
        if row["status"] == "conflict" and not self._run.options.choice:
            self.conflicts.append(item)

    def fail(self, item: Item, code: str, message: str = "", *, http_status: int = 0, step: str) -> None:
        """An end by this client's own word; the maintainers are told."""
        item.step, item.http_status = step, http_status
        self.settle(item, "failed", code, message)
        self._failures.add(item)

    def settle(self, item: Item, status: str, code: str = "", message: str = "") -> None:
        item.status, item.code, item.message, item.grant = status, code, message, None
        self._drop_body(item)
        if not item.is_sent:
            self._run.tally.add(unsent_bytes=item.size)
        kind = status if status in ("verified", "stored") else "bad"
        self._run.tally.add(**{kind: 1})
        self._run.log.note(status, f"{item.path} as {item.name} {item.size} {item.md5} {code}".rstrip())

    def _drop_body(self, item: Item) -> None:
        if item.body is not None:
            item.body = None
            self._run.budget.give_back(item.size)


# --- engine/confirmer.py ----------------------------------------------------------------------------------------------
# The last stage of a round: what was sent is compared with the store, by the portal.

CONFIRM_BATCH = 500
CONFIRM_LINGER_S = 1.0


class Confirmer:
    """Confirms what was sent, also while the run is wound down, and tells of failures on the way."""

    def __init__(
        self,
        run: Run,
        calls: SessionCalls,
        journal: Journal,
        *,
        waiting: Waiting,
        failures: FailureReports,
        outcomes: Outcomes,
    ):
        self._run, self._calls, self._journal = run, calls, journal
        self._waiting, self._failures, self._outcomes = waiting, failures, outcomes

    def confirm_files(self) -> None:
        sent = self._run.lines.sent
        while batch := sent.batch(MAX_BATCH_FILES, CONFIRM_BATCH, CONFIRM_LINGER_S, through_halt=True):
            if self._run.halt.error is not None:
                return
            self._confirm(batch)
            if len(self._failures) >= 100:
                self._failures.report()
        self._failures.report()

    def _confirm(self, batch: list[Item]) -> None:
        tries = 3 if self._run.halt.is_set else 0
        asked_at = time.monotonic()
        answer: FilesAnswer = self._calls.ask("confirm", {"files": [item.name for item in batch]}, max_tries=tries)
        verified = []
        for item, row in paired(batch, answer):
            if row["status"] == "verified":
                verified.append(item)
            elif row["status"] == "missing" and item.doubt is not None:
                doubt = item.doubt
                self._outcomes.fail(item, doubt.told_as, doubt.code, http_status=doubt.http_status, step="send")
            elif row["status"] == "missing" and self._waiting.has_rounds:
                self._run.tally.add(sent_bytes=-item.size)
                item.is_sent, item.grant = False, None
                self._waiting.once_more(item)
            else:
                self._outcomes.answered(item, row, PortalClock(answer, asked_at), step="confirm")
        self._journal.keep_verified(verified)
        for item in verified:
            self._outcomes.settle(item, "verified")


# --- engine/naming.py -------------------------------------------------------------------------------------------------
# Names of a run: no two files share one, also when a file takes another because its own is taken in the store.


class Naming:
    """All names of a run, those that files take on the way among them."""

    def __init__(self, run: Run, calls: SessionCalls):
        self._calls, self._log = calls, run.log
        self._names = {item.name for item in run.items}
        self._names_lock = threading.Lock()
        self._may_have_former = True

    def rename(self, item: Item) -> bool:
        """Gives the file one folder more in its name, at last a mark of its content; False where no name is left."""
        deepest = item.path.count("/")
        for count in range(item.folders_in_name + 1, deepest + 2):
            by_folders = count <= deepest
            name = name_with_folders(item.path, count) if by_folders else name_by_content(item.path, item.md5)
            with self._names_lock:
                if name in self._names or name_fault(name):
                    continue
                self._names.add(name)
            self._log.note("renamed", f"{item.path} is sent as {name}: {item.name} is taken")
            item.name, item.folders_in_name, item.is_known = name, count, False
            item.former_name = former_name(item.path, count) if by_folders else ""
            return True
        return False

    def keep_former_names(self, items: Sequence[Item]) -> None:
        """Files that are stored already, from when the folder stood in front, keep that name and are not sent again."""
        asked = [item for item in items if item.former_name and item.former_name not in self._names]
        if not asked or not self._may_have_former:
            return
        files = [item.description | {"name": item.former_name} for item in asked]
        answer: FilesAnswer = self._calls.ask("check", {"files": files})
        found = False
        for item, row in zip(asked, answer["files"], strict=True):
            name, item.former_name = item.former_name, ""
            if row["name"] != name or row["status"] != "stored":
                continue
            with self._names_lock:
                if name in self._names:
                    continue
                self._names.add(name)
            self._log.note("renamed", f"{item.path} is stored as {name}, and keeps that name")
            item.name, item.is_known, found = name, False, True
        self._may_have_former = found  # a card that was sent in part has its first files there


# --- engine/grants.py -------------------------------------------------------------------------------------------------
# Leave to send, as the portal gives it: for whole files and for parts.


class Grants:
    """Asks for leave to send. What is read of a file is in the journal before the portal hears of it."""

    def __init__(self, run: Run, calls: SessionCalls, journal: Journal, naming: Naming, outcomes: Outcomes):
        self._calls, self._journal, self._naming, self._outcomes = calls, journal, naming, outcomes
        self._options = run.options
        self.lifetime_s = 8 * AHEAD_S  # of the latest URLs

    def presign(self, items: Sequence[Item]) -> list[tuple[Item, FileRow]]:
        """Those that may be sent, with the portal's answers; the others are settled."""
        granted: list[tuple[Item, FileRow]] = []
        pending = list(items)
        while pending:
            self._naming.keep_former_names(pending)
            new = [item for item in pending if not item.is_known]
            if new:
                self._journal.keep(new)
                for item in new:
                    item.is_known = True
            asked_at = time.monotonic()
            answer: FilesAnswer = self._calls.ask("presign", {"files": [item.description for item in pending]})
            clock = PortalClock(answer, asked_at)
            renamed = []
            for item, row in paired(pending, answer):
                if row["status"] == "granted":
                    item.grant = self._grant(row, clock) if row.get("url") else None
                    granted.append((item, row))
                elif row["status"] == "conflict" and self._options.choice == "folder" and self._naming.rename(item):
                    renamed.append(item)
                else:
                    self._outcomes.answered(item, row, clock, step="presign")
            pending = renamed
        return granted

    def fresh_one(self, job: Job) -> Grant | None:
        """The job's grant, asked for where it has no good one; None where it may not be sent now. Raises UploadGone."""
        if job.grant and job.grant.stale_at > time.monotonic():
            return job.grant
        if not job.part:
            granted = self.presign([job.item])
            job.grant = job.item.grant if granted else None
            return job.grant
        asked_at = time.monotonic()
        number = job.part.number
        md5 = job.item.part_md5s[16 * (number - 1) : 16 * number].hex()
        asked = {"upload": job.part.large.upload, "parts": [{"number": number, "md5": md5}]}
        answer = self._calls.ask_of_upload("parts", asked)
        job.grant = self._grant(answer["parts"][0], PortalClock(answer, asked_at))
        return job.grant

    def _grant(self, row: SignedUrl, clock: PortalClock) -> Grant:
        lifetime_s = clock.seconds_to(row.get("expires_at"))
        if lifetime_s != float("inf"):
            self.lifetime_s = lifetime_s
        margin_s = 1.0 + min(5.0, lifetime_s / 10)  # the header Date has whole seconds
        return Grant(row["url"], row["headers"], clock.asked_at + lifetime_s - margin_s, clock)


# --- engine/parts.py --------------------------------------------------------------------------------------------------
# A large file's way into the store, part by part; what is there already is not sent again.


class PartsSender:
    """Large files under way, each from its upload's beginning to its end."""

    def __init__(self, run: Run, calls: SessionCalls, grants: Grants, outcomes: Outcomes):
        self._run, self._calls, self._grants, self._outcomes = run, calls, grants, outcomes
        self._open = 0
        self._changed = threading.Condition()

    def begin(self, item: Item, upload: UploadInParts) -> None:
        """Queues the parts that the store does not have. Which it has is asked, not remembered."""
        large = Large(item, str(upload["id"]), _all_parts(item))
        with self._changed:
            self._open += 1
        self._go_on(large)

    def wait_for_all(self) -> None:
        """Until no large file is under way."""
        with self._changed:
            while self._open and not self._run.halt.is_set:
                self._changed.wait(0.5)

    def part_arrived(self, part: Part) -> None:
        large = part.large
        with large.lock:
            if not part.is_wanted:  # of an upload from before: the store has it not in this one
                return
            large.left.discard(part.number)
            is_last = not large.left
        if is_last:
            self._complete(large)

    def begin_again(self, large: Large, generation: int) -> None:
        """Its upload is no more: it was completed meanwhile, thrown away after a long pause, or the name is taken.

        Presigning tells which, and may find another name. generation: of the upload that was asked about.
        """
        with large.lock:
            if large.is_over or generation != large.generation:
                return
            large.generation += 1
            arrived, large.left = _all_parts(large.item) - large.left, _all_parts(large.item)
        if large.generation > ROUNDS:
            if self._close(large):
                self._outcomes.fail(large.item, "upload_gone", step="send")
            return
        self._run.tally.add(sent_bytes=-sum(self._part_length(large.item, number) for number in arrived))
        granted = self._grants.presign([large.item])
        if not granted:
            self._close(large)
            return
        large.upload = str(granted[0][1]["upload"]["id"])
        self._go_on(large)

    def give_up(self, job: Job, code: str, message: str = "", http_status: int = 0) -> None:
        """Of a file in parts, or of a whole one: it cannot be sent."""
        self._run.tally.add(sent_bytes=-job.sent_bytes)
        job.sent_bytes = 0
        if job.part and not self._close(job.part.large):
            return
        self._outcomes.fail(job.item, code, message, http_status=http_status, step="send")

    def _go_on(self, large: Large) -> None:
        generation = large.generation
        try:
            missing = self._missing_parts(large)
        except UploadGone:
            self.begin_again(large, generation)
            return
        self._queue_parts(large, missing)

    def _missing_parts(self, large: Large) -> list[int]:
        answer = self._calls.ask_of_upload(f"parts/?upload={large.upload}", method="GET")
        stored = {part["number"]: (part["size"], part["md5"]) for part in answer["parts"]}
        item = large.item
        missing = []
        for number in range(1, len(item.part_md5s) // 16 + 1):
            length = self._part_length(item, number)
            if stored.get(number) == (length, item.part_md5s[16 * (number - 1) : 16 * number].hex()):
                self._run.tally.add(sent_bytes=length)
            else:
                missing.append(number)
        return missing

    def _queue_parts(self, large: Large, numbers: list[int]) -> None:
        large.left = set(numbers)
        if not numbers:
            self._complete(large)
            return
        item = large.item
        for number in reversed(numbers):
            offset = (number - 1) * item.part_size
            length = self._part_length(item, number)
            part = Part(large, number, large.generation)
            self._run.lines.granted.put_first(Job(item, offset, length, part=part))

    def _complete(self, large: Large) -> None:
        asked_at, generation = time.monotonic(), large.generation
        try:
            answer: Completion = self._calls.ask_of_upload("complete", {"upload": large.upload})
        except UploadGone:
            self.begin_again(large, generation)
            return
        if answer["status"] == "completed":
            if self._close(large):
                self._outcomes.arrived(large.item)
        elif answer["status"] == "conflict":
            self.begin_again(large, generation)
        elif answer["status"] == "incomplete" and generation < ROUNDS:
            with large.lock:
                large.generation += 1
            numbers = sorted(answer.get("missing") or [])
            self._run.tally.add(sent_bytes=-sum(self._part_length(large.item, number) for number in numbers))
            self._queue_parts(large, numbers)
        elif self._close(large):
            status = answer["status"] if answer["status"] != "incomplete" else "failed"
            clock = PortalClock(answer, asked_at)
            self._outcomes.answered(large.item, answer | {"status": status}, clock, step="confirm")

    def _part_length(self, item: Item, number: int) -> int:
        return min(item.part_size, item.size - (number - 1) * item.part_size)

    def _close(self, large: Large) -> bool:
        """Whether it was this call that brought the upload to its end."""
        with large.lock:
            if large.is_over:
                return False
            large.is_over = True
        with self._changed:
            self._open -= 1
            self._changed.notify_all()
        return True


def _all_parts(item: Item) -> set[int]:
    """Their numbers, from 1."""
    return set(range(1, len(item.part_md5s) // 16 + 1))


# --- engine/granter.py ------------------------------------------------------------------------------------------------
# The second stage of a round: as many files are granted at once as the link will soon send.

GRANTERS = 2  # the second only where most is stored already, and the portal's answers are what takes the time
FIRST_GRANTS = 20


class Granter:
    """Grants what was hashed, just in time."""

    def __init__(self, run: Run, grants: Grants, parts: PartsSender):
        self._run, self._grants, self._parts = run, grants, parts
        self._mostly_stored = sum(item.was_verified for item in run.items) > 0.9 * len(run.items)
        self.begin_round()

    def begin_round(self) -> None:
        self._leading = threading.Lock()

    def grant_files(self) -> None:
        leads = self._leading.acquire(blocking=False)
        while leads or self._mostly_stored:
            size = self._batch_size()
            self._run.lines.granted.wait_below(size // 2)
            least = size if self._mostly_stored else min(size, FIRST_GRANTS)
            batch = self._run.lines.hashed.batch(size, least, 0.2)
            if not batch:
                break
            granted = self._grants.presign(batch)
            self._mostly_stored = len(granted) < 0.1 * len(batch)
            for item, row in granted:
                if upload := row.get("upload"):
                    self._parts.begin(item, upload)
                else:
                    self._run.lines.granted.put(Job(item, 0, item.size, item.grant))
        self._parts.wait_for_all()

    def _batch_size(self) -> int:
        """As many files as the link has lately sent in the time that is granted ahead."""
        if self._mostly_stored:
            return MAX_BATCH_FILES
        files_per_s, bytes_per_s = self._run.files_pace.per_s, self._run.bytes_pace.per_s
        if not files_per_s or not bytes_per_s:
            return FIRST_GRANTS
        tally = self._run.tally
        mean = max(1.0, tally.bytes / max(1, tally.files))
        ahead_s = min(AHEAD_S, self._grants.lifetime_s / 8)
        size = round(max(files_per_s, bytes_per_s / mean) * ahead_s)
        return max(2, min(MOST_GRANTS, size))


# --- engine/hasher.py -------------------------------------------------------------------------------------------------
# Reading and hashing files that must stay as they were selected.

READ_CHUNK = MIB


def is_unchanged(item: Item, stat: os.stat_result) -> bool:
    return stat.st_size == item.size and stat.st_mtime_ns == item.mtime_ns


def check_unchanged(item: Item) -> None:
    try:
        stat = os.stat(item.local)
    except OSError:
        raise FileFault("file_unreadable") from None
    if not is_unchanged(item, stat):
        raise FileFault("file_changed")


@contextlib.contextmanager
def steady(item: Item) -> Iterator[FileIO]:
    """The open file, known to be the one that was selected, before and after."""
    try:
        with open(item.local, "rb", buffering=0) as file:
            if not is_unchanged(item, os.fstat(file.fileno())):
                raise FileFault("file_changed")
            yield file
            if not is_unchanged(item, os.fstat(file.fileno())):
                raise FileFault("file_changed")
    except OSError:
        raise FileFault("file_unreadable") from None


def read_small(item: Item) -> bytes:
    with steady(item) as file:
        pieces: list[bytes] = []
        while piece := file.read(item.size + 1 - sum(map(len, pieces))):
            pieces.append(piece)
    body = b"".join(pieces)
    if len(body) != item.size:
        raise FileFault("file_changed")
    return body


def hash_large(item: Item, part_size: int, halt: Halt) -> None:
    """One reading gives the MD5 of the whole and, with a `part_size`, those of its parts; little is held in memory."""
    whole, part, parts = hashlib.md5(), hashlib.md5(), []
    done = in_part = 0
    with steady(item) as file:
        while True:
            halt.check()
            chunk = file.read(min(READ_CHUNK, part_size - in_part) if part_size else READ_CHUNK)
            if not chunk:
                break
            whole.update(chunk)
            done += len(chunk)
            if part_size:
                part.update(chunk)
                in_part += len(chunk)
                if in_part == part_size:
                    parts.append(part.digest())
                    part, in_part = hashlib.md5(), 0
    if in_part:
        parts.append(part.digest())
    if done != item.size:
        raise FileFault("file_changed")
    item.md5, item.part_md5s, item.part_size = whole.hexdigest(), b"".join(parts), part_size


def digest_of(item: Item, halt: Halt) -> str:
    """The MD5 of a file, read now unless it is known."""
    if not item.md5:
        hash_large(item, 0, halt)
    return item.md5


# --- engine/reader.py -------------------------------------------------------------------------------------------------
# The first stage of a round: reading and hashing.

READERS = 2
KEEP_BYTES = 8 * MIB  # files up to here stay in memory between reading and sending: read once, sent as hashed


class Reader:
    """Reads the files of one round, each by one of several threads."""

    def __init__(self, run: Run, calls: SessionCalls, outcomes: Outcomes, items: Sequence[Item]):
        self._run, self._calls, self._outcomes = run, calls, outcomes
        self._waiting = iter(items)
        self._taking = threading.Lock()

    def read_files(self) -> None:
        while not self._run.halt.is_set:
            with self._taking:
                item = next(self._waiting, None)
            if item is None:
                return
            if item.is_sent:  # and its name was unsettled then
                self._run.lines.sent.put(item)
                continue
            try:
                self._read(item)
            except FileFault as fault:
                self._outcomes.fail(item, fault.code, step="hash")
                continue
            self._run.tally.add(hashed=1)
            self._run.lines.hashed.put(item)

    def _read(self, item: Item) -> None:
        above, part_size = self._calls.parts_above
        is_large = bool(above) and item.size > above
        if item.md5 and (not is_large or item.part_size == part_size):
            if not item.is_judged:  # read by an earlier run, or to compare namesakes
                self._judge(item, look_into(item.local))
            return
        if item.size > KEEP_BYTES or is_large:
            hash_large(item, part_size if is_large else 0, self._run.halt)
            self._judge(item, look_into(item.local))
            return
        self._run.budget.take(item.size)
        try:
            item.body = read_small(item)
        except BaseException:
            self._run.budget.give_back(item.size)
            raise
        item.md5 = hashlib.md5(item.body).hexdigest()
        try:
            self._judge(item, facts_in(item.name, item.body))
        except FileFault:
            self._run.budget.give_back(item.size)
            item.body = None
            raise

    def _judge(self, item: Item, facts: FileFacts | None) -> None:
        """Raises FileFault for a content of another data type; that of a damaged file is sent as it is."""
        if facts is None:
            raise FileFault("file_unreadable")
        if contradiction(facts, item.data_type):
            raise FileFault("other_type")
        item.damage, item.is_judged = facts.damage, True
        if facts.damage:
            self._run.log.note("damaged", f"{item.path} {DAMAGE[facts.damage]}")


# --- engine/sender.py -------------------------------------------------------------------------------------------------
# One PUT's way into the store, of a file or of a part of one, and what follows when it fails.

SEND_CHUNK = 256 * KIB
SLOW_CHUNK = 16 * KIB  # under a limit: small enough to keep to it evenly
REFUSALS_THAT_STOP = 20  # files refused in a row: the store refuses this upload, not these files


class Sender:
    """The third stage: sends what is granted, by as many threads as the crew has places for."""

    def __init__(self, run: Run, wire: Wire, grants: Grants, parts: PartsSender, outcomes: Outcomes):
        self._run, self._wire, self._grants, self._parts, self._outcomes = run, wire, grants, parts, outcomes
        self._refused_in_a_row = 0

    def send_files(self) -> None:
        while True:
            with self._run.crew.place():
                job = self._run.lines.granted.take()
                if job is None:
                    return
                if not job.part or job.part.is_wanted:
                    self._deliver(job)

    def _deliver(self, job: Job) -> None:
        try:
            end = self._send(job)
        except FileFault as fault:
            self._parts.give_up(job, fault.code)
            return
        except CallFault as fault:
            told_as = fault.code if fault.code in WHY else fault.told_as
            self._parts.give_up(job, told_as, fault.message or fault.code, fault.http_status)
            self._refused_in_a_row += 1
            if self._refused_in_a_row >= REFUSALS_THAT_STOP:
                message = f"The store refuses file after file ({fault}). Please tell a maintainer."
                raise Refusal(message, "refused") from None
            return
        if end == "arrived":
            self._refused_in_a_row = 0
            if job.part:
                self._parts.part_arrived(job.part)
            else:
                self._outcomes.arrived(job.item)
        elif end == "gone" and job.part:
            self._parts.begin_again(job.part.large, job.part.generation)

    def _send(self, job: Job) -> str:
        """One PUT with its retries. Raises FileFault, and CallFault for a refusal.

        `arrived`: the portal should be asked what the store holds now; `gone`: the upload in parts is no more;
        `settled`: the file came to an end otherwise.
        """
        halt, gate, options = self._run.halt, self._run.gate, self._run.options
        tries, is_renewed, ran_out_at = 0, False, 0.0
        while True:
            is_probe = gate.enter()
            try:
                grant = self._grants.fresh_one(job)
                if grant is None:
                    gate.released(is_probe)
                    return "settled"
                self._put(job, grant)
                gate.answered()
                return "arrived"
            except UploadGone:
                gate.released(is_probe)
                return "gone"
            except CallFault as fault:
                has_run_out = job.grant is not None and job.grant.had_run_out(fault)
                url = "over" if has_run_out else "fresh" if is_renewed else "good"
                verdict = judge_put(fault, url)
                if verdict == "again" and fault.code not in BODY_CODES | RACE_CODES:  # which say that it is there
                    gate.failed(is_probe, fault.retry_after_s)
                    self._run.crew.faulted()
                else:
                    gate.answered()
                self._run.tally.add(retries=1, sent_bytes=-job.sent_bytes)
                job.sent_bytes = 0
                part = job.part.number if job.part else ""
                self._run.log.note("retry", f"{job.item.path} {part} try {job.item.tries}: {fault}")
                if verdict == "gone" and job.part:
                    return "gone"
                if verdict == "ask" and not job.part:
                    return "arrived"
                if verdict == "renew":
                    if url == "over":
                        self._note_ran_out(fault, ran_out_at := ran_out_at or time.monotonic())
                    is_renewed, job.grant = is_renewed or url == "good", None
                    continue
                tries += not is_probe  # a probe is the store's try, not the file's
                if verdict in ("final", "gone"):
                    raise
                if tries >= MAX_TRIES:
                    if job.part:
                        raise
                    job.item.doubt = fault  # even the last try may have arrived with only its answer lost
                    return "arrived"
                if not gate.is_closed:  # which keeps a pace of its own
                    halt.sleep(min(delay_s(tries, fault.retry_after_s), options.patience_s))
            except BaseException:
                gate.released(is_probe)
                raise

    def _note_ran_out(self, fault: CallFault, first_at: float) -> None:
        """A URL's time did not last for its file. No try of the file's is used up, but the patience has an end."""
        self._run.crew.ran_out()
        if time.monotonic() - first_at > self._run.options.patience_s:
            raise CallFault("url_ran_out", fault.http_status) from None

    def _put(self, job: Job, grant: Grant) -> None:
        item = job.item
        item.tries += 1
        if item.body is None:
            check_unchanged(item)
        if item.body is not None and not self._run.throttle.bytes_per_s:
            body: Body = item.body
        else:
            body = self._pieces(job)
        headers = grant.headers | {"Content-Length": str(job.length)}
        reply = self._wire.exchange("PUT", grant.url, headers, body)
        check_unchanged(item)
        is_error = b"<Error" in reply.body[:2_000]
        if not 200 <= reply.status < 300 or is_error:
            code = re.search(rb"<Code>(\w+)</Code>", reply.body[:4_000])
            raise CallFault(
                code[1].decode() if code else f"http_{reply.status}",
                500 if is_error and reply.status < 300 else reply.status,
                retry_after_s=retry_after_s(reply.headers),
                answered_at=http_date(reply.headers.get("Date")),
            )
        self._progressed(job, job.length - job.sent_bytes)
        self._run.tally.add(sent_files=1)
        self._run.note_pace()
        self._run.crew.sent(job.length)

    def _pieces(self, job: Job) -> Iterator[Piece]:
        chunk = SLOW_CHUNK if self._run.throttle.bytes_per_s else SEND_CHUNK
        if job.item.body is not None:
            view = memoryview(job.item.body)
            pieces: Iterator[Piece] = (view[start : start + chunk] for start in range(0, len(view), chunk))
        else:
            pieces = self._from_disk(job, chunk)
        for piece in pieces:
            self._run.throttle.take(len(piece))
            yield piece
            self._progressed(job, len(piece))

    def _from_disk(self, job: Job, chunk: int) -> Iterator[bytes]:
        left = job.length
        try:
            with open(job.item.local, "rb", buffering=0) as file:
                file.seek(job.offset)
                while left:
                    piece = file.read(min(chunk, left))
                    if not piece:
                        raise FileFault("file_changed")
                    left -= len(piece)
                    yield piece
        except OSError:
            raise FileFault("file_unreadable") from None

    def _progressed(self, job: Job, count: int) -> None:
        job.sent_bytes += count
        self._run.tally.add(sent_bytes=count)


# --- engine/engine.py -------------------------------------------------------------------------------------------------
# The engine as the commands see it: one upload of one plan.


class Engine:
    """read and hash -> grant -> send -> confirm, all at once, with bounded queues between them.

    The page asks the portal about all names before it reads a file; here the grant's answer says the same.
    """

    def __init__(self, context: Context, *, journal: Journal, plan: Plan, options: Options):
        self._plan = plan
        self._run = run = Run(context, plan, options)
        self._calls = calls = SessionCalls(context, journal)
        self._waiting = waiting = Waiting()
        self._failures = failures = FailureReports(run, calls, context.portal)
        self._outcomes = outcomes = Outcomes(run, waiting, failures)
        self._naming = naming = Naming(run, calls)
        grants = Grants(run, calls, journal, naming, outcomes)
        parts = PartsSender(run, calls, grants, outcomes)
        self._granter = Granter(run, grants, parts)
        self._sender = Sender(run, context.wire, grants, parts, outcomes)
        self._confirmer = Confirmer(run, calls, journal, waiting=waiting, failures=failures, outcomes=outcomes)
        self.items, self.tally, self.gate = run.items, run.tally, run.gate

    # The session

    @property
    def session(self) -> Session:
        return self._calls.session

    def open(self, *, deployment: str, data_type: str, uploader_name: str, reason: str) -> None:
        self._calls.open(
            self._plan, deployment=deployment, data_type=data_type, uploader_name=uploader_name, reason=reason
        )

    def finish(self, declared: int | None = None) -> Verdict:
        return self._calls.finish(declared)

    # A round of all stages

    def start(self, items: Sequence[Item]) -> list[threading.Thread]:
        """Begins a round; it is over when all the threads are. Errors are in `halt`."""
        run, lines = self._run, self._run.lines
        lines.renew()
        self._granter.begin_round()
        run.note_pace()
        reader = Reader(run, self._calls, self._outcomes, items)
        return [
            *self._stage(READERS, reader.read_files, lines.hashed.close),
            *self._stage(GRANTERS, self._granter.grant_files, lines.granted.close),
            *self._stage(run.options.jobs, self._sender.send_files, lines.sent.close),
            *self._stage(1, self._confirmer.confirm_files, lambda: None),
        ]

    def _stage(self, count: int, work: Callable[[], None], done: Callable[[], None]) -> list[threading.Thread]:
        left = [count]
        lock = threading.Lock()

        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 (told to the main thread, which raises it)
                self._run.halt.fail(error)
            finally:
                with lock:
                    left[0] -= 1
                    is_last = not left[0]
                if is_last:
                    done()

        threads = [threading.Thread(target=run, name=work.__name__, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads

    # What comes once more

    @property
    def waiting(self) -> list[Item]:
        """For what an older program may still do."""
        return self._waiting.items

    def again(self) -> list[Item]:
        """The files for another round, if there is to be one."""
        return self._waiting.next_round()

    def ask_again(self, items: Sequence[Item]) -> None:
        """For another round: those that were sent are confirmed, the others granted."""
        self._waiting.ask_again(items)

    def give_up_waiting(self) -> None:
        for item in self._waiting.items:
            self._outcomes.settle(item, "unsettled", item.code, item.message)
        self._waiting.items = []

    # The ends of files

    @property
    def has_all_proven(self) -> bool:
        return all(item.status in ("verified", "stored") for item in self.items)

    @property
    def conflicts(self) -> list[Item]:
        """For which nobody has chosen yet."""
        return self._outcomes.conflicts

    def settle_conflicts(self, choice: str) -> None:
        """What was found under taken names while nobody had chosen what to do then."""
        self._run.options.choice = choice
        found, self._outcomes.conflicts = self._outcomes.conflicts, []
        for item in found:
            if choice == "folder" and self._naming.rename(item):
                item.status = item.code = item.message = ""
                self._waiting.once_more(item)
                self.tally.add(bad=-1, unsent_bytes=-item.size)

    # Telling the maintainers

    @property
    def unreported(self) -> int:
        return self._failures.unreported

    def report_failures(self) -> None:
        self._failures.report()

    def report_unreadable(self, paths: Sequence[str]) -> None:
        """Files of the card that nobody could look at."""
        self._failures.report_unreadable(paths)


# --- engine/recall.py -------------------------------------------------------------------------------------------------
# Which readings of a stopped run may stand for a file, and how that is proven.

SAMPLE = 64  # of the files recalled: another card that differs in one file of ten is missed once in 800 times
SMALLEST_SAMPLE, SAMPLE_BYTES = 8, 512 * MIB
RESET_BEFORE = "2002-01-01"  # recorders whose clocks were reset count from 1970, 1980 or 2000
RESET_BEFORE_NS = int(datetime.fromisoformat(RESET_BEFORE + "T00:00+00:00").timestamp()) * 10**9


def looks_alike(item: Item, of_one_time: Counter[int]) -> bool:
    """Whether no clock tells this file from one of another card: it was reset, or several files have the same time."""
    day = device_time(item.name)[:10]
    return item.mtime_ns < RESET_BEFORE_NS or "" < day < RESET_BEFORE or of_one_time[item.mtime_ns] > 1


def to_be_proven(recalled: Sequence[Item], items: Sequence[Item]) -> list[Item]:
    """A sample, another one each time, then all that look alike. `items`: all of the selection."""
    of_one_time = Counter(item.mtime_ns for item in items)
    alike = [item for item in recalled if looks_alike(item, of_one_time)]
    chosen = set(map(id, alike))
    others = [item for item in recalled if id(item) not in chosen]
    sample: list[Item] = []
    size = 0
    for item in random.sample(others, min(SAMPLE, len(others))):
        size += item.size
        if len(sample) >= SMALLEST_SAMPLE and size > SAMPLE_BYTES:
            break
        sample.append(item)
    return sample + alike


def is_as_read(item: Item, halt: Halt) -> bool:
    """Reads the file again. One that cannot be read now is only not known any more."""
    kept = (item.md5, item.part_md5s)
    try:
        hash_large(item, item.part_size, halt)
    except FileFault:
        item.forget()
        return True
    return (item.md5, item.part_md5s) == kept


# --- commands/arguments.py --------------------------------------------------------------------------------------------
# The command line: its options and what they may be.


def upload_parser(is_card: bool, description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ami_upload.py scan" if is_card else "ami_upload.py",
        description="Upload a whole card: sorts its files by what they say of themselves, their folders and names."
        if is_card
        else description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if is_card:
        parser.add_argument("folder", metavar="CARD", nargs="?", help="the card, or a copy of it")
        parser.add_argument(
            "--folder-type",
            metavar="FOLDER=TYPE",
            action="append",
            default=[],
            help=f"of which data type all files in a folder of the card are, or {NO_DATA}; may be given again",
        )
    else:
        parser.add_argument("folder", metavar="FOLDER", nargs="?", help="what to upload, with the folders inside it")
        parser.add_argument("--data-type", choices=list(EXTENSIONS))
    parser.add_argument(
        "--keep-type", action="store_true", help="send sounds as the data type given, whatever their sample rate says"
    )
    parser.add_argument(
        "--damaged-known", action="store_true", help="files that look damaged are known: they may be safe as they are"
    )
    parser.add_argument("--deployment", metavar="ID", help="such as dep000127")
    parser.add_argument("--portal", metavar="URL", help="the portal's address; else the variable AMI_PORTAL")
    parser.add_argument("--name", default="", help="your name, for the portal's record; else the account's")
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent under which name; send nothing")
    parser.add_argument(
        "--verify", action="store_true", help="is all of this stored? reads every file, sends none: SAFE or NOT SAFE"
    )
    parser.add_argument(
        "--on-collision",
        choices=["folder", "leave-out", "ask"],
        default="",
        help="different files of one name: add the folder at the end of the name, or leave them out (default: ask)",
    )
    parser.add_argument("--reason", metavar="TEXT", default="", help="why files from outside the season belong here")
    parser.add_argument(
        "--limit-mbps", metavar="N", type=positive, default=0.0, help="send at most N megabits per second (8: 1 MB/s)"
    )
    parser.add_argument("--jobs", metavar="N", type=whole, default=JOBS, help=f"most files at once (default {JOBS})")
    parser.add_argument("--timeout", metavar="S", type=positive, default=60.0, help="seconds without an answer (60)")
    parser.add_argument(
        "--patience", metavar="MIN", type=positive, default=720.0,
        help="minutes to wait for a portal or store that is away (default 720)",
    )  # fmt: skip
    parser.add_argument(
        "--no-wait", action="store_true",
        help="where an older program may still write for long: do not wait, say when to look again, exit code 1",
    )  # fmt: skip
    parser.add_argument("--reread", action="store_true", help="read again what a run that was stopped has read already")
    parser.add_argument("--resume", action="store_true", help="continue an earlier run; this is done without it too")
    parser.add_argument("--receipt", metavar="FILE", help="where to keep the signed receipt (default: beside the log)")
    parser.add_argument("--log", metavar="FILE", help="where to write the log")
    parser.add_argument("--quiet", action="store_true", help="say nothing but the verdict")
    parser.add_argument("--version", action="version", version=client_name())
    return parser


def receipt_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ami_upload.py verify-receipt",
        description="Check a receipt without any connection: was it signed by the portal, and is it unchanged?",
    )
    parser.add_argument("receipt", metavar="receipt.json")
    parser.add_argument(
        "--public-key",
        metavar="BASE64",
        action="append",
        required=True,
        help="the portal's, from a source you trust; may be given again for older ones",
    )
    return parser


def positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def whole(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 64:
        raise ValueError
    return value


# --- commands/course.py -----------------------------------------------------------------------------------------------
# One data type's way to its exit code.


@dataclass
class Target:
    """One folder, or the files of one data type of a card, on its way to one deployment and data type."""

    root: str
    deployment: str
    data_type: str
    card: CardLook | None = None  # of which it is a part; then the card gets the verdict
    proven: int = 0  # files
    items: list[Item] = field(default_factory=list)  # its files, as they were looked at last
    failing: list[Item] = field(default_factory=list)  # stored, but damaged as by a card that fails
    uncovered: list[tuple[str, str]] = field(default_factory=list)  # data beside them, with the reason

    @property
    def described(self) -> str:
        return f"{self.root} to {self.deployment}, {self.data_type}"

    @property
    def is_part(self) -> bool:
        """Of a whole card."""
        return self.card is not None

    def is_by_choice(self, item: Item) -> bool:
        """Whether a person gave this very file its data type."""
        return self.card is not None and item.path.removeprefix(f"{self.card.top}/") in self.card.by_choice

    def takes(self, path: str) -> bool:
        """Whether it sends the file with this relative path, if it is data at all."""
        return self.card is None or self.card.data_type_of(path) == self.data_type


# One data type's way to its exit code; it yields when all that is left is to wait for a moment hours away.
Course = Generator[None, None, int]


def run_courses(courses: Sequence[Course]) -> list[int]:
    """Their exit codes. First each until it can only wait, so that none waits for another; an interruption ends all."""
    codes: list[int] = []
    left = list(courses)
    try:
        while left and INTERRUPTED not in codes:
            still = []
            for course in left:
                try:
                    next(course)
                    still.append(course)
                except StopIteration as end:
                    codes.append(end.value)
                    if end.value == INTERRUPTED:
                        break
            left = still
    finally:
        for course in courses:
            course.close()
    return codes


# --- commands/planning.py ---------------------------------------------------------------------------------------------
# From the files of a folder to what is to be sent.


def look_through(context: Context, target: Target) -> Scan:
    def note(files: int) -> None:
        context.screen.status(f"Looking through the folder: {files_(files)} so far ...")

    found = scan(target.root, target.data_type, takes=target.takes, note=note)
    for item in found.items:
        if not (context.arguments.keep_type or target.is_by_choice(item)):
            item.data_type = target.data_type
    return found


def changed_meanwhile(context: Context, target: Target, found: Scan) -> list[Item]:
    """Files that came to the folder, or changed, since it was looked through; each is marked as failed.

    What is left out of `found` is as of now.
    """
    before = {item.path: item for item in found.items}
    late = []
    now = look_through(context, target)
    found.left_out = now.left_out
    for item in now.items:
        known = before.get(item.path)
        if known is None:
            code = "new_file"
        elif (known.size, known.mtime_ns) != (item.size, item.mtime_ns) and known.status != "failed":
            code = "file_changed"
        else:
            continue
        item.status, item.code = "failed", code
        context.log.note("failed", f"{item.path} {code}")
        late.append(item)
    return late


def go_on(context: Context, found: Scan, journal: Journal) -> None:
    """Takes over what a stopped run had read, once the card itself proves that it is the same one.

    Everything that looks alike and a sample of the rest are read again; one difference drops all.
    """
    if context.arguments.reread:
        journal.forget()
    recalled = journal.recall(found.items)
    proven = to_be_proven(recalled, found.items)
    for done, item in enumerate(proven):
        context.screen.status(f"Is it the same card? {number(done)} of {files_(len(proven))} read again: {item.path}")
        if not is_as_read(item, context.halt):
            context.log.note("forgotten", f"{item.path} is not what the run before has read")
            context.screen.say("  These are not the files that the run before has read: all are read again.")
            for each in recalled:
                each.forget()
            journal.forget()
            return
    if recalled:
        context.log.note("recalled", f"{len(recalled)} files, {len(proven)} of them read again")


def make_plan(context: Context, found: Scan, journal: Journal) -> Plan:
    def digest(item: Item) -> str:
        context.screen.status(f"Reading files that share a name: {item.path}")
        try:
            return digest_of(item, context.halt)
        except FileFault:
            return f"unreadable {item.path}"  # like no other; reading it again will say so

    plan, groups = namesakes_of(found.items, digest)
    choice = collision_choice(context, groups, journal) if groups else ""
    plan = settle_names(plan, groups, choice)
    given = context.arguments
    given.choice = choice or given.on_collision or journal.note("choice")
    if given.choice == "ask":
        given.choice = ""
    if not given.dry_run:
        journal.write(choice=given.choice)
    return plan


def collision_choice(context: Context, groups: list[list[Item]], journal: Journal) -> str:
    given, screen = context.arguments, context.screen
    choice = given.on_collision or journal.note("choice")
    if choice not in ("folder", "leave-out"):
        screen.say(f"{number(len(groups))} names stand for different files:", even_if_quiet=True)
        for group in groups[:5]:
            screen.say(*[f"  {item.path}" for item in group], even_if_quiet=True)
        choice = ask_choice(screen)
    return choice


def ask_choice(screen: Screen) -> str:
    if not screen.can_ask:
        raise UsageFault("Choose what to do about them: --on-collision folder, or --on-collision leave-out.")
    while True:
        answer = screen.ask("Add the folder's name to each (f), or leave them out (l)? ").casefold()
        if answer[:1] in ("f", "l"):
            return "folder" if answer[0] == "f" else "leave-out"


def tell_plan(context: Context, found: Scan, plan: Plan) -> None:
    screen, log = context.screen, context.log
    screen.say(f"{files_(len(plan.send))}, {bytes_(plan.size)}, to be sent or already there.")
    for reason, count in Counter(reason for _, reason in found.left_out).most_common():
        screen.say(f"  left out: {number(count)} {REASONS[reason]}")
    for code, count in Counter(item.code for item in plan.not_sent).most_common():
        screen.say(f"  NOT SENT: {number(count)} {REASONS[code]}")
    if plan.copies:
        screen.say(f"  sent once: {number(len(plan.copies))} copies of other files of the same name and content")
    if plan.renamed:
        screen.say(f"  {number(len(plan.renamed))} with the folder in the name, such as {plan.renamed[0].name}")
    unread = [(reason, item.name) for item in plan.send if (reason := passed_over(item.name))]
    for reason, count in Counter(reason for reason, _ in unread).most_common():
        example = next(name for each, name in unread if each == reason)
        words = f"ignored by the species pipeline: {PASSED_OVER[reason]}, such as {example}"
        screen.say(f"  {files_(count)} will be {words}")
    for path, reason in found.left_out:
        log.note("left out", f"{path}: {reason}")
    for path, sent_as in plan.copies:
        log.note("copy", f"{path} of {sent_as}")
    for item in plan.renamed:
        log.note("named", f"{item.path} as {item.name}")
    for item in plan.not_sent:
        log.note("not sent", f"{item.path}: {item.message}")


# --- commands/telling.py ----------------------------------------------------------------------------------------------
# Lists of files, in words.


def by_reason(uncovered: Sequence[tuple[str, str]]) -> list[str]:
    counted = Counter(reason for _, reason in uncovered)
    return [f"{files_(counted[reason])} {words}" for reason, words in UNCOVERED.items() if counted[reason]]


def tell_paths(screen: Screen, told: Sequence[tuple[str, str]], *, even_if_quiet: bool = True) -> None:
    for path, why in told[:20]:
        screen.say(f"  {path}: {why}", even_if_quiet=even_if_quiet)
    if len(told) > 20:
        screen.say(f"  ... and {number(len(told) - 20)} more: see the log", even_if_quiet=even_if_quiet)


def tell_not_stored(screen: Screen, items: Sequence[Item], unreadable: Sequence[tuple[str, str]]) -> None:
    told = [(item.path, item.why if item.status else WHY["not_sent"]) for item in items]
    tell_paths(screen, told + [(path, WHY[reason]) for path, reason in unreadable])


def tell_damaged(screen: Screen, items: Sequence[Item]) -> list[Item]:
    """Names the files that look damaged; gives those that speak of a failing card."""
    damaged = [item for item in items if item.damage]
    if damaged:
        screen.say(f"{look_damaged(len(damaged))}:", even_if_quiet=True)
        tell_paths(screen, [(item.path, f"it {DAMAGE[item.damage]}.") for item in damaged])
    return [item for item in damaged if item.damage in FAILING_DAMAGE]


def look_damaged(count: int) -> str:
    return f"{files_(count)} {'looks' if count == 1 else 'look'} damaged"


def failing_words(count: int) -> str:
    return (
        f"{look_damaged(count)}: the card may be failing. Copy it again before you wipe it; if it really holds"
        " them so, say --damaged-known."
    )


def tell_when_to_look_again(screen: Screen, items: Sequence[Item]) -> None:
    dues = dues_of([item for item in items if item.code == "unsettled"])
    if not dues:
        codes = {item.code for item in items}
        if "being_read" in codes:
            screen.say("The portal still reads some of them. Run the same command again later.", even_if_quiet=True)
        if "not_told" in codes:
            screen.say(
                "The store gave no answer about some of them. Run the same command again later.", even_if_quiet=True
            )
        return
    last = max(dues, key=lambda due: due.at)
    screen.say(
        f"An older program may still write under {names_(len(dues))} until {last.told}. Look again after that, by the"
        " same command.",
        even_if_quiet=True,
    )


# --- commands/wait.py -------------------------------------------------------------------------------------------------
# Waiting until the portal can tell of files that it could not tell of before.

SHORT_WAIT_S = 600.0  # what the portal reads or asks for meanwhile is waited for even with --no-wait
TOGETHER_S = 60.0  # names that are due within so long of each other are asked about at once


class Wait:
    """For the moment until which an older program may write: other files have gone on, and patience has an end."""

    def __init__(self, context: Context):
        self._context = context
        given = context.arguments
        self._left_until = time.monotonic() + min(60 * given.patience, SHORT_WAIT_S if given.no_wait else float("inf"))
        self._said = ""

    def say(self, items: Sequence[Item]) -> None:
        items = [item for item in items if item.code == "unsettled"]
        if not items:
            return
        last = max(dues_of(items), key=lambda due: due.at)
        if self._said != last.told and self._lasts_for(last):
            tell_paths(self._context.screen, [(item.path, item.why) for item in items], even_if_quiet=False)
        self.say_names(len(items), last)

    def say_names(self, count: int, due: Due) -> None:
        """Once for each moment."""
        if self._said == due.told or not self._lasts_for(due):
            return
        self._said = due.told
        self._context.screen.say(
            f"An older program may still write under {names_(count)} until {due.told}. All else is done; what is there"
            " then is compared, and this goes on by itself. Ctrl-C ends it, and the same command goes on."
        )

    def until_due(self, items: Sequence[Item]) -> bool:
        """Until the first are due, with those that are so soon after; False where nobody waits so long."""
        dues = dues_of(items)
        first = min(dues, key=lambda due: due.at)
        together = [due for due in dues if due.at <= first.at + TOGETHER_S]
        return self.until(max(together, key=lambda due: due.at))

    def until(self, due: Due) -> bool:
        screen, halt = self._context.screen, self._context.halt
        if not self._lasts_for(due):
            return False
        while due.left_s and not halt.is_set:
            screen.status(f"Waiting until {due.told}: {duration_(due.left_s)} left")
            with contextlib.suppress(Halted):
                halt.sleep(min(1.0, due.left_s))
        return not halt.is_set

    def _lasts_for(self, due: Due) -> bool:
        return time.monotonic() + due.left_s <= self._left_until


# --- commands/card_check.py -------------------------------------------------------------------------------------------
# Is all of this stored? Reads every file, sends none.


def verify_card(context: Context, target: Target) -> Course:
    """Reads every file and has the portal look at the store; sends nothing, writes nothing."""
    screen, log, halt = context.screen, context.log, context.halt
    screen.say("", f"Checking {target.described}")
    found = look_through(context, target)
    missing: list[Item] = []
    stored: set[tuple[int, str]] = set()
    checked = 0
    for batch in batches(found.items, MAX_BATCH_FILES // 4):
        readable = []
        for item in batch:
            try:
                hash_large(item, 0, halt)
                facts = look_into(item.local)
                item.damage = facts.damage if facts else ""
                readable.append(item)
            except FileFault as fault:
                item.status, item.code = "failed", fault.code
                missing.append(item)
        missing += not_in_store(context, target, readable)
        stored |= {(item.size, item.md5) for item in readable if item.status == "stored"}
        checked += len(batch)
        screen.status(f"{number(checked)} of {files_(len(found.items))} checked, {number(len(missing))} not stored")
    wait = Wait(context)
    while waiting := [item for item in missing if item.due]:
        wait.say(waiting)
        yield
        if not wait.until_due(waiting):
            break
        due = [item for item in waiting if item.is_due]
        asked = set(map(id, due))
        missing = [item for item in missing if id(item) not in asked]
        missing += not_in_store_now(context, target, due)
        stored |= {(item.size, item.md5) for item in due if item.status == "stored"}
    # A copy was sent once, under the name of the file that it is a copy of.
    missing = [item for item in missing if (item.size, item.md5) not in stored]
    # What was found stored must still be what is on the card: reading and waiting may have taken hours.
    late = changed_meanwhile(context, target, found)
    paths = {item.path for item in late}
    missing = [item for item in missing if item.path not in paths] + late
    found.items += [item for item in late if item.code == "new_file"]
    tell_when_to_look_again(screen, missing)
    for item in missing:
        log.note("not stored", f"{item.path} {item.md5} {item.code}")
    tell_not_stored(screen, sorted(missing, key=lambda item: item.path), found.unreadable)
    left_out = len(found.left_out) - len(found.unreadable) - len(found.other_data)
    if left_out:
        screen.say(f"Not covered: {number(left_out)} files of other types, hidden or empty.")
    target.proven, target.uncovered = len(found.items) - len(missing), found.other_data
    target.items = found.items + late
    target.failing = [] if context.arguments.damaged_known else tell_damaged(screen, found.items)
    return tell_checked(context, target, found, missing)


def tell_checked(context: Context, target: Target, found: Scan, missing: Sequence[Item]) -> int:
    bad = len(missing) + len(found.unreadable)
    other = len(found.other_data)
    is_safe = not bad and (target.is_part or (bool(found.items) and not other and not target.failing))
    if bad:
        total = len(found.items) + len(found.unreadable)
        words = f"NOT SAFE: {files_(bad)} of {number(total)} not proven to be stored."
    elif target.is_part and not found.items:
        words = f"{target.data_type}: no files."
    elif target.is_part:
        words = f"{target.data_type}: all {files_(len(found.items))} are in the store, with the same content."
    elif not found.items:
        words = "NOT SAFE: there is no file here of this data type."
    elif other:
        words = (
            f"NOT SAFE: all {files_(len(found.items))} of {target.data_type} are in the store, with the same content."
            f" The folder also holds {files_(other)} of another data type that were not looked for."
        )
    elif target.failing:
        words = (
            f"NOT SAFE: all {files_(len(found.items))} are in the store as they are on the card, but"
            f" {failing_words(len(target.failing))}"
        )
    else:
        words = f"SAFE: {files_(len(found.items))} are in the store, with the same content."
    context.log.note("checked", words)
    context.screen.say(words, even_if_quiet=not (is_safe and target.is_part))
    return OK if is_safe else NOT_ALL


def not_in_store(context: Context, target: Target, items: list[Item]) -> list[Item]:
    """Those whose content the store has under none of the names that they may have been given."""
    first_answers: dict[str, FileRow] = {}
    left = {item.path: iter([item.name]) for item in items}
    while waiting := [item for item in items if not item.status and _takes_next(item, left[item.path])]:
        for asked in without_namesakes(waiting):
            files = [{"name": item.name, "size": item.size, "md5": item.md5} for item in asked]
            body = {"deployment": target.deployment, "data_type": target.data_type, "files": files}
            asked_at = time.monotonic()
            try:
                answer: FilesAnswer = context.portal.ask("POST", "uploads/verify/", body, halt=context.halt)
            except CallFault as fault:
                raise Refusal(f"The portal answered: {fault.message or fault.code}", fault.code) from None
            for item, row in paired(asked, answer):
                if row["status"] == "stored":
                    item.status, item.due = "stored", None
                    continue
                if item.path not in first_answers:
                    left[item.path] = iter(names_of(item.path, item.md5)[1:])
                if row["status"] == "unsettled":
                    item.due = Due.by(PortalClock(answer, asked_at), row.get("until"))
                if item.path not in first_answers or row["status"] == "unsettled":
                    first_answers[item.path] = row
    bad = [item for item in items if not item.status]
    for item in bad:
        row = first_answers[item.path]
        item.status, item.code, item.message = "missing", row.get("code") or row["status"], row.get("message") or ""
        if item.code == "missing":
            item.code = "on_card_alone"
    return bad


def not_in_store_now(context: Context, target: Target, items: list[Item]) -> list[Item]:
    """As `not_in_store`, of files that were asked about before."""
    for item in items:
        item.name, item.due = composed(item.path.rpartition("/")[2]), None
        item.status = item.code = item.message = ""
    return not_in_store(context, target, items)


def _takes_next(item: Item, names: Iterator[str]) -> bool:
    item.name = next(names, "")
    return item.name != ""


def without_namesakes(items: Sequence[Item]) -> list[list[Item]]:
    """As few lists as it takes for each name to stand once in a list."""
    lists: list[list[Item]] = []
    seen: Counter[str] = Counter()
    for item in items:
        if seen[item.name] == len(lists):
            lists.append([])
        lists[seen[item.name]].append(item)
        seen[item.name] += 1
    return lists


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


# --- commands/choosing.py ---------------------------------------------------------------------------------------------
# What was not given is asked for.


def choose_deployment(context: Context) -> tuple[str, Bucket]:
    """The deployment's id and its bucket. For a check of a card retired ones will do, too."""
    given, screen, portal = context.arguments, context.screen, context.portal
    if given.deployment:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", given.deployment):
            raise UsageFault(f"{given.deployment!r} is no deployment's id.")
        try:
            row: Deployment = portal.ask("GET", f"deployments/{given.deployment}/", halt=context.halt)
        except CallFault:
            raise UsageFault(f"There is no deployment {given.deployment} among yours.") from None
        return row["deployment_id"], row["bucket"]
    if not screen.can_ask:
        raise UsageFault("Name the deployment: --deployment dep000127.")
    query = "" if given.verify else "&status=active&open_for_upload=true"
    rows: list[Deployment] = portal.pages(f"deployments/?page_size=1000{query}", halt=context.halt)
    if not rows:
        raise UsageFault("There is no deployment that you may upload into. Ask a maintainer.")
    row = pick(screen, rows)
    return row["deployment_id"], row["bucket"]


def pick(screen: Screen, rows: list[Deployment]) -> Deployment:
    """A choice by number, after any number of searches."""
    shown = rows
    while True:
        for index, row in enumerate(shown[:20], 1):
            season = " - ".join(filter(None, [row.get("first_day"), row.get("last_day")]))
            facts: list[str | None] = [row["deployment_id"], row["bucket"]["title"], row["location_name"]]
            facts += [row.get("camera_id"), row.get("system_id"), season and f"season {season}"]
            screen.say(f"{index:>3}  {', '.join(fact for fact in facts if fact)}", even_if_quiet=True)
        if len(shown) > 20:
            screen.say(f"     ... and {len(shown) - 20} more", even_if_quiet=True)
        answer = screen.ask("Number, or part of a place, camera, system or id to search for: ")
        if answer.isdigit() and 1 <= int(answer) <= min(20, len(shown)):
            return shown[int(answer) - 1]
        wanted = answer.casefold()
        shown = [row for row in rows if wanted in json.dumps(row, ensure_ascii=False).casefold()]
        if not shown:
            screen.say("Nothing like that. All of them again:", even_if_quiet=True)
            shown = rows


def choose_data_type(screen: Screen, allowed: Sequence[str]) -> str:
    if not screen.can_ask:
        raise UsageFault("Name the data type: --data-type snapshot_images.")
    for index, name in enumerate(allowed, 1):
        screen.say(f"{index:>3}  {name}", even_if_quiet=True)
    while True:
        answer = screen.ask("Data type, by number: ")
        if answer.isdigit() and 1 <= int(answer) <= len(allowed):
            return allowed[int(answer) - 1]


# --- uploads/receipts/check.py ----------------------------------------------------------------------------------------
# Is a receipt, byte for byte, what a portal signed? The one check, of the portal and of the script client.
#
# Pure, and in flat memory. `make client` takes all of it over into clients/ami_upload.py, which is one file that needs
# nothing beside it: so it imports from the standard library alone.

MAX_RECEIPT_LINE = 64 * 1024  # bytes: a path of 4,096 letters, each in its longest form, and what else a file has
_FILE_1 = frozenset({"name", "path_on_card", "size_bytes", "md5", "key", "status", "verified_at"})
RECEIPT_FILE = {1: _FILE_1, 2: _FILE_1 | {"multipart_md5", "proven_by"}}
_SUMMARY_1 = frozenset(
    {
        "session",
        "bucket",
        "deployment",
        "data_type",
        "uploader_name",
        "account",
        "started_at",
        "finished_at",
        "selected_files",
        "files",
        "verified",
        "stored_before",
        "unproven",
        "safe_to_wipe",
        "files_sha256",
    }
)
RECEIPT_SUMMARY = {
    1: _SUMMARY_1,
    2: _SUMMARY_1 | {"version", "portal", "key_id", "issued_at", "unsettled", "unsettled_until", "refused"},
}


class NotAReceipt(Exception):
    """What was checked is not what a portal signed. `code`: layout, key, signature, list, version or contents."""

    def __init__(self, code: str, why: str):
        super().__init__(why)
        self.code = code


@dataclass(frozen=True)
class TrustedKey:
    """A public key, 32 bytes. `version`: of the receipts that it signed, if it vouches for no others."""

    public_key: bytes
    version: int | None = None

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key)


@dataclass(frozen=True)
class CheckedReceipt:
    """A genuine receipt: what was signed, how many files it lists, and how many of them were proven."""

    version: int
    summary: dict[str, Any]
    files: int
    proven: int
    key_id: str


def key_id_of(public_key: bytes) -> str:
    """The name of a public key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def canonical(value: Any) -> str:
    """The one JSON text of a value that is hashed and signed: sorted keys, no blanks, letters as they are."""
    return _encode(value)


def check_receipt(
    file: BinaryIO, keys: Iterable[TrustedKey], is_signed: Callable[[bytes, bytes, bytes], bool]
) -> CheckedReceipt:
    """What a genuine receipt says; raises NotAReceipt for anything else.

    file: whatever has readline(size), at its beginning. is_signed: Ed25519 (RFC 8032), given public key, signature and
    message.

    Every line must be the only text that the portal writes for what it says, and the last one the end: readers of
    JSON differ in what they make of doubled or unknown keys, and then each would be told of another receipt.
    """
    if _line(file) != b'{"files":[\n':
        raise _laid_out_otherwise()
    digest, files, proven = hashlib.sha256(), 0, 0
    kinds: set[frozenset[str]] = set()
    line = _line(file)
    while line != b"],\n":
        text = line[:-2] if line.endswith(b",\n") else line[:-1]
        entry = _value(text)
        if not isinstance(entry, dict):
            raise _laid_out_otherwise()
        kinds.add(frozenset(entry))
        if not kinds <= set(RECEIPT_FILE.values()):
            raise _laid_out_otherwise()
        digest.update(text + b"\n")
        files += 1
        proven += entry["status"] in ("verified", "present")
        is_last = not line.endswith(b",\n")
        line = _line(file)
        if (line == b"],\n") != is_last:
            raise _laid_out_otherwise()
    summary = _value(signed := _member(_line(file), b'"summary":', b",\n"))
    signature = _bytes(_member(_line(file), b'"signature":', b",\n"), 64)
    named = _bytes(_member(_line(file), b'"public_key":', b"}\n"), 32)
    if not isinstance(summary, dict) or file.readline(1):
        raise _laid_out_otherwise()
    key = _trusted(named, keys)
    if not is_signed(named, signature, signed):
        raise NotAReceipt("signature", "the signature is not the portal's, or the summary was changed")
    version = _version(summary)
    if not kinds <= {RECEIPT_FILE[version]}:
        raise _laid_out_otherwise()
    if version != (key.version or version):
        raise NotAReceipt("key", f"the key that it names ({key.key_id}) signed receipts of another kind")
    if (digest.hexdigest(), files) != (summary["files_sha256"], summary["files"]):
        raise NotAReceipt("list", "the list of files is not the one that the portal signed")
    found = CheckedReceipt(version, summary, files, proven, key.key_id)
    _check_contents(found)
    return found


def _trusted(named: bytes, keys: Iterable[TrustedKey]) -> TrustedKey:
    known = list(keys)
    for key in known:
        if key.public_key == named:
            return key
    others = ", ".join(key.key_id for key in known)
    raise NotAReceipt("key", f"it names another key ({key_id_of(named)}) than the portal's ({others})")


def _version(summary: dict) -> int:
    """1 or 2; a summary of the first kind names none. Presupposes that the portal signed it."""
    version = summary.get("version", 1)
    if isinstance(version, int) and version > max(RECEIPT_SUMMARY):
        raise NotAReceipt("version", "it is of a newer kind: get the newest ami_upload.py and check it by that")
    if summary.keys() != RECEIPT_SUMMARY.get(version):
        raise _laid_out_otherwise()
    return version


def _check_contents(receipt: CheckedReceipt) -> None:
    """A key that signed for something else, or a portal that erred, must not pass as proof."""
    summary = receipt.summary
    if receipt.version == 1:
        return
    proven_all = 0 < receipt.files == receipt.proven == summary["selected_files"]
    nothing_open = summary["unsettled"] == 0 == summary["refused"]
    if summary["key_id"] != receipt.key_id or summary["safe_to_wipe"] is True and not (proven_all and nothing_open):
        raise NotAReceipt("contents", "what it says contradicts itself")


def _line(file: BinaryIO) -> bytes:
    line = file.readline(MAX_RECEIPT_LINE + 1)
    if not line.endswith(b"\n"):  # its end is missing, or it is longer than any
        raise _laid_out_otherwise()
    return line


def _member(line: bytes, name: bytes, end: bytes) -> bytes:
    if not (line.startswith(name) and line.endswith(end)):
        raise _laid_out_otherwise()
    return line[len(name) : -len(end)]


def _value(text: bytes) -> Any:
    """What `text` says, if it is the canonical text of that: a key that is there twice never is."""
    try:
        value = json.loads(text.decode())
        if canonical(value).encode() == text:
            return value
    except (ValueError, RecursionError):
        pass
    raise _laid_out_otherwise()


def _bytes(text: bytes, length: int) -> bytes:
    value = _value(text)
    try:
        found = base64.b64decode(value, validate=True)
    except (ValueError, TypeError):
        raise _laid_out_otherwise() from None
    if len(found) != length or base64.b64encode(found).decode() != value:
        raise _laid_out_otherwise()
    return found


def _laid_out_otherwise() -> NotAReceipt:
    return NotAReceipt("layout", "this is no receipt, or it was changed, cut or reformatted since the portal wrote it")


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


# --- commands/receipt.py ----------------------------------------------------------------------------------------------
# Checks a receipt without any connection.


def verify_receipt(given: argparse.Namespace, screen: Screen) -> int:
    """Needs no connection. Whoever changed a byte of what the portal said is found out by the signature."""
    keys = [trusted_key(text) for text in given.public_key]
    try:
        with Path(given.receipt).open("rb") as file:
            found = check_receipt(file, keys, is_signed)
    except OSError as error:
        raise UsageFault(f"{given.receipt} cannot be read: {error.strerror}.") from None
    except NotAReceipt as fault:
        screen.say(f"NOT VALID: {fault}.")
        return NOT_ALL
    screen.say(*told_of_receipt(found))
    return OK


def trusted_key(text: str) -> TrustedKey:
    """BASE64, or v1:BASE64 for one that vouches for receipts of the first kind alone."""
    version = 1 if text.startswith("v1:") else None
    try:
        key = base64.b64decode(text.removeprefix("v1:"), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UsageFault("This is no public key: 32 bytes in base64 are expected.")
    return TrustedKey(key, version)


def is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (uploads can do without it)
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    except ImportError:
        raise UsageFault("This needs one library more: pip install cryptography.") from None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def told_of_receipt(found: CheckedReceipt) -> list[str]:
    """What a genuine receipt says, for people; and what it cannot say."""
    summary = found.summary
    when = f"issued {summary['issued_at']} by {summary['portal']}" if found.version > 1 else "of the first kind"
    safe = "safe to wipe" if summary["safe_to_wipe"] is True else "NOT safe to wipe"
    lines = [
        f"VALID: receipt {when}: session {summary['session']} into {summary['deployment']}, {summary['data_type']},"
        f" finished {summary['finished_at']}:"
        f" {number(found.proven)} of {files_(found.files)} proven to be stored; {safe}."
    ]
    if found.version == 1:
        lines.append("It does not say when it was issued, so when that was true. The portal gives a new one.")
    elif summary["unsettled"]:
        lines.append(
            f"An older program could still write over {files_(summary['unsettled'])} then,"
            f" until {summary['unsettled_until']}."
        )
    if found.version > 1:
        lines.append("What became of the files since is on the receipt's page: My uploads in the portal.")
    return lines


# --- commands/sorting_card.py -----------------------------------------------------------------------------------------
# Shows what is on a card, and asks what nothing tells.


def choose_targets(context: Context, card: str, look: CardLook) -> list[Target]:
    """What is to be sent, each data type by itself; nothing of a card without data.

    Raises UsageFault where the deployment takes none of it.
    """
    screen = context.screen
    if not look.data_types and not look.unseen:
        return []
    deployment, bucket = choose_deployment(context)
    allowed = bucket.get("data_types") or list(EXTENSIONS)
    unsort_sounds_of_saltmarsh(look, allowed)
    take_given(context.arguments.folder_type, look)
    screen.say(f"On the card {look.top or card}:")
    for data_type in EXTENSIONS:
        tell_row(screen, look, data_type, "" if data_type in allowed else f" - NOT TAKEN by {deployment}")
    for reason, count in Counter(reason for _, reason in look.left_out).most_common():
        screen.say(f"  not sent: {number(count)} {REASONS[reason]}")
    ask_unsorted(context, look, allowed)
    sent = [data_type for data_type in EXTENSIONS if data_type in allowed and is_on(look, data_type)]
    if not sent:
        raise UsageFault(f"{deployment} takes none of what is on this card.")
    return [Target(card, deployment, data_type, look) for data_type in sent]


def is_on(look: CardLook, data_type: str) -> bool:
    return bool(look.of_type(data_type)) or any(look.data_type_of(path) == data_type for path in look.unseen)


def unsort_sounds_of_saltmarsh(look: CardLook, allowed: Sequence[str]) -> None:
    """Sound in air and sound under water are not told apart by anything in the file or on the card."""
    if SOUNDS & set(allowed):
        return
    for data_type in SOUNDS:
        look.settle(look.of_type(data_type), "")


def tell_row(screen: Screen, look: CardLook, data_type: str, remark: str) -> None:
    files = look.of_type(data_type)
    if not files:
        return
    folders = sorted({file.group[0] or "." for file in files})
    where = ", ".join(folders[:3]) + (f" and {number(len(folders) - 3)} more folders" if len(folders) > 3 else "")
    nights = sorted(filter(None, (device_time(file.path.rpartition("/")[2])[:10] for file in files)))
    when = f", {nights[0]} to {nights[-1]}" if nights else ""
    size = bytes_(sum(file.size for file in files))
    screen.say(f"  {data_type}: {files_(len(files))}, {size}{when}, in {where}{remark}")


def take_given(given: Sequence[str], look: CardLook) -> None:
    """Of --folder-type: FOLDER=TYPE for all below a folder. Raises UsageFault."""
    for words in given:
        folder, sign, data_type = words.rpartition("=")
        if not sign or data_type not in (*EXTENSIONS, NO_DATA):
            raise UsageFault(
                f"{words!r} is not understood: write --folder-type FOLDER=TYPE, such as DCIM=motion_images."
            )
        folder = folder.strip("/").removeprefix("./")
        below = "" if folder in ("", ".") else f"{folder}/"
        files = [
            file
            for (_, format_), group in look.files.items()
            if data_type == NO_DATA or format_ == ("jpeg" if "jpg" in EXTENSIONS[data_type] else "wav")
            for file in group
            if file.path.startswith(below)
        ]
        if not files:
            raise UsageFault(f"There are no files of {data_type} in the folder {folder or '.'} of the card.")
        look.settle(files, data_type)


def ask_unsorted(context: Context, look: CardLook, allowed: Sequence[str]) -> None:
    """Once per folder, with an example. Where nobody can be asked, they are not covered."""
    screen = context.screen
    for (folder, format_), files in look.groups_of_type("").items():
        if not screen.can_ask:
            screen.say(
                f"  NOT COVERED: {files_(len(files))} in {folder or '.'}, such as {files[0].path}: nothing tells their"
                f" data type. Give it: --folder-type {folder or '.'}=TYPE, or ={NO_DATA}.",
                even_if_quiet=True,
            )
            continue
        look.settle(files, ask_type(screen, folder, format_, files, allowed))


def ask_type(screen: Screen, folder: str, format_: str, files: Sequence[CardFile], allowed: Sequence[str]) -> str:
    """ "" to leave them on the card: it is then not safe."""
    extension = "jpg" if format_ == "jpeg" else "wav"
    choices = [data_type for data_type in allowed if extension in EXTENSIONS[data_type]]
    screen.say(
        f"Nothing tells what {files_(len(files))} in {folder or '.'} are, such as {files[0].path}:", even_if_quiet=True
    )
    for index, data_type in enumerate(choices, 1):
        screen.say(f"{index:>3}  {data_type}", even_if_quiet=True)
    screen.say(f"{len(choices) + 1:>3}  no data, not to be kept", even_if_quiet=True)
    while True:
        answer = screen.ask("Number (Enter alone leaves them out, and the card is not safe then): ")
        if not answer:
            return ""
        if answer.isdigit() and 1 <= int(answer) <= len(choices) + 1:
            return [*choices, NO_DATA][int(answer) - 1]


# --- commands/meter.py ------------------------------------------------------------------------------------------------
# The line of a run under way.


class Meter:
    """The line of a run under way: bar, files, bytes, rate, time left."""

    BAR = 24

    def __init__(self, engine: Engine, portal: Portal):
        self._engine = engine
        self._portal = portal
        self._pace = Pace()

    def line(self) -> str:
        tally = self._engine.tally
        passed = tally.sent_bytes + tally.unsent_bytes
        self._pace.note(passed)
        share = min(1.0, passed / tally.bytes) if tally.bytes else 1.0
        filled = int(share * self.BAR)
        parts = [
            f"[{'#' * filled}{'.' * (self.BAR - filled)}]",
            f"{number(tally.done)} of {files_(tally.files)}",
            f"{bytes_(passed)} of {bytes_(tally.bytes)}",
        ]
        rate = self._pace.per_s
        if rate:
            parts += [f"{bytes_(rate)}/s", f"{duration_((tally.bytes - passed) / rate)} left"]
        if tally.bad:
            parts.append(f"{number(tally.bad)} not stored")
        if self._engine.waiting:
            parts.append(f"{number(len(self._engine.waiting))} wait")
        if self._portal.away_since is not None:
            parts.append("the portal does not answer, trying again")
        elif self._engine.gate.is_closed:
            parts.append("the store does not answer, trying again")
        return "  ".join(parts)


# --- commands/rounds.py -----------------------------------------------------------------------------------------------
# Runs the engine until nothing is left to try, or the person stops it.


def run_rounds(context: Context, engine: Engine, journal: Journal, items: Sequence[Item]) -> None:
    """Until nothing is left to try but what must be waited for; raises what ended the run before its time."""
    halt, screen = context.halt, context.screen
    meter = Meter(engine, context.portal)
    while items and not halt.is_set:
        threads = engine.start(items)
        while any(thread.is_alive() for thread in threads):
            if halt.error is not None:
                break  # what still runs ends with the process
            screen.status(meter.line())
            for thread in threads:
                thread.join(screen.TICK_S)
                if thread.is_alive():
                    break
        if halt.error is not None:
            tell_stopped(context, engine)
            raise halt.error
        if engine.conflicts and not halt.is_set:
            ask_about_conflicts(context, engine, journal)
        items = engine.again()


def ask_about_conflicts(context: Context, engine: Engine, journal: Journal) -> None:
    if not context.screen.can_ask:
        return  # they are listed, and the card is not safe
    context.screen.say(f"The store already has other files under {number(len(engine.conflicts))} of these names:")
    for item in engine.conflicts[:5]:
        context.screen.say(f"  {item.path}")
    choice = ask_choice(context.screen)
    journal.write(choice=choice)
    engine.settle_conflicts(choice)


@contextlib.contextmanager
def interruptible(screen: Screen, halt: Halt) -> Iterator[None]:
    """Ctrl-C once winds down, twice ends at once: nothing is lost, the journal has it."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if halt.is_set:
            os._exit(INTERRUPTED)
        halt.wind_down()
        words = "Stopping: what is under way is finished and confirmed. Once more to stop at once."
        screen.say(words, even_if_quiet=True)

    before = {kind: signal.signal(kind, on_signal) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Halted:
        raise KeyboardInterrupt from None
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def tell_stopped(context: Context, engine: Engine) -> None:
    tally = engine.tally
    context.log.note("stopped", f"{tally.verified} verified, {tally.stored} stored before, of {tally.files}")
    if getattr(context.halt.error, "code", "") not in ("portal_away", "token"):
        engine.report_failures()
    proven = tally.verified + tally.stored
    words = f"Stopped: {number(proven)} of {files_(tally.files)} are verified so far. NOT SAFE TO WIPE."
    context.screen.say(words, "The same command goes on from here.", even_if_quiet=True)


# --- commands/season.py -----------------------------------------------------------------------------------------------
# Do the files fit the season of their deployment?

WARNINGS = {
    "shifted": "The device's clock seems to be wrong: it is {hours} h {side} local time.",
    "daylight": "Most of these files come from daylight. Is it the right deployment, and was the clock right?",
}


def judge_place(context: Context, target: Target, plan: Plan, journal: Journal) -> str:
    """Compares the device times with the season; the reason for going on where they do not fit, "" where they do."""
    screen, given = context.screen, context.arguments
    hours, undated = hours_of(item.name for item in plan.send)
    asked = {"deployment": target.deployment, "data_type": target.data_type, "hours": hours, "undated": undated}
    try:
        survey: Survey = context.portal.ask("POST", "uploads/survey/", asked, halt=context.halt)
    except CallFault as fault:
        raise Refusal(f"The portal answered: {fault.message or fault.code}", fault.code) from None
    tell_survey(screen, target, survey)
    if not survey["needs_reason"]:
        return given.reason.strip()[:500]
    selection = plan.selection
    kept = journal.note("reason") if journal.note("reason_for") == selection else ""
    reason = given.reason.strip() or kept
    if not reason and not given.dry_run:
        if not screen.can_ask:
            raise UsageFault("If the deployment is right, give the reason: --reason TEXT.")
        reason = screen.ask("Why do these files belong here? (Enter alone stops) ")
        if not reason:
            raise UsageFault("Stopped. Choose the deployment of that season.")
    if not given.dry_run:
        journal.write(reason=reason, reason_for=selection)
    return reason[:500]


def tell_survey(screen: Screen, target: Target, survey: Survey) -> None:
    for count, text in (
        (survey.get("reset"), "with a time before 2000: the device's clock had been reset."),
        (survey.get("ahead"), "with a time that lies in the future."),
    ):
        if count:
            screen.say(f"  {files_(count)} {text}")
    nights = survey.get("nights")
    if nights and nights.get("verdict") in WARNINGS:
        shift_h = nights.get("shift_h") or 0
        side = "behind" if shift_h < 0 else "ahead of"
        screen.say("  " + WARNINGS[nights["verdict"]].format(hours=abs(shift_h), side=side))
    if not survey["needs_reason"]:
        return
    season = survey["season"]
    days = " to ".join(day or "..." for day in (season["first_day"], season["last_day"]))
    screen.say(
        f"  {number(survey['outside'])} of {files_(survey['files'])}: taken from {survey['outside_first_day']} to"
        f" {survey['outside_last_day']}. The season of {target.deployment} is {days}.",
        even_if_quiet=True,
    )
    for fit in survey.get("fits", [])[:3]:
        facts = [fit.get("location_name"), fit.get("camera_id"), "" if fit.get("is_active") else "retired"]
        about = ", ".join(fact for fact in facts if fact)
        screen.say(f"  {fit['deployment']} ({about}) fits {files_(fit['files'])}.", even_if_quiet=True)


# --- commands/verdict.py ----------------------------------------------------------------------------------------------
# What is said at the end of an upload.


def tell_verdict(
    context: Context, target: Target, found: Scan, plan: Plan, engine: Engine, verdict: Verdict, late: list[Item]
) -> int:
    screen, log = context.screen, context.log
    bad = [item for item in plan.send if item.status not in ("verified", "stored")] + plan.not_sent + late
    whole_ = not bad and not found.unreadable
    safe = whole_ and verdict.get("safe_to_wipe") is True
    tell_not_stored(screen, bad, found.unreadable)
    target.failing = [] if context.arguments.damaged_known else tell_damaged(screen, plan.send)
    tell_when_to_look_again(screen, bad)
    if engine.unreported:
        screen.say("The portal could not be told of all failures: please send the log to a maintainer.")
    left_out = len(found.left_out) - len(found.unreadable) - len(found.other_data)
    if left_out:
        screen.say(f"Not covered: {files_(left_out)} left out. What is left out is only on the card.")
    target.proven = sum(item.status in ("verified", "stored") for item in plan.send) + len(plan.copies)
    proven = f"{number(engine.tally.verified)} verified, {number(engine.tally.stored)} stored before"
    session = f"upload session {engine.session['id']}"
    if safe and target.is_part:
        words = f"{target.data_type}: all {files_(len(plan.send))} are stored and verified ({proven}; {session})."
    elif safe and found.other_data:
        words = (
            f"NOT SAFE TO WIPE: all {files_(len(plan.send))} of {target.data_type} are stored and verified ({proven};"
            f" {session}). The folder also holds {files_(len(found.other_data))} of another data type that are not."
        )
    elif safe and target.failing:
        words = (
            f"NOT SAFE TO WIPE: all {files_(len(plan.send))} are stored as they are on the card ({proven}; {session}),"
            f" but {failing_words(len(target.failing))}"
        )
    elif safe:
        words = f"SAFE TO WIPE: {files_(len(plan.send))} stored and verified ({proven}; {session})."
    elif whole_:
        words = f"NOT SAFE TO WIPE: {why_withheld(verdict)} ({proven}; {session})."
    else:
        count = len(bad) + len(found.unreadable)
        words = f"NOT SAFE TO WIPE: {files_(count)} not safely stored ({proven}; {session})."
    safe = safe and (target.is_part or not (found.other_data or target.failing))
    log.note("safe" if safe else "not safe", words)
    screen.say(words, even_if_quiet=not (safe and target.is_part))
    screen.say(f"Log: {log.path}")
    return OK if safe else NOT_ALL


def why_withheld(verdict: Verdict) -> str:
    """Why the portal does not call safe what this program could not fault."""
    why = []
    if verdict.get("refused"):
        count = verdict["refused"]
        why.append(f"{files_(count)} answered with a conflict and not stored under another name")
    if verdict.get("unsettled"):
        due = Due.by(PortalClock(verdict, time.monotonic()), verdict.get("unsettled_until"))
        why.append(f"an older program may still write under {names_(verdict['unsettled'])} until {due.told}")
    if verdict.get("comparing"):
        why.append(f"{files_(verdict['comparing'])} still to be compared once more")
    return "; ".join(why) or "the portal could not confirm that all is stored"


def tell_interrupted(context: Context, engine: Engine) -> int:
    tally = engine.tally
    proven = tally.verified + tally.stored
    words = f"Interrupted: {number(proven)} of {files_(tally.files)} are verified so far. NOT SAFE TO WIPE."
    context.log.note("halted", words)
    context.screen.say(words, "The same command goes on from here.", even_if_quiet=True)
    return INTERRUPTED


# --- commands/upload.py -----------------------------------------------------------------------------------------------
# Uploads one folder, or the folders of one data type of a card.


def upload(context: Context, target: Target) -> Course:
    screen, given = context.screen, context.arguments
    screen.say("", target.described)
    found = look_through(context, target)
    target.items = found.items
    journal = Journal(
        portal=context.portal.address, root=target.root, deployment=target.deployment, data_type=target.data_type
    )
    try:
        if not given.dry_run:
            go_on(context, found, journal)
        plan = make_plan(context, found, journal)
        tell_plan(context, found, plan)
        target.uncovered = found.other_data
        if target.is_part and not (found.items or found.unreadable):
            screen.say(f"{target.data_type}: no files.")
            return OK
        if not plan.send:
            tell_not_stored(screen, plan.not_sent, found.unreadable)
            screen.say("NOT SAFE: there is nothing here that could be sent.", even_if_quiet=True)
            return NOT_ALL
        reason = judge_place(context, target, plan, journal)
        if given.dry_run:
            screen.say("This was a dry run: nothing was sent.", even_if_quiet=True)
            return NOT_ALL if found.other_data and not target.is_part else OK
        return (yield from send(context, target, found, plan, journal, reason))
    finally:
        journal.close()


def send(context: Context, target: Target, found: Scan, plan: Plan, journal: Journal, reason: str) -> Course:
    given, screen, halt = context.arguments, context.screen, context.halt
    journal.recall_names(plan.send)
    options = Options(
        jobs=given.jobs,
        limit_bytes_per_s=given.limit_mbps * 1e6 / 8,
        choice=given.choice,
        patience_s=60 * given.patience,
    )
    engine = Engine(context, journal=journal, plan=plan, options=options)
    with interruptible(screen, halt):
        engine.open(
            deployment=target.deployment, data_type=target.data_type, uploader_name=given.name[:200], reason=reason
        )
        engine.report_unreadable([path for path, _ in found.unreadable])
        run_rounds(context, engine, journal, engine.items)
    wait = Wait(context)
    while engine.waiting and not halt.is_set:
        yield
        with interruptible(screen, halt):
            wait.say(engine.waiting)
            if not wait.until_due(engine.waiting):
                break
            engine.ask_again([item for item in engine.waiting if item.is_due])
            run_rounds(context, engine, journal, engine.again())
    if halt.is_set:
        return tell_interrupted(context, engine)
    engine.give_up_waiting()
    with interruptible(screen, halt):
        late = changed_meanwhile(context, target, found)
        target.items = found.items + late
        target.uncovered = found.other_data
        # The portal must not call safe what this program does not.
        verdict = engine.finish(plan.declared + len(late) + len(found.unreadable))
        journal.forget()
        verdict = compared_to_the_end(context, engine, verdict)
    # Without a fault of ours it is only the portal's word that is waited for.
    is_whole = engine.has_all_proven and not (late or plan.not_sent or found.unreadable)
    while is_whole and verdict.get("unsettled") and not halt.is_set:
        due = Due.by(PortalClock(verdict, time.monotonic()), verdict.get("unsettled_until"))
        yield
        with interruptible(screen, halt):
            wait.say_names(verdict["unsettled"], due)
            if not wait.until(due):
                break
            verdict = compared_to_the_end(context, engine, engine.finish())
    if halt.is_set:
        return tell_interrupted(context, engine)
    keep_receipt(context, engine)
    return tell_verdict(context, target, found, plan, engine, verdict, late)


def compared_to_the_end(context: Context, engine: Engine, verdict: Verdict) -> Verdict:
    """The portal compares what was proven long ago once more, a part of it in each call."""
    began = time.monotonic()
    while verdict.get("comparing") and time.monotonic() - began < 60 * context.arguments.patience:
        context.screen.status(f"The portal compares once more: {files_(verdict['comparing'])} left")
        context.halt.sleep(SHORTEST_WAIT_S)
        verdict = engine.finish()
    return verdict


def keep_receipt(context: Context, engine: Engine) -> None:
    session_id = engine.session["id"]
    given = context.arguments.receipt
    path = Path(given) if given else context.log.path.with_name(f"receipt-{session_id}.json")
    if given and path.exists():  # a whole card has a receipt per data type
        path = path.with_name(f"{path.stem}-{session_id}{path.suffix}")
    for tries in range(1, 4):
        try:
            context.portal.download(f"uploads/sessions/{session_id}/receipt/", path)
        except OSError as error:
            context.screen.say(f"The receipt could not be written to {path}: {error.strerror}.", even_if_quiet=True)
            return
        except CallFault as fault:
            context.log.note("retry", f"receipt: {fault}")
            time.sleep(tries * BASE_DELAY_S)
        else:
            context.screen.say(f"Receipt: {path}")
            return
    context.screen.say("The receipt could not be fetched. The portal keeps it.", even_if_quiet=True)


# --- commands/whole_card.py -------------------------------------------------------------------------------------------
# A whole card: each data type by itself, then the verdict about all of it.


def carry_out(context: Context, target: Target) -> Course:
    return verify_card(context, target) if context.arguments.verify else upload(context, target)


def carry_out_card(context: Context, card: str) -> int:
    """Each data type by itself; then the verdict about the card, which counts what none of them covers."""

    def note(files: int) -> None:
        context.screen.status(f"Looking over the card: {files_(files)} so far ...")

    look = look_over(card, note)
    targets = choose_targets(context, card, look)
    codes = run_courses([carry_out(context, target) for target in targets])
    worst = max(codes, key=[OK, NOT_ALL, REFUSED, INTERRUPTED].index, default=OK)
    if worst == INTERRUPTED:
        return worst
    uncovered = uncovered_on(card, look, targets)
    is_safe = tell_card(context, look, targets, uncovered, all_well=worst == OK)
    is_well = not uncovered if context.arguments.dry_run else is_safe
    return worst or (OK if is_well else NOT_ALL)


def uncovered_on(card: str, look: CardLook, targets: Sequence[Target]) -> list[tuple[str, str]]:
    """All data of the card that no data type's upload covered, as the card is now, with the reason."""
    known = {item.path: (item.size, item.mtime_ns) for target in targets for item in target.items}
    uncovered: list[tuple[str, str]] = []
    for path, local, stat_ in walk(card, lambda files: None):
        left_out, full = reason_of(path, local, stat_, DATA), f"{look.top}/{path}" if look.top else path
        if left_out in ("unreadable", "broken"):
            uncovered.append((full, left_out))
        elif left_out or stat_ is None:  # no data
            continue
        elif full in known:
            if known[full] != (stat_.st_size, stat_.st_mtime_ns):
                uncovered.append((full, "changed"))
        elif path not in look.data_types:
            uncovered.append((full, "new"))
        elif look.data_types[path] != NO_DATA:
            uncovered.append((full, "not_taken" if look.data_types[path] else "unsorted"))
    return uncovered + [each for target in targets for each in target.uncovered]


def tell_card(
    context: Context, look: CardLook, targets: Sequence[Target], uncovered: Sequence[tuple[str, str]], *, all_well: bool
) -> bool:
    """Whether the card is safe."""
    screen, given = context.screen, context.arguments
    for path, reason in uncovered:
        context.log.note("uncovered", f"{path}: {reason}")
    tell_paths(screen, [(path, f"Not covered: {UNCOVERED[reason]}.") for path, reason in uncovered])
    proven = sum(target.proven for target in targets)
    parts = ", ".join(f"{target.data_type} {number(target.proven)}" for target in targets)
    chosen = len(look.of_type(NO_DATA))
    if chosen:
        parts += f"; left out by choice, as no data: {number(chosen)}"
    failing = sum(len(target.failing) for target in targets)
    is_safe = all_well and proven > 0 and not uncovered and not failing
    if given.dry_run:
        words = "" if not uncovered else f"Uploading would not cover {'; '.join(by_reason(uncovered))}."
    elif is_safe and given.verify:
        words = f"SAFE: {files_(proven)} are in the store, with the same content: all data of the card ({parts})."
    elif is_safe:
        words = f"SAFE TO WIPE: {files_(proven)} stored and verified: all data of the card ({parts})."
    elif all_well and not uncovered and failing:
        start = "NOT SAFE" if given.verify else "NOT SAFE TO WIPE"
        words = f"{start}: all data of the card is stored as it is ({parts}), but {failing_words(failing)}"
    else:
        why = [] if all_well else ["not all that was sent is safely stored"]
        why += [f"not covered: {line}" for line in by_reason(uncovered)] or ([] if why else ["it holds no data"])
        words = f"{'NOT SAFE' if given.verify else 'NOT SAFE TO WIPE'}: {'; '.join(why)} (stored: {parts})."
    if words:
        context.log.note("safe" if is_safe else "not safe", words)
        screen.say("", words, even_if_quiet=True)
    return is_safe


# --- commands/main.py -------------------------------------------------------------------------------------------------
# From the command line to an exit code.


def main(words: Sequence[str], description: str | None = None) -> int:
    """The exit code of a run by these arguments. `description`: of the program, for its --help."""
    screen = Screen(quiet=False)
    log: Log | None = None
    try:
        if list(words[:1]) == ["verify-receipt"]:
            return verify_receipt(receipt_parser().parse_args(words[1:]), screen)
        is_card = list(words[:1]) == ["scan"]
        given = upload_parser(is_card, description).parse_args(words[1:] if is_card else words)
        screen.quiet = given.quiet
        log = Log(Path(given.log) if given.log else default_log())
        return run(given, is_card, screen, log)
    except Stop as stop:
        if log:
            log.note("stopped", f"{stop.code}: {stop}")
        screen.say(str(stop), even_if_quiet=True)
        return stop.exit_code
    except KeyboardInterrupt:
        screen.say("", "Interrupted. The same command goes on where this ended.", even_if_quiet=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the last word to a person; the traceback is in the log)
        if log:
            log.note("crashed", traceback.format_exc())
        where = f" Please send {log.path} to a maintainer." if log else ""
        screen.say(f"Something unexpected happened ({type(error).__name__}).{where}", even_if_quiet=True)
        return NOT_ALL
    finally:
        if log:
            log.flush()


def default_log() -> Path:
    return state_folder() / "logs" / f"ami-upload-{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.log"


def run(given: argparse.Namespace, is_card: bool, screen: Screen, log: Log) -> int:
    folder = given.folder or (screen.ask("Folder to upload: ") if screen.can_ask else "")
    if not folder:
        raise UsageFault("Name the folder to upload.")
    if not os.path.isdir(folder):
        raise UsageFault(f"There is no folder {folder}.")
    address = given.portal or os.environ.get("AMI_PORTAL") or PORTAL
    if not address:
        raise UsageFault("Name the portal: --portal https://..., or the variable AMI_PORTAL.")
    wire = Wire(given.timeout, tls_context())
    portal = Portal(address, read_token(screen, address), wire, patience_s=60 * given.patience)
    context = Context(portal, wire, screen, log, Halt(), given)
    log.note("began", f"{client_name()} for {folder}, portal {portal.address}")
    if is_card:
        return carry_out_card(context, folder)
    deployment, bucket = choose_deployment(context)
    data_type = given.data_type or choose_data_type(screen, bucket.get("data_types", []))
    return run_courses([carry_out(context, Target(folder, deployment, data_type))])[0]


def read_token(screen: Screen, address: str) -> str:
    token = os.environ.get("AMI_TOKEN", "").strip()
    if not token and screen.can_ask:
        token = getpass.getpass(f"Token for {address}: ").strip()
    if not token:
        raise UsageFault("The token is needed: set the variable AMI_TOKEN. It is never given as an argument.")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise UsageFault("This is no token: it holds characters that tokens do not have.")
    return token


# --- __main__.py ------------------------------------------------------------------------------------------------------

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], __doc__))
