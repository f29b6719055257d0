"""Which files the species pipelines will not read."""

from __future__ import annotations

import re

from clients.ami_upload.selection.device_time import device_time
from uploads.domain.shared import IMAGE_DECADES, IMAGE_TIME, READ_AS_IMAGE, SOUND_TIME

PASSED_OVER = {
    "no_time": "no time in the name",
    "time_unread": "the time in a form that is not looked for",
    "clock": "an image from before 2010 or after 2029 by its clock",
    "recycle": "“recycle” in the name",
}


def passed_over(name: str) -> str:
    """Why no species pipeline will read a file of this name (a key of PASSED_OVER), or "".

    By the rules of the portal's downstream.py.
    """
    if "recycle" in name:
        return "recycle"
    is_image = re.search(READ_AS_IMAGE, name, re.IGNORECASE)
    if is_image:
        pieces = (piece.partition(".")[0] for piece in name.split("-"))
        piece = next((piece for piece in pieces if piece.startswith(IMAGE_DECADES)), "")
        stamp = piece if re.fullmatch(IMAGE_TIME, piece, re.ASCII) else ""
    else:
        found = re.search(SOUND_TIME, name, re.ASCII)
        stamp = found[0] if found else ""
    if device_time(stamp):
        return ""
    taken_at = device_time(name)
    if not taken_at:
        return "no_time"
    return "clock" if is_image and not taken_at.startswith(IMAGE_DECADES) else "time_unread"
