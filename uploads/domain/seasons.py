"""What a device's clock said, against the calendar and a deployment's season. Pure."""

from datetime import date, datetime, timedelta
from enum import Enum

_RESET_BEFORE = 2000  # the first stations were built after 2015; clocks that lose power begin in 1970 or 1980
_AHEAD_BY = timedelta(days=1)  # no time zone is further from UTC, which device times carry as a mere label


class Clock(Enum):
    """Whether a device time can be true."""

    RESET = "reset"
    AHEAD = "ahead"
    PLAUSIBLE = "plausible"


def clock_of(taken_at: datetime, *, now: datetime) -> Clock:
    """taken_at: as `capture_time.device_time` gives it."""
    if taken_at.year < _RESET_BEFORE:
        return Clock.RESET
    if taken_at > now + _AHEAD_BY:
        return Clock.AHEAD
    return Clock.PLAUSIBLE


def is_outside(day: date, *, first_day: date | None, last_day: date | None) -> bool:
    """Whether a plausible day lies outside a season; an end that is not known (None) bars nothing.

    A night's last files carry the date of the next day.
    """
    begins_later = first_day is not None and day < first_day
    ended_before = last_day is not None and day > last_day + timedelta(days=1)
    return begins_later or ended_before
