"""What the store honours, as last probed. Behaviour follows this record, never a vendor's name.

Without a record, every answer is the one that is safe on any store: nothing is relied upon that was not seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.conf import settings
from django.core.cache import cache

from amiportal.objectstore.models import StoreProbe

REMEMBERED_S = 60  # a new probe takes effect in every process within this time
# The values that ask for no precaution; a capability that is not named here is told, not judged.
IDEAL_VALUES: Mapping[str, frozenset[str]] = {
    "put_if_none_match": frozenset({"honoured"}),
    "url_if_none_match": frozenset({"honoured"}),
    "content_md5": frozenset({"verified"}),
    "put_etag": frozenset({"md5"}),
    "checksum_sha256": frozenset({"verified"}),
    "unsigned_acl": frozenset({"refused", "ignored"}),
    "unsigned_copy_source": frozenset({"refused", "ignored"}),
    "copy_onto_stored": frozenset({"refused", "ignored"}),
    "public_access_block": frozenset({"works", "missing"}),
    "copy_of_portal_files": frozenset({"refused", "ignored", "unknown"}),
    "own_headers": frozenset({"none"}),
    "expired_url": frozenset({"refused"}),
    "altered_url": frozenset({"refused"}),
    "listing_after_put": frozenset({"immediate"}),
    "listing_after_delete": frozenset({"immediate"}),
    "listing_order": frozenset({"bytes"}),
    "start_after": frozenset({"honoured"}),
    "paging": frozenset({"honoured"}),
    "listed_names": frozenset({"exact"}),
    "odd_keys": frozenset({"kept", "refused"}),
    "missing_bucket_on_put": frozenset({"refused"}),
    "bucket_encryption": frozenset({"honoured"}),
    "cors_api": frozenset({"present"}),
    "cors_preflight": frozenset({"allowed"}),
    "cors_on_success": frozenset({"sent"}),
    "cors_on_errors": frozenset({"sent"}),
    "clock": frozenset({"close"}),
    "copy_if_match": frozenset({"honoured"}),
    "copy_if_none_match": frozenset({"honoured"}),
    "copy_etag": frozenset({"same"}),
    "multipart_etag": frozenset({"md5_of_md5s"}),
    "multipart_if_none_match": frozenset({"honoured"}),
    "delete_objects": frozenset({"works"}),
    "bucket_versioning": frozenset({"kept"}),
}


@dataclass(frozen=True)
class Capabilities:
    """What may be relied upon. Fields that only report are None where nobody has seen.

    probed_at: None when this endpoint was never probed, and all else is the safe default.
    honours_if_none_match: sign `If-None-Match: *` into upload URLs; some stores answer it with 501.
    listing_is_immediate: a listing's absence is proof, its presence is current, and it seeks, sorts and names keys as
        S3 does; else confirm absence by HEAD.
    etag_is_md5: the ETag of a single PUT is the MD5 of its bytes; else the content is to be hashed.
    binds_absent_headers: a URL may name headers as signed that do not come, and is refused with them: see presign.
    honours_bucket_encryption: a bucket can be told to encrypt, and ETags and contents are then as without.
    multipart_etag_is_md5_of_md5s: that of an object made of parts is the MD5 of their MD5s, "-", their number.
    own_headers: names of those that it gives to objects which were sent without them (objects.kept_headers).
    """

    probed_at: datetime | None = None
    honours_if_none_match: bool = False
    listing_is_immediate: bool = False
    etag_is_md5: bool = False
    honours_copy_if_match: bool = False
    honours_copy_if_none_match: bool = False
    honours_multipart_if_none_match: bool = False
    multipart_etag_is_md5_of_md5s: bool = False
    copy_keeps_etag: bool = False
    deletes_in_batches: bool = False
    keeps_odd_keys: bool = False
    binds_absent_headers: bool = False
    honours_bucket_encryption: bool = False
    own_headers: frozenset[str] | None = None
    verifies_content_md5: bool | None = None
    verifies_sha256: bool | None = None
    cors_is_settable: bool | None = None
    cors_on_errors: bool | None = None
    makes_missing_buckets: bool | None = None
    applies_unsigned_acl: bool | None = None
    applies_unsigned_copy_source: bool | None = None
    takes_uploads_when_shut: bool | None = None
    was_asked_for_absent_headers: bool = False
    refuses_expired_urls: bool | None = None
    refuses_altered_urls: bool | None = None
    clock_is_close: bool | None = None
    can_keep_versions: bool | None = None


def current_capabilities(bucket: str | None = None) -> Capabilities:
    """What the configured endpoint honours: by `bucket` where it was probed itself, else by the last bucket that was.

    At most REMEMBERED_S old.
    """
    known = cache.get_or_set(cache_key(settings.S3_ENDPOINT_URL, bucket), lambda: _read(bucket), REMEMBERED_S)
    return cast(Capabilities, known)


def cache_key(endpoint_url: str, bucket: str | None) -> str:
    return f"objectstore.capabilities:{endpoint_url}:{bucket or ''}"


def shortcomings(record: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The capabilities in a record that differ from the ideal, or could not be tried."""
    return [
        name
        for name, finding in record.items()
        if finding["value"] not in IDEAL_VALUES.get(name, {finding["value"]}) or finding["value"] == "error"
    ]


