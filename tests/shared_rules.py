"""Reads the cases of tests/data/rules, by which the portal, the page and the script are held to one rule."""

import json
from pathlib import Path

_RULES = Path(__file__).parent / "data" / "rules"


def cases(name: str) -> list[tuple]:
    """The cases of one rule, each a tuple of its values."""
    return [tuple(case.values()) for case in json.loads((_RULES / f"{name}.json").read_text())]
