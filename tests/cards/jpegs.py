"""JPEGs with the EXIF that cameras write."""

import random
import struct
from datetime import datetime

# A baseline JPEG's markers up to the image data: one quantisation table, 8 x 8 grey, one Huffman table.
TABLES = (
    b"\xff\xdb\x00\x43\x00"
    + bytes([16] * 64)
    + b"\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00"
    + b"\xff\xc4\x00\x14\x00\x01"
    + bytes(15)
    + b"\x00"
    + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
)
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
END = b"\xff\xd9"
ASCII, SHORT, LONG, RATIONAL, SIGNED_SHORT = 2, 3, 4, 5, 8


def segment(marker: int, payload: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload


def jpeg(*segments: bytes, image: bytes = b"", image_bytes: int = 600, seed: int = 1) -> bytes:
    """With JFIF in front, as Motion writes it; `image` in place of random data."""
    # No 0xFF within the image data, where it would begin a marker.
    image = image or random.Random(seed).randbytes(image_bytes).replace(b"\xff", b"\xfe")
    return b"\xff\xd8" + JFIF + b"".join(segments) + TABLES + image + END


def exif(
    *,
    text: str = "",
    taken_at: datetime | None = None,
    zone_hours: int | None = None,
    offset: str = "",
    make: str = "",
    model: str = "",
    serial: str = "",
    position: tuple[float, float] | None = None,
    order: str = ">",
) -> bytes:
    """An APP1 segment; `order`: ">" as Motion writes it, "<" as most cameras do."""
    when = f"{taken_at:%Y:%m:%d %H:%M:%S}" if taken_at else ""
    main = [(0x010E, ASCII, text), (0x010F, ASCII, make), (0x0110, ASCII, model), (0x0132, ASCII, when)]
    if zone_hours is not None:
        main.append((0x882A, SIGNED_SHORT, zone_hours))
    inner = [(0x9003, ASCII, when), (0x9011, ASCII, offset), (0xA431, ASCII, serial)]
    gps = []
    if position:
        latitude, longitude = position
        gps = [
            (1, ASCII, "S" if latitude < 0 else "N"),
            (2, RATIONAL, _degrees(latitude)),
            (3, ASCII, "W" if longitude < 0 else "E"),
            (4, RATIONAL, _degrees(longitude)),
        ]
    return segment(0xE1, b"Exif\0\0" + _tiff(order, main, inner, gps))


def _degrees(value: float) -> list[tuple[int, int]]:
    value = abs(value)
    minutes = (value % 1) * 60
    return [(int(value), 1), (int(minutes), 1), (round((minutes % 1) * 60 * 1_000), 1_000)]


def _tiff(order: str, main: list, inner: list, gps: list) -> bytes:
    inner, gps = [[tag for tag in tags if tag[2] != ""] for tags in (inner, gps)]
    main = [tag for tag in main if tag[2] != ""]
    pointers = [(0x8769, LONG, 0)] if inner else []
    pointers += [(0x8825, LONG, 0)] if gps else []
    main = sorted(main + pointers)
    start = 8
    # Twice: how long the first directory is does not depend on where the others stand.
    for _ in range(2):
        block = _directory(order, main, start)
        at_inner = start + len(block)
        block += _directory(order, inner, at_inner) if inner else b""
        at_gps = start + len(block)
        block += _directory(order, gps, at_gps) if gps else b""
        places = {0x8769: at_inner, 0x8825: at_gps}
        main = [(tag, kind, places.get(tag, value)) for tag, kind, value in main]
    return (b"MM" if order == ">" else b"II") + struct.pack(order + "HI", 42, start) + block


def _directory(order: str, tags: list, start: int) -> bytes:
    data_at = start + 2 + 12 * len(tags) + 4
    entries, data = b"", b""
    for tag, kind, value in tags:
        count, content = _value(order, kind, value)
        if len(content) <= 4:
            entries += struct.pack(order + "HHI", tag, kind, count) + content.ljust(4, b"\0")
        else:
            entries += struct.pack(order + "HHII", tag, kind, count, data_at + len(data))
            data += content + b"\0" * (len(content) % 2)
    return struct.pack(order + "H", len(tags)) + entries + bytes(4) + data


def _value(order: str, kind: int, value) -> tuple[int, bytes]:
    if kind == ASCII:
        content = value.encode() + b"\0"
        return len(content), content
    if kind == RATIONAL:
        return len(value), b"".join(struct.pack(order + "II", *parts) for parts in value)
    return 1, struct.pack(order + {SHORT: "H", LONG: "I", SIGNED_SHORT: "h"}[kind], value)
