"""What one PUT carries: a whole file, or a part of a large one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from clients.ami_upload.portal.signed_url import Grant
from clients.ami_upload.selection.item import Item


@dataclass(slots=True, eq=False)
class Large:
    """A file on its way in parts."""

    item: Item
    upload: str
    left: set[int]  # numbers of the parts that the store does not have
    generation: int = 1
    is_over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a large file a PUT carries, and of which of its uploads: another may have been begun since."""

    large: Large
    number: int
    generation: int

    @property
    def is_wanted(self) -> bool:
        return self.generation == self.large.generation and not self.large.is_over


@dataclass(slots=True, eq=False)
class Job:
    """One PUT: a whole file, or a part of a large one."""

    item: Item
    offset: int
    length: int
    grant: Grant | None = None
    part: Part | None = None
    sent_bytes: int = 0
