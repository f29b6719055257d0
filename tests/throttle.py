"""A slow link, in front of the fault proxy: what all connections together may carry up."""

import threading
import time
from dataclasses import dataclass, field

SLICE_BYTES = 4_096


@dataclass
class Throttle:
    """Bytes of request bodies per second, shared by all connections; `read` in the place of a socket's."""

    bytes_per_s: float
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _free_at: float = 0.0

    def read(self, source, length: int) -> bytes:
        pieces = []
        while length:
            piece = source.read(min(SLICE_BYTES, length))
            if not piece:
                break
            pieces.append(piece)
            length -= len(piece)
            self._take(len(piece))
        return b"".join(pieces)

    def _take(self, count: int) -> None:
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + count / self.bytes_per_s
            wait_s = self._free_at - now
        time.sleep(wait_s)
