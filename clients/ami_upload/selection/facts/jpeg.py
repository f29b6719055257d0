"""What a JPEG says of itself: EXIF, and whether it is whole."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from clients.ami_upload.selection.facts.ami_text import note_ami_text, note_position
from clients.ami_upload.selection.facts.facts import FileFacts
from clients.ami_upload.selection.facts.times import note_time, offset_of

SOI, SOS, EOI, APP1, APP2 = 0xD8, 0xDA, 0xD9, 0xE1, 0xE2
END_OF_IMAGE = b"\xff\xd9"
# Of files that hold more behind the first image, whose end is anywhere.
_GOES_ON = (b"MPF\0", b"MicroVideo", b"MotionPhoto")

# Tags of EXIF
DESCRIPTION, MAKE, MODEL, WHEN, ZONE_HOURS = 0x010E, 0x010F, 0x0110, 0x0132, 0x882A
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
TAKEN, TAKEN_OFFSET, SERIAL = 0x9003, 0x9011, 0xA431
NORTH, LATITUDE, EAST, LONGITUDE = 1, 2, 3, 4
_BYTES_EACH = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 8: 2, 9: 4, 10: 8}


def note_jpeg(facts: FileFacts, head: bytes, tail: bytes, size: int) -> None:
    """Adds what the first and the last bytes of a JPEG say. They may overlap."""
    facts.format = "jpeg"
    offset, goes_on = 2, False
    image_at = 0
    while offset + 4 <= len(head):
        if head[offset] != 0xFF:
            facts.damage = "no_header" if offset == 2 else ""
            break
        marker = head[offset + 1]
        if marker == 0xFF:  # filled up
            offset += 1
            continue
        length = int.from_bytes(head[offset + 2 : offset + 4], "big")
        payload = head[offset + 4 : offset + 2 + length]
        if marker == SOS:
            image_at = offset
            break
        if marker == APP1 and payload.startswith(b"Exif\0\0"):
            note_exif(facts, payload[6:])
        goes_on |= marker in (APP1, APP2) and any(sign in payload for sign in _GOES_ON)
        offset += 2 + max(length, 2)
    if goes_on or facts.damage:
        return
    # An end before the image itself is that of a thumbnail.
    tail_from = max(image_at or min(offset, size), size - len(tail))
    if END_OF_IMAGE not in tail[len(tail) - (size - tail_from) :]:
        facts.damage = "cut_off"


def note_exif(facts: FileFacts, tiff: bytes) -> None:
    """Adds what a TIFF block says."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if not order or len(tiff) < 8:
        return
    block = _Tiff(tiff, order)
    main = block.directory(block.long_at(4))
    inner = block.directory(block.number(main, EXIF_IFD))
    gps = block.directory(block.number(main, GPS_IFD))
    facts.model = " ".join(filter(None, (block.text(main, MAKE), block.text(main, MODEL))))
    facts.camera = block.text(inner, SERIAL)
    note_time(facts, block.text(inner, TAKEN) or block.text(main, WHEN))
    zone = re.fullmatch(r"([+-])(\d\d):(\d\d)", block.text(inner, TAKEN_OFFSET), re.ASCII)
    hours = block.signed(main, ZONE_HOURS)
    if zone and facts.taken_at:
        facts.offset_minutes = offset_of(zone[1], zone[2], zone[3])
    elif hours is not None and facts.taken_at and abs(hours) <= 14:
        facts.offset_minutes = hours * 60
    north, east = block.degrees(gps, LATITUDE), block.degrees(gps, LONGITUDE)
    if north is not None and east is not None:
        south = block.text(gps, NORTH).startswith("S")
        west = block.text(gps, EAST).startswith("W")
        note_position(facts, -north if south else north, -east if west else east)
    note_ami_text(facts, block.text(main, DESCRIPTION))


@dataclass(frozen=True)
class _Tiff:
    """Directories of tags, each (type, count, where its value stands)."""

    data: bytes
    order: str

    def directory(self, start: int | None) -> dict[int, tuple[int, int, int]]:
        found: dict[int, tuple[int, int, int]] = {}
        if not start or start + 2 > len(self.data):
            return found
        for number in range(self._short_at(start)):
            at = start + 2 + 12 * number
            if at + 12 > len(self.data):
                break
            kind, count = self._short_at(at + 2), self.long_at(at + 4)
            length = _BYTES_EACH.get(kind, 0) * count
            value_at = at + 8 if length <= 4 else self.long_at(at + 8)
            if length and value_at < len(self.data):
                found.setdefault(self._short_at(at), (kind, count, value_at))
        return found

    def text(self, directory: dict[int, tuple[int, int, int]], tag: int) -> str:
        kind, count, at = directory.get(tag, (0, 0, 0))
        if kind != 2:
            return ""
        return self.data[at : at + count].split(b"\0")[0].decode("utf-8", "replace").strip()

    def number(self, directory: dict[int, tuple[int, int, int]], tag: int) -> int | None:
        kind, _, at = directory.get(tag, (0, 0, 0))
        return self.long_at(at) if kind == 4 and at + 4 <= len(self.data) else None

    def signed(self, directory: dict[int, tuple[int, int, int]], tag: int) -> int | None:
        kind, _, at = directory.get(tag, (0, 0, 0))
        if kind not in (3, 8) or at + 2 > len(self.data):
            return None
        value = self._short_at(at)
        return value - 0x10000 if value >= 0x8000 else value

    def degrees(self, directory: dict[int, tuple[int, int, int]], tag: int) -> float | None:
        """From degrees, minutes and seconds."""
        kind, count, at = directory.get(tag, (0, 0, 0))
        if kind != 5 or count != 3 or at + 24 > len(self.data):
            return None
        parts = [(self.long_at(at + 8 * n), self.long_at(at + 8 * n + 4)) for n in range(3)]
        if any(not below for _, below in parts):
            return None
        degrees, minutes, seconds = (above / below for above, below in parts)
        return round(degrees + minutes / 60 + seconds / 3600, 6)

    def _short_at(self, at: int) -> int:
        return int(struct.unpack_from(self.order + "H", self.data, at)[0])

    def long_at(self, at: int) -> int:
        return int(struct.unpack_from(self.order + "I", self.data, at)[0])
