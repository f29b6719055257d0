"""How many calls an address may make in a while, counted in this process alone."""

import threading
import time
from dataclasses import dataclass, field

_FORGOTTEN_ABOVE = 10_000  # addresses remembered: each is some hundred bytes


@dataclass
class CallRate:
    """A bucket per address that fills by `per_second` up to `at_once`."""

    per_second: float
    at_once: float
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _left: dict[str, tuple[float, float]] = field(default_factory=dict, repr=False)

    def takes(self, address: str | None, *, calls: int = 1) -> bool:
        """Whether so many more calls of this address are within the rate; they are then counted."""
        now = time.monotonic()
        with self._lock:
            if len(self._left) > _FORGOTTEN_ABOVE:
                self._left.clear()
            left, seen_at = self._left.get(address or "", (self.at_once, now))
            left = min(self.at_once, left + (now - seen_at) * self.per_second)
            is_within = left >= calls
            self._left[address or ""] = (left - calls if is_within else left, now)
        return is_within
