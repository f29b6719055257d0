"""The sums over what a store lists, by the times in the names. Writes nothing, asks nobody.

A million names pass through here while the store writes the next page of them, so a name costs one search and one
look-up: files of one hour share all that has to be worked out, and nights are made of hours at the end.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from uploads.domain.capture_time import STAMP, device_time
from uploads.domain.seasons import Clock, clock_of, is_outside
from uploads.models import InventoryOddity

ODDITIES_NAMED = 1_000  # of each kind; a list of more helps nobody, the counts tell the rest
Kind = InventoryOddity.Kind


@dataclass(slots=True)
class _Hour:
    """What one hour of the device's clock holds. first, last: MMSS, as the names have them."""

    begins: datetime
    is_plausible: bool
    is_outside: bool
    objects: int = 0
    size_bytes: int = 0
    first: str = "9999"
    last: str = ""


@dataclass(slots=True)
class Tally:
    """Sums of one listing. odd: how many of each kind; named: (kind, filename), of each kind the first."""

    now: datetime
    first_day: date | None
    last_day: date | None
    objects: int = 0
    size_bytes: int = 0
    odd: Counter = field(default_factory=Counter)
    named: list[tuple[str, str]] = field(default_factory=list)
    _undated: int = 0
    _hours: dict[str, _Hour] = field(default_factory=dict)  # by YYYYMMDDHH

    def add(self, names: Iterable[str], sizes: Iterable[int]) -> None:
        """Files of these names and sizes in bytes, pairwise."""
        hours, search = self._hours, STAMP.search
        for name, size in zip(names, sizes, strict=True):
            self.objects += 1
            self.size_bytes += size
            found = search(name)
            hour = hours.get(found[1] + found[3] + found[4] + found[5]) if found else None
            # Of a stamp whose hour was seen only minutes and seconds can be none; then another may follow in the name.
            if found is None or hour is None or found[7] > "59" or found[8] > "59":
                taken_at = device_time(name)
                if taken_at is None:
                    self._undated += 1
                    continue
                hour, at = self._hour_of(taken_at), f"{taken_at:%M%S}"
            else:
                at = found[7] + found[8]
            hour.objects += 1
            hour.size_bytes += size
            if at < hour.first:
                hour.first = at
            if at > hour.last:
                hour.last = at
            if hour.is_outside:
                self.note(Kind.OUTSIDE_SEASON, [name])

    def note(self, kind: str, filenames: Iterable[str]) -> None:
        for filename in filenames:
            self.odd[kind] += 1
            if self.odd[kind] <= ODDITIES_NAMED:
                self.named.append((kind, filename))

    def _hour_of(self, taken_at: datetime) -> _Hour:
        key = f"{taken_at:%Y%m%d%H}"
        if key not in self._hours:
            begins = taken_at.replace(minute=0, second=0)
            is_plausible = clock_of(begins, now=self.now) is Clock.PLAUSIBLE
            outside = is_plausible and is_outside(begins.date(), first_day=self.first_day, last_day=self.last_day)
            self._hours[key] = _Hour(begins, is_plausible, outside)
        return self._hours[key]

    @property
    def undated(self) -> int:
        """Names without a time, or with one that cannot be true."""
        return self._undated + sum(hour.objects for hour in self._hours.values() if not hour.is_plausible)

    @property
    def span(self) -> tuple[datetime, datetime] | tuple[None, None]:
        """First and last device time."""
        plausible = list(self._plausible())
        if not plausible:
            return None, None
        first = min(plausible, key=lambda hour: hour.begins)
        last = max(plausible, key=lambda hour: hour.begins)
        return _at(first.begins, first.first), _at(last.begins, last.last)

    @property
    def nights(self) -> dict[date, tuple[int, int]]:
        """Objects and bytes by the evening on which the night began."""
        nights: dict[date, tuple[int, int]] = {}
        for hour in self._plausible():
            objects, size_bytes = nights.get(night_of(hour.begins), (0, 0))
            nights[night_of(hour.begins)] = objects + hour.objects, size_bytes + hour.size_bytes
        return nights

    def _plausible(self) -> Iterator[_Hour]:
        return (hour for hour in self._hours.values() if hour.is_plausible)


def night_of(taken_at: datetime) -> date:
    """The evening on which the night of a device time began; nights are cut at noon."""
    return (taken_at - timedelta(hours=12)).date()


def _at(hour: datetime, minute_and_second: str) -> datetime:
    minute, second = int(minute_and_second[:2]), int(minute_and_second[2:])
    return hour.replace(minute=minute, second=second, tzinfo=UTC)
