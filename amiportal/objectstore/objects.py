"""What the store tells of an object. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

# What a store keeps with an object and gives to its readers, beside the bytes. It takes each from whoever holds a URL
# that does not bind it. Cache-Control is not among them: browsers (developer tools, "disable cache") and proxies put it
# into what honest people send, and no reader gets other bytes by it.
CONTENT_TYPE = "Content-Type"
CONTENT_ENCODING = "Content-Encoding"
_KEPT = ("Content-Disposition", CONTENT_ENCODING, "Content-Language", CONTENT_TYPE, "Expires")
_KEPT_OF_AMZ = ("x-amz-meta-", "x-amz-tagging-count", "x-amz-website-redirect-location")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as a listing or a HEAD describes it.

    etag: without quotes; the MD5 in hex only where the store's capabilities say so. last_modified: aware UTC, as
    coarse as the store has it (a listing may give milliseconds where a HEAD gives seconds). headers: those that are
    kept with it, as `kept_headers` has them; None from a listing, which tells none.
    """

    key: str
    size_bytes: int
    etag: str
    last_modified: datetime
    headers: Mapping[str, str] | None = field(default=None, compare=False)


def kept_headers(answer: Mapping[str, str]) -> dict[str, str]:
    """Of the headers of a store's answer those that were kept with the object; those of S3's own in lower case.

    Names in the answer compare without regard to case.
    """
    kept = {name: value for name in _KEPT if (value := answer.get(name))}
    return kept | {name.lower(): answer[name] for name in answer if name.lower().startswith(_KEPT_OF_AMZ)}


def bare_etag(value: str | None) -> str:
    """An ETag without its quotes: listings, copies and HEADs of one store differ in giving them."""
    return (value or "").strip().strip('"')
