"""WAVs with the chunks that recorders write."""

import random
import struct


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def wav(
    *,
    rate: int = 48_000,
    before: bytes = b"",
    behind: bytes = b"",
    sound: bytes | None = None,
    sound_bytes: int = 400,
    seed: int = 1,
) -> bytes:
    """`before` and `behind`: chunks on either side of the sound."""
    sound = random.Random(seed).randbytes(sound_bytes) if sound is None else sound
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16))
    content = b"WAVE" + form + before + chunk(b"data", sound) + behind
    return b"RIFF" + struct.pack("<I", len(content)) + content


def info(**texts: str) -> bytes:
    """A LIST of INFO, such as INAM="..."."""
    pieces = b"".join(chunk(name.encode(), text.encode() + b"\0") for name, text in texts.items())
    return chunk(b"LIST", b"INFO" + pieces)


def id3(title: str, *, version: int = 4, encoding: int = 3) -> bytes:
    text = bytes([encoding]) + title.encode({0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}[encoding])
    frame = b"TIT2" + _length(len(text), version) + b"\0\0" + text
    return chunk(b"id3 ", b"ID3" + bytes([version, 0, 0]) + _length(len(frame), 4) + frame)


def _length(length: int, version: int) -> bytes:
    if version < 4:
        return struct.pack(">I", length)
    return bytes((length >> 7 * place) & 0x7F for place in (3, 2, 1, 0))


def guano(*lines: str) -> bytes:
    return chunk(b"guan", "\n".join(lines).encode())


def wamd(**said: str) -> bytes:
    """As a Song Meter writes it: model, serial, time, position."""
    tags = {"version": 0, "model": 1, "serial": 2, "firmware": 3, "prefix": 4, "time": 5, "position": 6}
    pieces = b"".join(struct.pack("<HI", tags[key], len(text)) + text.encode() for key, text in said.items())
    return chunk(b"wamd", struct.pack("<HIH", 0, 2, 1) + pieces)


def audiomoth(recorder: str, *, at: str = "03:32:39 18/09/2024", zone: str = "UTC+1") -> bytes:
    comment = (
        f"Recorded at {at} ({zone}) by AudioMoth {recorder} at medium gain while battery was 4.1V "
        "and temperature was 12.3C."
    )
    return info(ICMT=comment, IART=f"AudioMoth {recorder}")
