"""One data type's way to its exit code."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from clients.ami_upload.lib.errors import INTERRUPTED


@dataclass
class Target:
    """One folder (or several of one card) on its way to one deployment and data type."""

    root: str
    deployment: str
    data_type: str
    folders: list[str] = field(default_factory=list)
    is_part: bool = False  # of a whole card, which then gets the verdict
    proven: int = 0  # files
    uncovered: list[tuple[str, str]] = field(default_factory=list)  # data beside them, with the reason

    @property
    def described(self) -> str:
        where = ", ".join(self.folders) if self.folders else self.root
        return f"{where} to {self.deployment}, {self.data_type}"


# One data type's way to its exit code; it yields when all that is left is to wait for a moment hours away.
Course = Generator[None, None, int]


def run_courses(courses: Sequence[Course]) -> list[int]:
    """Their exit codes. First each until it can only wait, so that none waits for another; an interruption ends all."""
    codes: list[int] = []
    left = list(courses)
    try:
        while left and INTERRUPTED not in codes:
            still = []
            for course in left:
                try:
                    next(course)
                    still.append(course)
                except StopIteration as end:
                    codes.append(end.value)
                    if end.value == INTERRUPTED:
                        break
            left = still
    finally:
        for course in courses:
            course.close()
    return codes
