"""Listings: one page, or a whole prefix as a stream.

Pages follow IsTruncated and the store's own token, never the number of keys and never a key: across folders
the order of keys is the store's affair (SeaweedFS lists folders first).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from amiportal.core.errors import BucketMissing, StoreError
from amiportal.objectstore.http import Answer, read
from amiportal.objectstore.listing_page import Page, read_page
from amiportal.objectstore.objects import StoredObject

MAX_KEYS = 1000  # the most that S3 gives in a page
_MAX_EMPTY_PAGES = 1000  # a store may skip over deleted keys, but not for ever


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

    def read_answer(answer: Answer) -> Page:
        if answer.status == 404:
            raise BucketMissing(f'The object store has no bucket "{bucket}".')
        return read_page(answer.body)

    return read(read_answer, "GET", bucket=bucket, query=query, attempts=2 * settings.S3_MAX_ATTEMPTS)


def pages(bucket: str, prefix: str, *, page_size: int = MAX_KEYS) -> Iterator[Page]:
    """A whole prefix, page by page: while one is read the next is on its way, and no more than that is in memory.

    Raises StoreError when the store sends the reader in a circle: repeats a page or a token, or gives none.
    """
    token, empty_pages = "", 0
    # Brent's way of finding a circle of any length while remembering one token only.
    milestone, steps, span = "", 0, 1
    ahead = None
    try:
        current = page(bucket=bucket, prefix=prefix, max_keys=page_size)
        while current.is_truncated:
            empty_pages = 0 if current.keys else empty_pages + 1
            if current.next_token in ("", token, milestone) or empty_pages > _MAX_EMPTY_PAGES:
                yield current
                raise StoreError("The object store's listing does not advance.", code="listing_stuck")
            steps += 1
            if steps == span:
                milestone, steps, span = current.next_token, 0, span * 2
            token = current.next_token
            ahead = ahead or ThreadPoolExecutor(1, "listing")
            coming = ahead.submit(page, bucket=bucket, prefix=prefix, token=token, max_keys=page_size)
            yield current
            current = coming.result()
        yield current
    finally:
        if ahead:
            ahead.shutdown(wait=False, cancel_futures=True)


def stream(bucket: str, prefix: str, *, page_size: int = MAX_KEYS) -> Iterator[StoredObject]:
    """Every object under a prefix, one by one; see `pages`."""
    for current in pages(bucket, prefix, page_size=page_size):
        yield from current.objects
