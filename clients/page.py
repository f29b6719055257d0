"""Writes the constants that the upload page shares with portal and script, for its modules to import: `make client`."""

from __future__ import annotations

import json

from clients.build import ROOT
from uploads.domain import shared

TARGET = "uploads/static/uploads/js/lib/shared.js"
TOP = """\
/** The constants of rules that portal, upload page and script keep alike. Pure. */

// All of uploads/domain/shared.py, where their reasons stand, used here or not. Change that, then `make client`, which
// writes this by clients/page.py.

"""


def written() -> str:
    """The text of the module."""
    constants = {name: value for name, value in vars(shared).items() if name.isupper()}
    return TOP + "".join(f"export const {name} = {json.dumps(value)};\n" for name, value in constants.items())


def main() -> None:
    (ROOT / TARGET).write_text(written(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
