"""The log of a run, and names of files in it that can do no harm."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from pathlib import Path

from clients.ami_upload.lib.errors import UsageFault


def plain(text: str) -> str:
    """Without control characters: a file's name must not forge a line of the log, nor steer a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


class Log:
    """A line per event: when, what, about which file. Neither tokens nor URLs are ever written."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise UsageFault(f"The log {path} cannot be written: {error.strerror}.") from None

    def note(self, event: str, text: str = "") -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        with self._lock:
            self._file.write(f"{now} {event:<10} {plain(text)}\n")

    def flush(self) -> None:
        with self._lock:
            self._file.flush()
