"""Names under which the portal stores files."""

from __future__ import annotations

import unicodedata

from uploads.domain.shared import BARRED_CATEGORIES, BIDIRECTIONAL, MAX_NAME_BYTES

NAME_FAULTS = {
    "name_characters": "The name holds control or text-direction characters.",
    "name_not_nfc": "The name is not in Unicode's composed form (NFC).",
    "name_path": "The name holds '/', '\\' or '..'.",
    "name_hidden": "Names that begin with '.' or '$' belong to the system.",
    "name_blank": "The name begins or ends with a space.",
    "name_too_long": f"The name has more than {MAX_NAME_BYTES} bytes.",
}


def composed(name: str) -> str:
    """The name under which a file is stored: a Mac writes accents as characters of their own."""
    return unicodedata.normalize("NFC", name)


def name_fault(name: str) -> str:
    """Why the portal would not store this name (a code of NAME_FAULTS), or ""."""
    if not name.isascii() or not name.isprintable():
        if any(map(is_barred, name)):
            return "name_characters"
        if not unicodedata.is_normalized("NFC", name):
            return "name_not_nfc"
    if "/" in name or "\\" in name or ".." in name:
        return "name_path"
    if name[0] in ".$":
        return "name_hidden"
    if name[0].isspace() or name[-1].isspace():
        return "name_blank"
    return "name_too_long" if len(name.encode()) > MAX_NAME_BYTES else ""


def is_barred(character: str) -> bool:
    return character in BIDIRECTIONAL or unicodedata.category(character) in BARRED_CATEGORIES


def bytes_of(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
