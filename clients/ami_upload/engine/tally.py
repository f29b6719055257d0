"""What a run has come to so far, in files and bytes."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from clients.ami_upload.selection.item import Item


class Tally:
    """Sums of a run."""

    def __init__(self, items: Sequence[Item]):
        self._lock = threading.Lock()
        self.files = len(items)
        self.bytes = sum(item.size for item in items)
        self.verified = self.stored = self.bad = self.retries = self.hashed = 0
        self.sent_files = self.sent_bytes = self.unsent_bytes = 0

    def add(self, **counts: int) -> None:
        with self._lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    @property
    def done(self) -> int:
        return self.verified + self.stored + self.bad
