"""Looks through a folder: which files are data of a type, and why the others are left out."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from clients.ami_upload.selection.item import Item
from clients.ami_upload.selection.names import composed
from uploads.domain.shared import EXTENSIONS, IMAGE_EXTENSIONS, SOUND_EXTENSIONS, SYSTEM_NAMES

DATA = IMAGE_EXTENSIONS + SOUND_EXTENSIONS


@dataclass
class Scan:
    """What lies in a folder: files to send, by path, and what is left out with its reason."""

    items: list[Item] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    @property
    def unreadable(self) -> list[tuple[str, str]]:
        """What may be data and could not be looked at."""
        return [(path, reason) for path, reason in self.left_out if reason in ("unreadable", "broken")]

    @property
    def other_data(self) -> list[tuple[str, str]]:
        return [(path, reason) for path, reason in self.left_out if reason == "other_data"]


def root_name(root: str) -> str:
    return os.path.basename(os.path.abspath(root))


def reason_to_leave_out(parts: Sequence[str], size: int, extensions: Sequence[str]) -> str:
    """Why a file is left out, "" when it is to be sent. The order of the tests is the page's."""
    if any(part.casefold() in SYSTEM_NAMES for part in parts):
        return "system"
    if any(part.startswith(".") for part in parts):
        return "hidden"
    stem, dot, extension = parts[-1].rpartition(".")
    if not (dot and stem) or extension.casefold() not in extensions:
        return "extension"
    return "" if size else "empty"


def walk(root: str, note: Callable[[int], None]) -> Iterator[tuple[str, str, os.stat_result | None]]:
    """(relative path with "/", path to open, stat) of each file below; stat None for what cannot be looked at.

    A folder that cannot be read, or that is a link, comes as itself with a "/" at its end. In order of name.
    """
    waiting = [("", long_path(os.path.abspath(root)))]
    files = 0
    while waiting:
        relative, folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            yield relative + "/", folder, None
            continue
        inner = []
        for entry in entries:
            path = f"{relative}/{entry.name}" if relative else entry.name
            try:
                if entry.is_dir():
                    if entry.is_symlink():
                        yield path + "/", entry.path, os.stat_result((0,) * 10)
                    else:
                        inner.append((path, entry.path))
                    continue
                # Not entry.stat(): Windows keeps size and time in the folder too, and is slow to correct them there.
                stat_ = os.stat(entry.path)
            except OSError:
                stat_ = None
            yield path, entry.path, stat_
            files += 1
            if files % 1_000 == 0:
                note(files)
        waiting += reversed(inner)


def long_path(path: str) -> str:
    """As Windows takes paths of more than 260 characters."""
    return path if os.name != "nt" or path.startswith("\\\\") else "\\\\?\\" + path


def scan(
    root: str,
    data_type: str,
    *,
    takes: Callable[[str], bool] = lambda path: True,
    note: Callable[[int], None] = lambda files: None,
) -> Scan:
    """The files of one data type below `root`. `takes`: whether a relative path is to be looked at."""
    found = Scan()
    top = root_name(root)
    for relative, local, stat_ in walk(root, note):
        if takes(relative):
            _sort_in(found, top, relative, local, stat_, EXTENSIONS[data_type])
    found.items.sort(key=lambda item: item.path)
    return found


def reason_of(relative: str, local: str, stat_: os.stat_result | None, extensions: Sequence[str]) -> str:
    """As `reason_to_leave_out`, of what `walk` gives."""
    parts = relative.strip("/").split("/")
    reason = reason_to_leave_out(parts, stat_.st_size if stat_ else 1, extensions)
    if reason in ("system", "hidden"):
        return reason
    if relative.endswith("/"):
        return "unreadable" if stat_ is None else "link"
    if stat_ is None:
        return reason or ("broken" if os.path.islink(local) else "unreadable")
    if not stat.S_ISREG(stat_.st_mode):
        return "special"
    if reason == "extension" and not reason_to_leave_out(parts, stat_.st_size, DATA):
        return "other_data"
    return reason


def _sort_in(
    found: Scan, top: str, relative: str, local: str, stat_: os.stat_result | None, extensions: Sequence[str]
) -> None:
    path = f"{top}/{relative}" if top else relative
    reason = reason_of(relative, local, stat_, extensions)
    parts = relative.strip("/").split("/")
    if reason or stat_ is None:  # which is always for a reason
        found.left_out.append((path, reason))
    else:
        found.items.append(Item(path, composed(parts[-1]), local, stat_.st_size, stat_.st_mtime_ns))
