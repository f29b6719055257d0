"""Sizes and times, in numbers and in words."""

from __future__ import annotations

KIB, MIB = 1024, 1024**2


def number(count: float) -> str:
    return f"{count:,.0f}"


def files_(count: int) -> str:
    return f"{number(count)} file{'' if count == 1 else 's'}"


def names_(count: int) -> str:
    return f"{number(count)} name{'' if count == 1 else 's'}"


def bytes_(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def duration_(seconds: float) -> str:
    if seconds < 60:
        return "under a minute"
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 1.5 * length or unit == "minute":
            count = round(seconds / length)
            return f"about {count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError
