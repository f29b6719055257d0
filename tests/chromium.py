"""Which Chromium the browser tests drive.

The headless shell, where there is one: the same engine without the window's parts, at less than half of the
processor's time.
"""

import os
import shutil
import sys

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of an installed Chromium; CHROMIUM names another one."""
    named = os.environ.get("CHROMIUM", "").strip()
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


if __name__ == "__main__":
    sys.exit(0 if find() else 1)
