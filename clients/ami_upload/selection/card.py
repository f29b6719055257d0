"""Looks over a whole card: the folders of each data type, and the data outside of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from clients.ami_upload.selection.data_types import data_type_of
from clients.ami_upload.selection.scan import DATA, long_path, reason_of, walk
from uploads.domain.shared import EXTENSIONS, SYSTEM_NAMES


@dataclass
class CardLook:
    """A whole card: the folders of each data type, and the data that lies in none of them."""

    folders: dict[str, list[str]] = field(default_factory=dict)  # as relative paths
    uncovered: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)


def look_over(card: str) -> CardLook:
    """Finds the folders by their names. What is inside them is looked through later."""
    look = CardLook()
    waiting = [""]
    while waiting:
        relative = waiting.pop()
        try:
            entries = sorted(os.scandir(_below(card, relative)), key=lambda entry: entry.name)
        except OSError:
            look.uncovered.append((relative + "/", "unreadable"))
            continue
        for entry in entries:
            path = f"{relative}/{entry.name}" if relative else entry.name
            if _is_folder(entry):
                data_type = data_type_of(entry.name)
                if entry.name.startswith(".") or entry.name.casefold() in SYSTEM_NAMES or entry.is_symlink():
                    continue
                if data_type:
                    look.folders.setdefault(data_type, []).append(path)
                else:
                    waiting.append(path)
                continue
            look.uncovered += _as_uncovered(path, entry.path, _stat_of(entry.path), "elsewhere")
    order = list(EXTENSIONS)
    look.folders = {kind: sorted(look.folders[kind]) for kind in sorted(look.folders, key=order.index)}
    return look


def uncovered_in(card: str, folder: str, reason: str) -> list[tuple[str, str]]:
    """The data in a folder of the card, with the reason why it is not covered."""
    found = []
    for below, local, stat_ in walk(_below(card, folder), lambda files: None):
        found += _as_uncovered(f"{folder}/{below}".replace("//", "/"), local, stat_, reason)
    return found


def _as_uncovered(path: str, local: str, stat_: os.stat_result | None, reason: str) -> list[tuple[str, str]]:
    left_out = reason_of(path, local, stat_, DATA)
    if left_out in ("unreadable", "broken"):
        reason = left_out
    return [] if left_out and left_out != reason else [(path, reason)]


def _below(card: str, relative: str) -> str:
    return long_path(os.path.join(os.path.abspath(card), *relative.split("/")))


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _stat_of(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None
