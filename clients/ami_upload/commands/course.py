"""One data type's way to its exit code."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from clients.ami_upload.lib.errors import INTERRUPTED
from clients.ami_upload.selection.card import CardLook
from clients.ami_upload.selection.item import Item


@dataclass
class Target:
    """One folder, or the files of one data type of a card, on its way to one deployment and data type."""

    root: str
    deployment: str
    data_type: str
    card: CardLook | None = None  # of which it is a part; then the card gets the verdict
    proven: int = 0  # files
    items: list[Item] = field(default_factory=list)  # its files, as they were looked at last
    failing: list[Item] = field(default_factory=list)  # stored, but damaged as by a card that fails
    uncovered: list[tuple[str, str]] = field(default_factory=list)  # data beside them, with the reason

    @property
    def described(self) -> str:
        return f"{self.root} to {self.deployment}, {self.data_type}"

    @property
    def is_part(self) -> bool:
        """Of a whole card."""
        return self.card is not None

    def is_by_choice(self, item: Item) -> bool:
        """Whether a person gave this very file its data type."""
        return self.card is not None and item.path.removeprefix(f"{self.card.top}/") in self.card.by_choice

    def takes(self, path: str) -> bool:
        """Whether it sends the file with this relative path, if it is data at all."""
        return self.card is None or self.card.data_type_of(path) == self.data_type


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
