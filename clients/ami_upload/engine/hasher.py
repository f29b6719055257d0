"""Reading and hashing files that must stay as they were selected."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from io import FileIO

from clients.ami_upload.lib.errors import FileFault
from clients.ami_upload.lib.format import MIB
from clients.ami_upload.lib.halt import Halt
from clients.ami_upload.selection.item import Item

READ_CHUNK = MIB


def is_unchanged(item: Item, stat: os.stat_result) -> bool:
    return stat.st_size == item.size and stat.st_mtime_ns == item.mtime_ns


def check_unchanged(item: Item) -> None:
    try:
        stat = os.stat(item.local)
    except OSError:
        raise FileFault("file_unreadable") from None
    if not is_unchanged(item, stat):
        raise FileFault("file_changed")


@contextlib.contextmanager
def steady(item: Item) -> Iterator[FileIO]:
    """The open file, known to be the one that was selected, before and after."""
    try:
        with open(item.local, "rb", buffering=0) as file:
            if not is_unchanged(item, os.fstat(file.fileno())):
                raise FileFault("file_changed")
            yield file
            if not is_unchanged(item, os.fstat(file.fileno())):
                raise FileFault("file_changed")
    except OSError:
        raise FileFault("file_unreadable") from None


def read_small(item: Item) -> bytes:
    with steady(item) as file:
        pieces: list[bytes] = []
        while piece := file.read(item.size + 1 - sum(map(len, pieces))):
            pieces.append(piece)
    body = b"".join(pieces)
    if len(body) != item.size:
        raise FileFault("file_changed")
    return body


def hash_large(item: Item, part_size: int, halt: Halt) -> None:
    """One reading gives the MD5 of the whole and, with a `part_size`, those of its parts; little is held in memory."""
    whole, part, parts = hashlib.md5(), hashlib.md5(), []
    done = in_part = 0
    with steady(item) as file:
        while True:
            halt.check()
            chunk = file.read(min(READ_CHUNK, part_size - in_part) if part_size else READ_CHUNK)
            if not chunk:
                break
            whole.update(chunk)
            done += len(chunk)
            if part_size:
                part.update(chunk)
                in_part += len(chunk)
                if in_part == part_size:
                    parts.append(part.digest())
                    part, in_part = hashlib.md5(), 0
    if in_part:
        parts.append(part.digest())
    if done != item.size:
        raise FileFault("file_changed")
    item.md5, item.part_md5s, item.part_size = whole.hexdigest(), b"".join(parts), part_size


def digest_of(item: Item, halt: Halt) -> str:
    """The MD5 of a file, read now unless it is known."""
    if not item.md5:
        hash_large(item, 0, halt)
    return item.md5
