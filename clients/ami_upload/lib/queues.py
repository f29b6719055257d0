"""What bounds the stages of a run: queues between them, and the memory that they hold."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Generic, TypeVar

from clients.ami_upload.lib.halt import Halt

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
