"""Listings: one page, or a whole prefix as a stream.

Pages follow IsTruncated and the store's own token, never the number of keys and never a key: across folders
the order of keys is the store's affair (SeaweedFS lists folders first).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from django.conf import settings

from amiportal.errors import BucketMissing, StoreError
from amiportal.objectstore.objects import StoredObject, bare_etag
from amiportal.objectstore.wire import call

MAX_KEYS = 1000  # the most that S3 gives in a page
_MAX_EMPTY_PAGES = 1000  # a store may skip over deleted keys, but not for ever


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to ListObjectsV2. next_token is empty on the last page."""

    objects: list[StoredObject]
    is_truncated: bool
    next_token: str


def page(
    *,
    bucket: str,
    prefix: str,
    start_after: str = "",
    token: str = "",
    max_keys: int = MAX_KEYS,
    delimiter: str = "",
) -> Page:
    """One page of a listing.

    Raises BucketMissing, StoreError and its kin; an empty page is no proof on every store.
    """
    query = {"list-type": "2", "prefix": prefix, "max-keys": str(max_keys), "encoding-type": "url"}
    if delimiter:
        query["delimiter"] = delimiter
    if token:
        query["continuation-token"] = token
    elif start_after:
        query["start-after"] = start_after
    answer = call("GET", bucket=bucket, query=query, attempts=2 * settings.S3_MAX_ATTEMPTS)
    if answer.status == 404:
        raise BucketMissing(f'The object store has no bucket "{bucket}".')
    return _parsed(answer.body)


def stream(bucket: str, prefix: str, *, page_size: int = MAX_KEYS) -> Iterator[StoredObject]:
    """Every object under a prefix, in the store's order, one page in memory at a time.

    Raises StoreError when the store sends the reader in a circle: repeats a page or a token, or gives none.
    """
    token, empty_pages = "", 0
    # Brent's way of finding a circle of any length while remembering one token only.
    milestone, steps, span = "", 0, 1
    while True:
        current = page(bucket=bucket, prefix=prefix, token=token, max_keys=page_size)
        yield from current.objects
        if not current.is_truncated:
            return
        empty_pages = 0 if current.objects else empty_pages + 1
        if current.next_token in ("", token, milestone) or empty_pages > _MAX_EMPTY_PAGES:
            raise StoreError("The object store's listing does not advance.", code="listing_stuck")
        steps += 1
        if steps == span:
            milestone, steps, span = current.next_token, 0, span * 2
        token = current.next_token


def _parsed(body: bytes) -> Page:
    try:
        root = ElementTree.fromstring(body)
        name = root.tag.rpartition("}")[2]
        namespace = root.tag[: len(root.tag) - len(name)]
        if name != "ListBucketResult":
            raise ValueError(name)
        quoted = root.findtext(f"{namespace}EncodingType") == "url"
        objects = [
            _object(entry, namespace, unquote_plus if quoted else str)
            for entry in root.iterfind(f"{namespace}Contents")
        ]
        return Page(
            objects=objects,
            is_truncated=root.findtext(f"{namespace}IsTruncated") == "true",
            next_token=root.findtext(f"{namespace}NextContinuationToken") or "",
        )
    except (ElementTree.ParseError, KeyError, TypeError, ValueError):
        raise StoreError("The object store's listing cannot be read.", code="listing_unreadable") from None


def _object(entry: ElementTree.Element, namespace: str, decoded) -> StoredObject:
    values = {child.tag: child.text for child in entry}
    modified = datetime.fromisoformat(values[f"{namespace}LastModified"])
    return StoredObject(
        key=decoded(values[f"{namespace}Key"]),
        size_bytes=int(values[f"{namespace}Size"]),
        etag=bare_etag(values.get(f"{namespace}ETag")),
        last_modified=modified if modified.tzinfo else modified.replace(tzinfo=UTC),
    )
