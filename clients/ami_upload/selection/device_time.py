"""What a device's clock says in the name of a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from uploads.domain.shared import DEVICE_TIME, MAX_SURVEY_HOURS

_STAMP = re.compile(DEVICE_TIME, re.ASCII)  # its groups stand there


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
    return dict(counted.most_common(MAX_SURVEY_HOURS)), undated
