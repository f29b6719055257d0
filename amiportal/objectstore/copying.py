"""Copies within the store, believed only when the store shows the copy; removals of what was seen to be copied."""

from typing import Any

from amiportal.core.errors import Conflict, StoreError
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.client import client, our_errors
from amiportal.objectstore.http import call
from amiportal.objectstore.lookup import content_md5, head
from amiportal.objectstore.objects import StoredObject


def copy(*, bucket: str, source: StoredObject, key: str) -> StoredObject:
    """Copy an object to a key that holds nothing; what the store then shows there. Up to 5 GiB.

    Conditions on copies are ignored by several stores, and a copy may answer 200 with an error: so both keys are
    looked at before and after, and what is there is compared. May be repeated: an equal object at `key` is the copy.
    Raises Conflict when `key` holds other content or the source is no longer what it was, StoreError for all else.
    """
    standing = head(bucket, key)
    if standing is not None:
        return _equal_or_conflict(bucket, source, standing)
    _check_source(bucket, source)
    capabilities = current_capabilities()
    conditions: dict[str, Any] = {"CopySourceIfMatch": source.etag} if capabilities.honours_copy_if_match else {}
    with our_errors(bucket=bucket):
        client(bucket).copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": bucket, "Key": source.key},
            MetadataDirective="COPY",
            **conditions,
        )
    made = head(bucket, key)
    if made is None:
        raise StoreError("The object store says that it made a copy, and shows none.", code="copy_missing")
    _check_source(bucket, source)
    return _equal_or_conflict(bucket, source, made)


def is_equal(bucket: str, one: StoredObject, other: StoredObject) -> bool:
    """Whether two objects hold the same bytes: by size and ETag where these are MD5s, else both are read."""
    if one.size_bytes != other.size_bytes:
        return False
    if current_capabilities().etag_is_md5 and _is_md5(one.etag) and _is_md5(other.etag):
        return one.etag == other.etag
    first = content_md5(bucket, one.key)
    return first is not None and first == content_md5(bucket, other.key)


def remove(*, bucket: str, key: str) -> None:
    """Remove an object; one that is not there is no error. Callers have seen its content elsewhere."""
    call("DELETE", bucket=bucket, key=key)


def _equal_or_conflict(bucket: str, source: StoredObject, standing: StoredObject) -> StoredObject:
    if not is_equal(bucket, source, standing):
        raise Conflict(f"{standing.key} holds other content.", code="destination_taken")
    return standing


def _check_source(bucket: str, source: StoredObject) -> None:
    now = head(bucket, source.key)
    if now is None or (now.size_bytes, now.etag) != (source.size_bytes, source.etag):
        raise Conflict(f"{source.key} has changed meanwhile.", code="source_changed")


def _is_md5(etag: str) -> bool:
    return len(etag) == 32 and "-" not in etag
