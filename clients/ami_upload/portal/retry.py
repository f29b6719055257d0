"""When failures that are worth another try get it: alone, and while a store is away."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections import deque
from email.utils import parsedate_to_datetime

from clients.ami_upload.lib.errors import Refusal
from clients.ami_upload.lib.halt import Halt

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
