"""From the first and the last bytes of a file to what it says of itself."""

from __future__ import annotations

import re

from clients.ami_upload.selection.facts.facts import FileFacts
from clients.ami_upload.selection.facts.jpeg import note_jpeg
from clients.ami_upload.selection.facts.wav import note_wav
from uploads.domain.shared import CAMERA_IN_NAME, RECORDER_IN_NAME

_TEXT = re.compile(rb"[\t\n\r\x20-\xff]+")


def facts_of(name: str, head: bytes, tail: bytes, size: int) -> FileFacts:
    """What a file says of itself, by its name, its first and its last bytes, which may overlap. Never raises."""
    facts = FileFacts()
    if not size:
        return facts
    if head.startswith(b"\xff\xd8"):
        note_jpeg(facts, head, tail, size)
    elif head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        note_wav(facts, head, tail, size)
    elif not head.strip(b"\0") and not tail.strip(b"\0"):
        facts.damage = "zeros"
    elif _TEXT.fullmatch(head[:512]):
        facts.damage = "text"
    else:
        facts.damage = "no_header"
    camera, recorder = re.match(CAMERA_IN_NAME, name, re.ASCII), re.match(RECORDER_IN_NAME, name, re.ASCII)
    if camera and facts.format != "wav":
        facts.camera = facts.camera or camera[1]
    if recorder and facts.format != "jpeg":
        facts.recorder = facts.recorder or recorder[1]
    return facts
