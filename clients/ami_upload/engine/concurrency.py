"""How many transfers run at once: few at first, more while that makes the link carry more, fewer when it fails."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from clients.ami_upload.lib.format import KIB
from clients.ami_upload.lib.halt import Halt

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
