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


if __name__ == "__main__":
    # `shell`: whether none has to be installed to have the quickest.
    is_there = shutil.which(SHELL) or os.environ.get("CHROMIUM") if sys.argv[1:] == ["shell"] else find()
    sys.exit(0 if is_there else 1)
