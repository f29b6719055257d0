"""What a WAV says of itself: how it was recorded, by which device, and whether it is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clients.ami_upload.selection.facts.ami_text import note_ami_text, note_position
from clients.ami_upload.selection.facts.facts import FileFacts
from clients.ami_upload.selection.facts.times import note_time, offset_of

HEADER_BYTES = 12
UNKNOWN_LENGTH = 0xFFFFFFFF  # in RF64, whose lengths stand in a chunk of their own
_AUDIOMOTH = re.compile(
    r"Recorded at (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d\d)/(\d\d)/(\d{4}) \(UTC(?:([+-])(\d\d?)(?::(\d\d))?)?\)", re.ASCII
)
_AUDIOMOTH_ID = re.compile(r"AudioMoth ([0-9A-F]{16})", re.ASCII)


def note_wav(facts: FileFacts, head: bytes, tail: bytes, size: int) -> None:
    """Adds what the first and the last bytes of a WAV say. They may overlap."""
    facts.format = "wav"
    has_format, data_bytes = False, None
    for kind, start, length in chunks_of(head, tail, size):
        content = _bytes_at(head, tail, size, start, length)
        if kind == b"fmt " and len(content) >= 16:
            rate = int.from_bytes(content[4:8], "little")
            has_format = rate > 0 and int.from_bytes(content[2:4], "little") > 0
            facts.sample_rate_hz = rate if has_format else None
        elif kind == b"data":
            data_bytes = size - start
            if start + length > size:
                facts.damage = "shorter" if data_bytes > 0 else "header_alone"
        elif kind == b"LIST" and content.startswith(b"INFO"):
            for name, value_at, value_length in _chunks(content, 4, len(content)):
                _note_info(facts, name, _text_of(content[value_at : value_at + value_length]))
        elif kind in (b"id3 ", b"ID3 "):
            note_ami_text(facts, title_of_id3(content))
        elif kind == b"guan":
            note_guano(facts, content.decode("utf-8", "replace"))
        elif kind == b"wamd":
            note_wildlife_acoustics(facts, content)
    if not has_format:
        facts.damage = "no_header"
    elif not data_bytes:
        facts.damage = "header_alone"


def chunks_of(head: bytes, tail: bytes, size: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its content starts, length) of each chunk that can be seen; ends where nothing was read."""
    offset, length_of_data = HEADER_BYTES, None
    while offset + 8 <= size:
        header = _bytes_at(head, tail, size, offset, 8)
        if len(header) < 8:
            return
        length = int.from_bytes(header[4:], "little")
        if header[:4] == b"ds64":
            length_of_data = int.from_bytes(_bytes_at(head, tail, size, offset + 16, 8), "little")
        elif header[:4] == b"data" and length == UNKNOWN_LENGTH and length_of_data is not None:
            length = length_of_data
        yield header[:4], offset + 8, length
        offset += 8 + length + length % 2


def _chunks(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        length = int.from_bytes(content[start + 4 : start + 8], "little")
        yield content[start : start + 4], start + 8, length
        start += 8 + length + length % 2


def _bytes_at(head: bytes, tail: bytes, size: int, start: int, length: int) -> bytes:
    """What was read of these bytes of the file."""
    if start < len(head):
        return head[start : start + length]
    from_tail = start - (size - len(tail))
    return tail[from_tail : from_tail + length] if from_tail >= 0 else b""


def _text_of(content: bytes) -> str:
    return content.split(b"\0")[0].decode("utf-8", "replace").strip()


def _note_info(facts: FileFacts, name: bytes, text: str) -> None:
    if name == b"INAM":
        note_ami_text(facts, text)
    elif name in (b"ICMT", b"IART"):
        note_audiomoth(facts, text)


def note_audiomoth(facts: FileFacts, text: str) -> None:
    """Adds what the comment or the artist of an AudioMoth's recording says."""
    recorder = _AUDIOMOTH_ID.search(text)
    if recorder:
        facts.recorder, facts.model = recorder[1], "AudioMoth"
    found = _AUDIOMOTH.search(text)
    if found:
        hour, minute, second, day, month, year = found.group(1, 2, 3, 4, 5, 6)
        note_time(facts, f"{year}-{month}-{day}T{hour}:{minute}:{second}Z")
        if facts.taken_at and found[7]:
            facts.offset_minutes = offset_of(found[7], found[8], found[9])


def note_guano(facts: FileFacts, text: str) -> None:
    """Adds what lines of "Key: value" say."""
    said = {}
    for line in re.split(r"\r\n|\r|\n", text):
        key, colon, value = line.partition(":")
        if colon:
            said[key.strip().casefold()] = value.strip(" \0\t")
    note_time(facts, said.get("timestamp"))
    facts.recorder = said.get("serial") or facts.recorder
    facts.model = " ".join(filter(None, (said.get("make"), said.get("model")))) or facts.model
    position = re.fullmatch(r"(-?\d+(?:\.\d+)?)[ ,]+(-?\d+(?:\.\d+)?)", said.get("loc position", ""), re.ASCII)
    if position:
        note_position(facts, float(position[1]), float(position[2]))


def note_wildlife_acoustics(facts: FileFacts, content: bytes) -> None:
    """Adds what the tags of a Song Meter say: 2 bytes tag, 4 bytes length, value."""
    at, said = 0, {}
    while at + 6 <= len(content):
        tag = int.from_bytes(content[at : at + 2], "little")
        length = int.from_bytes(content[at + 2 : at + 6], "little")
        said[tag] = _text_of(content[at + 6 : at + 6 + length])
        at += 6 + length
    facts.model = said.get(1) or facts.model
    facts.recorder = said.get(2) or facts.recorder
    note_time(facts, said.get(5))
    position = re.search(r"(-?\d+\.\d+)\s*,\s*([NS]?)\s*,?\s*(-?\d+\.\d+)\s*,?\s*([EW]?)", said.get(6, ""), re.ASCII)
    if position:
        south, west = position[2] == "S", position[4] == "W"
        latitude, longitude = float(position[1]), float(position[3])
        note_position(facts, -abs(latitude) if south else latitude, -abs(longitude) if west else longitude)


def title_of_id3(content: bytes) -> str:
    """The title, of version 2.3 or 2.4; "" where there is none."""
    if not content.startswith(b"ID3") or len(content) < 10:
        return ""
    is_newer, at = content[3] >= 4, 10
    while at + 10 <= len(content) and content[at]:
        length = _seven_bits(content[at + 4 : at + 8]) if is_newer else int.from_bytes(content[at + 4 : at + 8], "big")
        if content[at : at + 4] == b"TIT2":
            return _id3_text(content[at + 10 : at + 10 + length])
        at += 10 + length
    return ""


def _seven_bits(four: bytes) -> int:
    return sum(byte << 7 * (3 - place) for place, byte in enumerate(four))


def _id3_text(content: bytes) -> str:
    encoding = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}.get(content[0] if content else 3, "utf-8")
    return content[1:].decode(encoding, "replace").split("\0")[0]
