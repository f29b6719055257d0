"""Looks over a whole card and sorts its files into data types."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from clients.ami_upload.selection.facts.look import look_into
from clients.ami_upload.selection.scan import DATA, reason_of, root_name, walk
from clients.ami_upload.selection.sorting import format_of, type_by_content, type_by_place

FILES_LOOKED_INTO = 5  # files of a folder that are looked into: the first, the last, and some in between
NO_DATA = "no_data"  # what a person may call files of which nothing tells their data type


@dataclass(frozen=True)
class CardFile:
    """One file with data, as the card had it at the first look."""

    path: str  # relative to the card, with "/" between folders
    local: str  # where to open it
    size: int

    @property
    def group(self) -> tuple[str, str]:
        """Its folder and its format: what is asked about together."""
        folder, _, name = self.path.rpartition("/")
        return folder, format_of(name)


@dataclass
class CardLook:
    """What is on a card, and of which data type each file is."""

    top: str  # the card's own name
    files: dict[tuple[str, str], list[CardFile]] = field(default_factory=dict)  # by folder and format
    data_types: dict[str, str] = field(default_factory=dict)  # by relative path; "" where nothing tells
    left_out: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)
    by_choice: set[str] = field(default_factory=set)  # paths whose data type a person gave

    @property
    def unseen(self) -> list[str]:
        """Paths of what may be data and could not be looked at; a folder's ends with "/"."""
        return [path for path, reason in self.left_out if reason in ("unreadable", "broken")]

    def data_type_of(self, path: str) -> str:
        """Also of a file that came later, or cannot be read: as the others of its folder are, if they are all alike."""
        if path in self.data_types:
            return self.data_types[path]
        others = {self.data_types[file.path] for file in self.files.get(CardFile(path, "", 0).group, [])}
        return others.pop() if len(others) == 1 else type_by_place(f"{self.top}/{path}")

    def of_type(self, data_type: str) -> list[CardFile]:
        return [file for files in self.files.values() for file in files if self.data_types[file.path] == data_type]

    def groups_of_type(self, data_type: str) -> dict[tuple[str, str], list[CardFile]]:
        found: dict[tuple[str, str], list[CardFile]] = {}
        for file in self.of_type(data_type):
            found.setdefault(file.group, []).append(file)
        return found

    def settle(self, files: Iterable[CardFile], data_type: str) -> None:
        """By a person's word; "" to ask for it."""
        for file in files:
            self.data_types[file.path] = data_type
            if data_type:
                self.by_choice.add(file.path)


def look_over(card: str, note: Callable[[int], None] = lambda files: None) -> CardLook:
    """Walks the card, looks into some files of each folder, and sorts all."""
    look = CardLook(root_name(card))
    for path, local, stat_ in walk(card, note):
        reason = reason_of(path, local, stat_, DATA)
        if reason or stat_ is None:  # which is always for a reason
            look.left_out.append((path, reason))
        else:
            file = CardFile(path, local, stat_.st_size)
            look.files.setdefault(file.group, []).append(file)
    for files in look.files.values():
        sort_files(look, files)
    return look


def sort_files(look: CardLook, files: list[CardFile]) -> None:
    """Gives each file of one folder and format its data type."""
    said = types_said(sample_of(files))
    told = {kind for kind in said.values() if kind}
    if len(told) > 1:  # a folder of both: each file is looked into
        said |= types_said([file for file in files if file.path not in said])
    of_all = told.pop() if len(told) == 1 else ""
    for file in files:
        look.data_types[file.path] = said.get(file.path) or of_all or type_by_place(f"{look.top}/{file.path}")


def types_said(files: Iterable[CardFile]) -> dict[str, str]:
    """The data type of each file by its content; "" where that does not tell."""
    said = {}
    for file in files:
        facts = look_into(file.local)
        if facts:
            said[file.path] = type_by_content(facts)
    return said


def sample_of(files: list[CardFile]) -> list[CardFile]:
    """The first, the last and some in between."""
    if len(files) <= FILES_LOOKED_INTO:
        return files
    return [files[number * (len(files) - 1) // (FILES_LOOKED_INTO - 1)] for number in range(FILES_LOOKED_INTO)]
