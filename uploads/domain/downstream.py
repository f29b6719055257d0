"""Which names the species pipelines pass over: their own rules, by which they find a file's time in its name. Pure.

Images (amber-inferences): of the pieces between hyphens the first that begins with 201 or 202 must be a time of 14
digits. Sound (EntoInsights and others): the first eight digits, line and six digits must be a time. Names that hold
"recycle", or begin with "." or "$", are dropped; the latter never get here. Endings play no part.
"""

import re
from enum import StrEnum

from uploads.domain.capture_time import device_time
from uploads.domain.shared import IMAGE_DECADES, IMAGE_TIME, READ_AS_IMAGE, SOUND_TIME

_IMAGE = re.compile(READ_AS_IMAGE, re.IGNORECASE)
_PIECE_TIME = re.compile(IMAGE_TIME, re.ASCII)
_SOUND_TIME = re.compile(SOUND_TIME, re.ASCII)


class PassedOver(StrEnum):
    """What speaks against a name."""

    RECYCLE = "recycle"
    NO_TIME = "no_time"
    TIME_UNREAD = "time_unread"
    CLOCK = "clock"


def passed_over(name: str) -> PassedOver | None:
    """Why no pipeline will read this file, None when one will."""
    if "recycle" in name:
        return PassedOver.RECYCLE
    is_image = _IMAGE.search(name) is not None
    if device_time(_image_time(name) if is_image else _sound_time(name)):
        return None
    taken_at = device_time(name)
    if taken_at is None:
        return PassedOver.NO_TIME
    is_read = taken_at.isoformat().startswith(IMAGE_DECADES)
    return PassedOver.CLOCK if is_image and not is_read else PassedOver.TIME_UNREAD


def _image_time(name: str) -> str:
    pieces = (piece.partition(".")[0] for piece in name.split("-"))
    first = next((piece for piece in pieces if piece.startswith(IMAGE_DECADES)), "")
    return first if _PIECE_TIME.fullmatch(first) else ""


def _sound_time(name: str) -> str:
    found = _SOUND_TIME.search(name)
    return found[0] if found else ""