def capabilities_of(record: Mapping[str, Mapping[str, str]], *, probed_at: datetime | None = None) -> Capabilities:
    """What a record allows. A capability that is missing from it, or went wrong, counts as not seen."""

    def value(name: str) -> str:
        return record.get(name, {}).get("value", "error")

    def is_ideal(*names: str) -> bool:
        return all(value(name) in IDEAL_VALUES[name] for name in names)

    def seen(name: str, *values: str) -> bool | None:
        return None if value(name) == "error" else value(name) in values

    return Capabilities(
        probed_at=probed_at,
        honours_if_none_match=is_ideal("url_if_none_match"),
        listing_is_immediate=is_ideal(
            "listing_after_put", "listing_after_delete", "listing_order", "start_after", "paging", "listed_names"
        ),
        etag_is_md5=is_ideal("put_etag"),
        honours_copy_if_match=is_ideal("copy_if_match"),
        honours_copy_if_none_match=is_ideal("copy_if_none_match"),
        honours_multipart_if_none_match=is_ideal("multipart_if_none_match"),
        multipart_etag_is_md5_of_md5s=is_ideal("multipart_etag"),
        copy_keeps_etag=is_ideal("copy_etag"),
        deletes_in_batches=is_ideal("delete_objects"),
        keeps_odd_keys=value("odd_keys") == "kept",
        binds_absent_headers=value("absent_headers") == "bound",
        was_asked_for_absent_headers=seen("absent_headers") is not None,
        honours_bucket_encryption=is_ideal("bucket_encryption"),
        own_headers=None if seen("own_headers") is None else frozenset(value("own_headers").split(", ")) - {"none"},
        verifies_content_md5=seen("content_md5", "verified"),
        verifies_sha256=seen("checksum_sha256", "verified"),
        cors_is_settable=seen("cors_api", "present"),
        cors_on_errors=seen("cors_on_errors", "sent"),
        makes_missing_buckets=seen("missing_bucket_on_put", "created"),
        applies_unsigned_acl=seen("unsigned_acl", "applied"),
        applies_unsigned_copy_source=seen("unsigned_copy_source", "applied"),
        takes_uploads_when_shut=seen("public_access_block", "works", "ineffective", "missing"),
        refuses_expired_urls=seen("expired_url", "refused"),
        refuses_altered_urls=seen("altered_url", "refused"),
        clock_is_close=seen("clock", "close"),
        can_keep_versions=seen("bucket_versioning", "kept"),
    )


def _read(bucket: str | None) -> Capabilities:
    probes = StoreProbe.objects.filter(endpoint=settings.S3_ENDPOINT_URL)
    newest = (bucket and probes.filter(bucket=bucket).first()) or probes.first()
    return capabilities_of(newest.record, probed_at=newest.made_at) if newest else Capabilities()
