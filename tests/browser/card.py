"""A card as a station writes it: real JPEG and WAV headers, names of the documented shapes."""

import random
import struct
from datetime import datetime, timedelta
from pathlib import Path

from tests.cards.jpegs import JFIF, TABLES

_JPEG_HEAD = b"\xff\xd8" + JFIF + TABLES
_FIRST_NIGHT = datetime(2025, 7, 14, 22, 0, 0)


class Card:
    """A folder that fills. Contents are random but repeatable."""

    def __init__(self, root: Path):
        self.root = root
        self.root.mkdir()
        self._random = random.Random(20250714)

    def add(self, path: str, content: bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def jpeg(self, size_bytes: int) -> bytes:
        # No 0xFF within the image data, where it would begin a marker.
        data = self._random.randbytes(size_bytes - len(_JPEG_HEAD) - 2).replace(b"\xff", b"\xfe")
        return _JPEG_HEAD + data + b"\xff\xd9"

    def wav(self, size_bytes: int) -> bytes:
        data = self._random.randbytes(size_bytes - 44)
        riff = struct.pack("<4sI4s", b"RIFF", size_bytes - 8, b"WAVE")
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 48_000, 96_000, 2, 16)
        return riff + form + struct.pack("<4sI", b"data", len(data)) + data

    def add_snapshots(
        self, count: int, *, size_bytes: int = 20_000, folder: str = "snapshots", first: int = 0
    ) -> list[str]:
        """`count` images, ten minutes apart, beginning with the one of number `first`; their names in order."""
        times = [_FIRST_NIGHT + timedelta(minutes=10 * n) for n in range(first, first + count)]
        names = [f"{time:%Y%m%d%H%M%S}-snapshot.jpg" for time in times]
        for name in names:
            self.add(f"{folder}/{name}", self.jpeg(size_bytes))
        return names

    def contents(self, *suffixes: str) -> dict[str, bytes]:
        """{name: content} of the files whose names end so, in any case."""
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return {path.name: path.read_bytes() for path in files if path.name.lower().endswith(suffixes)}
