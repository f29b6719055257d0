"""Whether a device's clock agrees with the sun: it is wrong where a device for the night writes by day. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from statistics import median_low
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from deployments.domain.names import DataType
from uploads.domain.sun import Sky

NOCTURNAL = frozenset({DataType.SNAPSHOT_IMAGES, DataType.MOTION_IMAGES, DataType.ULTRASOUND_RECORDINGS})

_FEWEST_FILES = 20  # fewer tell nothing: somebody tried the camera at noon
_FINE = 0.95  # dark, of the files judged: the rest are trial shots and bright evenings
_BEARABLE = 0.80  # a fixed timetable in a northern summer begins before sunset; below this it is no night's work
_CERTAIN = 0.99  # what a shift must reach before a clock that could be right is called wrong
_AS_GOOD = 0.02  # shifts whose shares differ by less explain the files equally well
_HALF_A_DAY = 12
_SHIFTS_H = range(-14, 15)  # UTC-12 to UTC+14 is all there is
_HOUR_S = 3_600
_MARGIN_S = 1_800  # around sunset and sunrise nothing is judged


class NightsVerdict(StrEnum):
    FINE = "fine"
    SHIFTED = "shifted"
    DAYLIGHT = "daylight"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Nights:
    """How many files were judged and lie in the dark; shift_h: how far the clock seems to run ahead of local time."""

    judged: int = 0
    dark: int = 0
    verdict: NightsVerdict = NightsVerdict.UNKNOWN
    shift_h: int = 0


def judge_nights(
    hours: Mapping[datetime, int], *, latitude: float | None, longitude: float | None, time_zone: str
) -> Nights:
    """hours: files per hour of the device's clock, each as `device_time` gives it. time_zone: the clock's, of the IANA
    database, "" while unknown.

    A shift is named only when it explains the files: it need not be the true one, since a short row of hours fits
    into a long night in several ways. Half a day is tried first (am for pm), then a clock left at UTC, then the least.
    """
    zone = _zone(time_zone)
    if latitude is None or longitude is None or zone is None or not hours:
        return Nights()
    files_from, offset_h = _in_utc(hours, zone)
    shares = _Shares(files_from, Sky(latitude, longitude))
    judged, dark = shares.counted(0)
    if judged < _FEWEST_FILES:
        return Nights(judged, dark)
    share = dark / judged
    if share >= _FINE:
        return Nights(judged, dark, NightsVerdict.FINE)
    likely = [_HALF_A_DAY, -offset_h]
    if share >= _BEARABLE:
        # One hour off is what summer time does, and no night is told apart by it.
        found = _best([shift for shift in likely if abs(shift) > 1], shares, at_least=_CERTAIN, of=judged)
    else:
        found = _best([*likely, *sorted(_SHIFTS_H, key=abs)], shares, at_least=_FINE, of=judged)
    if found is not None:
        return Nights(judged, dark, NightsVerdict.SHIFTED, found)
    return Nights(judged, dark, NightsVerdict.FINE if share >= _BEARABLE else NightsVerdict.DAYLIGHT)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _in_utc(hours: Mapping[datetime, int], zone: ZoneInfo) -> tuple[list[tuple[int, int]], int]:
    """Files by the Unix time at which their hour begins, and the zone's usual offset in whole hours.

    The offset is taken once for each day: in the night when the clocks change an hour more or less decides nothing.
    """
    offsets_s: dict[date, int] = {}
    files_from = []
    for hour, files in hours.items():
        day = hour.date()
        if day not in offsets_s:
            noon = datetime.combine(day, time(12), tzinfo=zone)
            offsets_s[day] = int((noon.utcoffset() or timedelta()).total_seconds())
        files_from.append((int(hour.replace(tzinfo=UTC).timestamp()) - offsets_s[day], files))
    return files_from, round(median_low(offsets_s.values()) / _HOUR_S)


class _Shares:
    """How many files lie in the dark if the clock ran so many hours ahead."""

    def __init__(self, files_from: list[tuple[int, int]], sky: Sky):
        self._files_from = files_from
        self._sky = sky
        self._is_dark: dict[int, bool | None] = {}

    def counted(self, shift_h: int) -> tuple[int, int]:
        """(judged, dark) files; an hour with a sunset or sunrise in it or near it is not judged."""
        judged = dark = 0
        known = self._is_dark
        for begin, files in self._files_from:
            begin -= shift_h * _HOUR_S
            if begin not in known:
                known[begin] = self._look(begin)
            is_dark = known[begin]
            if is_dark is not None:
                judged += files
                dark += files * is_dark
        return judged, dark

    def _look(self, begin: int) -> bool | None:
        before = self._sky.elevation_deg(begin - _MARGIN_S) < 0
        after = self._sky.elevation_deg(begin + _HOUR_S + _MARGIN_S) < 0
        return before if before == after else None


def _best(shifts: list[int], shares: _Shares, *, at_least: float, of: int) -> int | None:
    """Of `shifts`, the most likely first, the one that brings at least such a share into the dark; None: none does.

    A shift that leaves less than half as many files to judge has only moved them into the dusk.
    """
    share_of = {}
    for shift in shifts:
        judged, dark = shares.counted(shift)
        if 2 * judged >= of:
            share_of[shift] = dark / judged
    highest = max(share_of.values(), default=0.0)
    if highest < at_least:
        return None
    return next(shift for shift, share in share_of.items() if share >= max(highest - _AS_GOOD, at_least))
