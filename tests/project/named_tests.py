"""Tests that documents and lists name: whether they are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def is_there(name: str) -> bool:
    """name: a file under tests/, or `file::function`, with or without the ids of its parameters."""
    file, _, function = name.partition("::")
    path = ROOT / file
    if not path.is_file():
        return False
    function = function.partition("[")[0]
    return not function or re.search(rf"^def {function}\(", path.read_text(encoding="utf-8"), re.MULTILINE) is not None
