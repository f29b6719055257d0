"""Moments as devices write them into files."""

from __future__ import annotations

import re
from datetime import datetime

from clients.ami_upload.selection.facts.facts import FileFacts

# 2024-09-18T03:23:39+0100, 2024:09:18 03:23:39, 2024-09-18 03:23:39-05:00
_MOMENT = re.compile(
    r"(\d{4})[-:](\d\d)[-:](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?\s*(?:(Z)|([+-])(\d\d):?(\d\d)?)?\s*", re.ASCII
)


def note_time(facts: FileFacts, moment: object) -> None:
    """Adds the moment, and its offset where it has one."""
    found = _MOMENT.fullmatch(moment) if isinstance(moment, str) else None
    if not found:
        return
    try:
        year, month, day, hour, minute, second = map(int, found.group(1, 2, 3, 4, 5, 6))
        taken_at = datetime(year, month, day, hour, minute, second).isoformat()
    except ValueError:
        return
    facts.taken_at = taken_at
    facts.offset_minutes = 0 if found[7] else offset_of(found[8], found[9], found[10])


def offset_of(sign: str | None, hours: str | None, minutes: str | None) -> int | None:
    """Minutes ahead of UTC."""
    if not sign or not hours:
        return None
    return (-1 if sign == "-" else 1) * (int(hours) * 60 + int(minutes or 0))
