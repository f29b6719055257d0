"""What the store tells of an object. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as a listing or a HEAD describes it.

    etag: without quotes; the MD5 in hex only where the store's habits say so. last_modified: aware UTC, as
    coarse as the store has it (a listing may give milliseconds where a HEAD gives seconds).
    """

    key: str
    size_bytes: int
    etag: str
    last_modified: datetime


def bare_etag(value: str | None) -> str:
    """An ETag without its quotes: listings, copies and HEADs of one store differ in giving them."""
    return (value or "").strip().strip('"')
