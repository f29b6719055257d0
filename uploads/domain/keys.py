"""From a file's name to its object key, or to the reason why there is none. Pure.

Names are checked, never repaired: a repaired name could meet another file's, and the receipt would speak of a
file that is not on the card.
"""

import unicodedata
from dataclasses import dataclass

from deployments.domain.names import DataType
from uploads.domain.shared import BARRED_CATEGORIES, BIDIRECTIONAL, EXTENSIONS, MAX_NAME_BYTES

_CONTENT_TYPE_OF = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "wav": "audio/wav"}  # by extension
CONTENT_TYPES: dict[str, dict[str, str]] = {
    data_type: {extension: _CONTENT_TYPE_OF[extension] for extension in EXTENSIONS[data_type]} for data_type in DataType
}
# What the clients in the field send as Content-Type, beside the type that we would choose ourselves.
_ALSO_ACCEPTED: dict[str, frozenset[str]] = {
    "image/jpeg": frozenset({"image/jpeg", "application/octet-stream"}),
    "audio/wav": frozenset({"audio/wav", "audio/x-wav", "audio/vnd.wave", "application/octet-stream"}),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a name is not taken: `code` for machines, `reason` for people."""

    code: str
    reason: str


def key_prefix(*, deployment_id: str, data_type: str) -> str:
    """All keys of one deployment and data type begin with this; it ends in "/"."""
    return f"{deployment_id}/{data_type}/"


def name_refusal(name: str, *, data_type: str) -> Refusal | None:
    """None when `name` may be stored as it is under `data_type` (one of DataType)."""
    # Nearly every name of a card is plain ASCII; only the others need a look at each character.
    if not (name.isascii() and name.isprintable()) and (refusal := _character_refusal(name)):
        return refusal
    if not name:
        return Refusal("name_empty", "The file has no name.")
    if "/" in name or "\\" in name or ".." in name:
        return Refusal("name_path", "A name may not hold '/', '\\' or '..'.")
    if is_hidden(name):
        return Refusal("name_hidden", "Names that begin with '.' or '$' belong to the system, not to the data.")
    if name[0].isspace() or name[-1].isspace():
        return Refusal("name_blank", "A name may not begin or end with a space.")
    if len(name) > MAX_NAME_BYTES or len(name.encode()) > MAX_NAME_BYTES:
        return Refusal("name_too_long", f"A name may have at most {MAX_NAME_BYTES} bytes.")
    if content_type_for(name, data_type=data_type) is None:
        wanted = ", ".join(f".{extension}" for extension in CONTENT_TYPES[data_type])
        return Refusal("extension", f"{DataType(data_type).label} end in {wanted}.")
    return None


def is_hidden(name: str) -> bool:
    """Whether a name is no data: the system's own files, such as the `._` twins that macOS leaves."""
    return name[:1] in (".", "$")


def _character_refusal(name: str) -> Refusal | None:
    for character in name:
        if character in BIDIRECTIONAL or unicodedata.category(character) in BARRED_CATEGORIES:
            return Refusal("name_characters", "The name holds control or text-direction characters.")
    if not unicodedata.is_normalized("NFC", name):
        return Refusal(
            "name_not_nfc",
            "The name is not in Unicode's composed form (NFC), so it would not be found again.",
        )
    return None


def content_type_for(name: str, *, data_type: str) -> str | None:
    """The Content-Type that goes with the extension in any case, or None when it does not fit the data type."""
    stem, dot, extension = name.rpartition(".")
    return CONTENT_TYPES[data_type].get(extension.lower()) if dot and stem else None


def content_type_of_taken(name: str, *, data_type: str) -> str:
    """As content_type_for, of a name that name_refusal takes: each has one. Raises ValueError for another."""
    content_type = content_type_for(name, data_type=data_type)
    if content_type is None:
        raise ValueError(f"{name} does not fit {data_type}")
    return content_type


def content_type_accepted(content_type: str, *, name: str, data_type: str) -> bool:
    """Whether an old client may store `name` with the Content-Type that it chose."""
    ours = content_type_for(name, data_type=data_type)
    return ours is not None and content_type in _ALSO_ACCEPTED[ours]
