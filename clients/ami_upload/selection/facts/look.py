"""Reads the two ends of files on the card."""

from __future__ import annotations

import os

from clients.ami_upload.selection.facts.facts import FileFacts
from clients.ami_upload.selection.facts.read import facts_of

END_BYTES = 64 * 1024  # of each end: EXIF is no longer, nor are the texts behind a sound


def look_into(local: str) -> FileFacts | None:
    """What a file says of itself; None where it cannot be read."""
    try:
        with open(local, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(END_BYTES)
            file.seek(max(0, size - END_BYTES))
            tail = head if size <= END_BYTES else file.read(END_BYTES)
    except OSError:
        return None
    return facts_of(os.path.basename(local), head, tail, size)


def facts_in(name: str, content: bytes) -> FileFacts:
    """As `look_into`, of a file that was read whole."""
    return facts_of(name, content[:END_BYTES], content[-END_BYTES:], len(content))
