"""What a device's clock says in the name of a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

SURVEY_HOURS = 60_000
# As in the portal's capture_time.py. Groups 1, 3, 4: year, month, day; 5, 7, 8: hour, minute, second.
_STAMP = re.compile(
    r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?:[_Tt -]| at )?(\d\d)([-_.:]?)(\d\d)\6(\d\d)(?:\d{3})?(?!\d)", re.ASCII
)


def device_time(name: str) -> str:
    """What the device's clock says in a name, such as 2025-07-14T22:00:31 (of several the first), or ""."""
    for match in _STAMP.finditer(name):
        year, month, day, hour, minute, second = map(int, match.group(1, 3, 4, 5, 7, 8))
        try:
            return datetime(year, month, day, hour, minute, second).isoformat()
        except ValueError:
            continue
    return ""


def hours_of(names: Iterable[str]) -> tuple[dict[str, int], int]:
    counted = Counter(device_time(name)[: len("2025-07-14T22")] for name in names)
    undated = counted.pop("", 0)
    return dict(counted.most_common(SURVEY_HOURS)), undated
