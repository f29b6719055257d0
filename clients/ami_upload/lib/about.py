"""What this program is called, and which portal it was downloaded from."""

from __future__ import annotations

import platform

PORTAL = ""  # the portal's address; filled in when downloaded from a portal
VERSION = "1.0"


def client_name() -> str:
    return f"ami_upload.py/{VERSION} (Python {platform.python_version()}; {platform.system()} {platform.machine()})"
