"""How a run ends before its end, for all its threads at once."""

from __future__ import annotations

import threading

from clients.ami_upload.lib.errors import Halted


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
