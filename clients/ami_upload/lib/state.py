"""Where logs, receipts and journals lie."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from clients.ami_upload.lib.errors import UsageFault


def state_folder() -> Path:
    named = os.environ.get("AMI_STATE_DIR")
    if named:
        folder = Path(named)
    elif os.name == "nt":
        folder = Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "ami-upload"
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Application Support" / "ami-upload"
    else:
        folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "ami-upload"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        message = f"The folder {folder} cannot be made ({error.strerror}). Name another in AMI_STATE_DIR."
        raise UsageFault(message) from None
    return folder


class Lock:
    """Held by one run at a time; given back by the system however the run ends."""

    def __init__(self, path: Path):
        self._file = open(path, "a+b")  # noqa: SIM115 (held as long as the run lasts)

    def take(self) -> bool:
        try:
            if sys.platform == "win32":  # as mypy reads it too
                import msvcrt  # noqa: PLC0415 (there is none elsewhere)

                self._file.seek(0)
                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl  # noqa: PLC0415 (there is none on Windows)

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def close(self) -> None:
        self._file.close()
