"""Which readings of a stopped run may stand for a file, and how that is proven."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from clients.ami_upload.engine.hasher import hash_large
from clients.ami_upload.lib.errors import FileFault
from clients.ami_upload.lib.format import MIB
from clients.ami_upload.lib.halt import Halt
from clients.ami_upload.selection.device_time import device_time
from clients.ami_upload.selection.item import Item

SAMPLE = 64  # of the files recalled: another card that differs in one file of ten is missed once in 800 times
SMALLEST_SAMPLE, SAMPLE_BYTES = 8, 512 * MIB
RESET_BEFORE = "2002-01-01"  # recorders whose clocks were reset count from 1970, 1980 or 2000
RESET_BEFORE_NS = int(datetime.fromisoformat(RESET_BEFORE + "T00:00+00:00").timestamp()) * 10**9


def looks_alike(item: Item, of_one_time: Counter[int]) -> bool:
    """Whether no clock tells this file from one of another card: it was reset, or several files have the same time."""
    day = device_time(item.name)[:10]
    return item.mtime_ns < RESET_BEFORE_NS or "" < day < RESET_BEFORE or of_one_time[item.mtime_ns] > 1


def to_be_proven(recalled: Sequence[Item], items: Sequence[Item]) -> list[Item]:
    """A sample, another one each time, then all that look alike. `items`: all of the selection."""
    of_one_time = Counter(item.mtime_ns for item in items)
    alike = [item for item in recalled if looks_alike(item, of_one_time)]
    chosen = set(map(id, alike))
    others = [item for item in recalled if id(item) not in chosen]
    sample: list[Item] = []
    size = 0
    for item in random.sample(others, min(SAMPLE, len(others))):
        size += item.size
        if len(sample) >= SMALLEST_SAMPLE and size > SAMPLE_BYTES:
            break
        sample.append(item)
    return sample + alike


def is_as_read(item: Item, halt: Halt) -> bool:
    """Reads the file again. One that cannot be read now is only not known any more."""
    kept = (item.md5, item.part_md5s)
    try:
        hash_large(item, item.part_size, halt)
    except FileFault:
        item.forget()
        return True
    return (item.md5, item.part_md5s) == kept
