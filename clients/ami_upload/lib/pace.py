"""The present rate."""

from __future__ import annotations

import threading
import time
from collections import deque


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
