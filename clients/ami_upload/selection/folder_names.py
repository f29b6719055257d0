"""Names with folders in them, for files whose own names are taken."""

from __future__ import annotations

import re

from clients.ami_upload.selection.device_time import device_time
from clients.ami_upload.selection.names import bytes_of, composed, is_barred, name_fault
from uploads.domain.shared import FEWEST_FOLDER_BYTES, HEX_LETTERS, MAX_NAME_BYTES

# What the readers downstream take for a time in a name, each the first that it finds.
_TIMES = (
    re.compile(r"\d{8}_\d{6}|\d{14}"),
    re.compile(r"\d{14}|\d{8}\D+\d{6}|\d{4}\D\d\d\D\d\d\D+\d\d\D\d\d\D\d\d|(?<!\d)\d{12}(?!\d)"),
    re.compile(r"(?:^|-)20[12]\d{6,11}(?=[-.]|$)"),
)
_LETTERS = str.maketrans("0123456789abcdef", HEX_LETTERS)


def name_with_folders(path: str, count: int, mark: str = "") -> str:
    """`count` folders behind the stem, or all that there are: DCIM/100MEDIA/IMG_1.jpg -> IMG_1-100MEDIA.jpg.

    Behind, because the readers downstream take the first time in a name for the file's own. `mark`: letters after them.
    """
    *folders, own = path.split("/")
    own = composed(own)
    stem, extension = _parted_at_dot(own)
    part = "-".join(map(_part_of_name, folders[max(0, len(folders) - count) :]))
    if not part and not mark:
        return own
    name = _joined(stem, part, mark, extension)
    if _times_in(name) == _times_in(own):
        return name
    return _joined(stem, re.sub(r"(\d)(?=\d)", r"\1_", part), mark, extension)


def name_by_path(path: str) -> str:
    """A name of its own for a file that its folders do not tell apart."""
    digest = 0x811C9DC5  # FNV-1a, 32 bits: it need not be secure, and every client computes it at once
    for byte in path.encode("utf-8", "surrogatepass"):
        digest = (digest ^ byte) * 0x01000193 & 0xFFFFFFFF
    return name_with_folders(path, path.count("/"), f"{digest:08x}".translate(_LETTERS))


def name_by_content(path: str, md5: str) -> str:
    """A name of its own for a file whose names are all taken, by another card with the same folders."""
    return name_with_folders(path, 1, md5[:8].translate(_LETTERS))


def former_name(path: str, count: int) -> str:
    """As files were named when the folder still stood in front."""
    return composed("_".join(path.split("/")[-1 - count :]))


def names_of(path: str, md5: str) -> list[str]:
    """All names under which a file may be stored, its own first."""
    counts = range(path.count("/") + 1)
    ours = [*(name_with_folders(path, count) for count in counts), name_by_path(path), name_by_content(path, md5)]
    names = dict.fromkeys(ours + [former_name(path, count) for count in counts])
    return [name for name in names if name == ours[0] or not name_fault(name)]


def _part_of_name(folder: str) -> str:
    plain = "".join("_" if is_barred(character) else character for character in composed(folder))
    plain = re.sub(r"\.{2,}", ".", plain.replace("\\", "_"))
    # Readers drop every name that holds "recycle", which the folder of a bin is no reason for.
    plain = re.sub(r"(re)(?=cycle)", r"\1_", plain, flags=re.IGNORECASE)
    return re.sub(r"^[\s.\ufeff]+|[\s.\ufeff]+$", "", plain) or "_"


def _joined(stem: str, part: str, mark: str, extension: str) -> str:
    end = (mark and f"-{mark}") + extension
    room = MAX_NAME_BYTES - bytes_of(end) - bool(part)
    part = _cut(part, max(room - bytes_of(stem), FEWEST_FOLDER_BYTES))
    return _cut(stem, room - bytes_of(part)) + (part and f"-{part}") + end


def _cut(text: str, size: int) -> str:
    if bytes_of(text) <= size:
        return text
    kept = text.encode("utf-8", "surrogatepass")[:size].decode("utf-8", "ignore")
    return re.sub(r"[\s.\ufeff]+$", "", kept)


def _times_in(name: str) -> list[str]:
    """What is read as times in a name, to compare."""
    stem, _ = _parted_at_dot(name)
    found = (time_.search(stem) for time_ in _TIMES)
    return [device_time(stem), *(f"{match.start()} {match[0]}" if match else "" for match in found)]


def _parted_at_dot(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem else (name, "")
