"""Which Chromium the browser tests drive.

The headless shell, where there is one: the same engine without the window's parts, at less than half of the
processor's time.
"""

import os
import shutil
import sys

SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of an installed Chromium; CHROMIUM names another one."""
    named = os.environ.get("CHROMIUM", "").strip()
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


def is_quickest() -> bool:
    """Whether installing the shell would change nothing."""
    return find() is not None and (os.environ.get("CHROMIUM", "").strip() != "" or shutil.which(SHELL) is not None)


if __name__ == "__main__":
    is_enough = is_quickest() if sys.argv[1:] == ["shell"] else find() is not None
    sys.exit(0 if is_enough else 1)
