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


@dataclass(slots=True, eq=False)
class Job:
    """One PUT: a whole file, or a part of a large one."""

    item: Item
    offset: int
    length: int
    grant: Grant | None = None
    number: int = 0
    large: Large | None = None
    generation: int = 0
    sent_bytes: int = 0
