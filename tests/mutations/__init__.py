"""The safety lines of the portal and its clients, each with the tests that must notice when it is gone.

`python -m tests.mutations` takes them away one by one; tests/project/test_safety_lines_stand.py keeps the list true.
"""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
LISTS = Path(__file__).parent / "lines"


@dataclass(frozen=True)
class SafetyLine:
    """A piece of code that a promise hangs on."""

    name: str
    """What would be untrue without it, e.g. "a claim believes a URL that may still write"."""
    file: str
    line: str
    """The piece as it stands in the file, once."""
    becomes: str
    """What stands there instead in the mutation."""
    tests: tuple[str, ...]
    """What is run: arguments of pytest, or files of tests/js for node."""

    @cached_property
    def source(self) -> str:
        return (ROOT / self.file).read_text(encoding="utf-8")

    def mutated(self) -> str:
        """The file's text without the line. ValueError if it does not stand there exactly once."""
        found = self.source.count(self.line)
        if found != 1:
            raise ValueError(f"{self.file}: {found} times {self.line!r}")
        return self.source.replace(self.line, self.becomes)


def safety_lines() -> list[SafetyLine]:
    """All of them, by list and then as they stand there."""
    return [
        SafetyLine(name=name, **entry | {"tests": tuple(entry["tests"])})
        for path in sorted(LISTS.glob("*.toml"))
        for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items()
    ]
