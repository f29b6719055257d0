"""One answer to ListObjectsV2, read. Pure.

A prefix of a million objects is a thousand of these, so reading one has to cost far less than the store needs to
write the next. All entries of an answer have the same children in the same order, which differs from store to store:
the first entry becomes the pattern that the others are read by. An answer that does not match it to the last entry is
read by an XML parser, three times as slowly.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from amiportal.core.errors import AnswerUnreadable
from amiportal.objectstore.objects import StoredObject, bare_etag

_COLUMNS = ("Key", "Size", "ETag", "LastModified")
_BEGIN, _END = "<Contents>", "</Contents>"
_TAG = re.compile(r"(</?\w+/?>)")
_QUOTE = '(?:"|&quot;|&#34;)?'
# An entity anywhere but around an ETag is left to the parser.
_CAPTURED = {
    "Key": "(?P<Key>[^<&]*)",
    "Size": r"(?P<Size>\d+)",
    "ETag": f'{_QUOTE}(?P<ETag>[^<&"]*){_QUOTE}',
    "LastModified": "(?P<LastModified>[^<&]*)",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Columns of equal length, an object per row, in the store's order. next_token is empty on the last page.

    etags: without quotes, "" where the store gives none. modified: as the store writes them.
    """

    keys: Sequence[str]
    sizes: Sequence[int]
    etags: Sequence[str]
    modified: Sequence[str]
    is_truncated: bool
    next_token: str

    @property
    def objects(self) -> list[StoredObject]:
        """Raises StoreError for a time that is none."""
        try:
            moments = [datetime.fromisoformat(text) for text in self.modified]
        except ValueError:
            raise _unreadable() from None
        return [
            StoredObject(key, size, etag, moment if moment.tzinfo else moment.replace(tzinfo=UTC))
            for key, size, etag, moment in zip(self.keys, self.sizes, self.etags, moments, strict=True)
        ]


def read_page(body: bytes) -> Page:
    """Raises StoreError for what is no listing."""
    try:
        text = body.decode()
        columns = _columns_by_pattern(text)
        if columns is None:
            root = ElementTree.fromstring(text)
            columns = _columns_by_parser(root)
        else:
            root = ElementTree.fromstring(text[: text.index(_BEGIN)] + text[text.rindex(_END) + len(_END) :])
        namespace, _, name = root.tag.rpartition("}")
        namespace = namespace and namespace + "}"
        if name != "ListBucketResult":
            raise ValueError(name)
        keys, sizes, etags, modified = columns
        if root.findtext(f"{namespace}EncodingType") == "url":
            keys = [unquote_plus(key) if "%" in key or "+" in key else key for key in keys]
        return Page(
            keys=keys,
            sizes=list(map(int, sizes)),
            etags=etags,
            modified=modified,
            is_truncated=root.findtext(f"{namespace}IsTruncated") == "true",
            next_token=root.findtext(f"{namespace}NextContinuationToken") or "",
        )
    except (ElementTree.ParseError, KeyError, TypeError, ValueError):
        raise _unreadable() from None


def _unreadable() -> AnswerUnreadable:
    return AnswerUnreadable("The object store's listing cannot be read.", code="listing_unreadable")


def _columns_by_pattern(text: str) -> tuple[Sequence[str], ...] | None:
    """The columns, as written; None where the entries are not all like the first or the text is no plain XML."""
    begin, end = text.find(_BEGIN), text.find(_END)
    if begin < 0 or end < 0 or "<!" in text:
        return None
    pattern = _pattern("".join(_TAG.findall(text, begin, end + len(_END))))
    if pattern is None:
        return None
    rows = pattern.findall(text)
    # Each match holds one beginning of an entry, so as many matches as beginnings are all of them.
    if len(rows) != text.count(_BEGIN[:-1]):
        return None
    by_name = dict(zip(pattern.groupindex, zip(*rows, strict=True), strict=True))
    return tuple(by_name[column] for column in _COLUMNS)


@lru_cache(maxsize=16)
def _pattern(tags: str) -> re.Pattern | None:
    """For entries of these tags; None where one of the columns is missing or there twice."""
    if any(tags.count(f"<{column}></{column}>") != 1 for column in _COLUMNS):
        return None
    parts = []
    for tag in _TAG.findall(tags):
        name = tag.strip("</>")
        captured = _CAPTURED.get(name) if tag == f"<{name}>" else None
        parts.append(re.escape(tag) + (captured or r"[^<]*"))
    # Nothing of an entry is kept beyond its end.
    return re.compile("".join(parts).removesuffix(r"[^<]*"))


def _columns_by_parser(root: ElementTree.Element) -> tuple[Sequence[str], ...]:
    namespace = root.tag[: root.tag.rfind("}") + 1]
    rows = []
    for entry in root.iterfind(f"{namespace}Contents"):
        values = {child.tag[len(namespace) :]: child.text for child in entry}
        etag = bare_etag(values.get("ETag"))
        rows.append((values["Key"] or "", values["Size"], etag, values["LastModified"] or ""))
    return tuple(zip(*rows, strict=True)) or ((), (), (), ())
