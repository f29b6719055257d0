"""A limit to the bytes per second, for people who share their link."""

from __future__ import annotations

import threading
import time

from clients.ami_upload.lib.halt import Halt


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
