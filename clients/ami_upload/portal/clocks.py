"""Moments that the portal names, by its own clock: this computer's may be wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from clients.ami_upload.portal.answers import Answer
from clients.ami_upload.portal.retry import http_date

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
