"""The portal's own files (snapshots, exports): which bucket is theirs, and by which key it is reached.

A URL that a partner holds must never lead there. So that bucket is for no uploads, no URL is signed for it, and it may
have a key of its own: what the uploads' key cannot read, no trick with an upload's URL can read either.
"""

from dataclasses import dataclass, field

from django.conf import settings

USUAL_BUCKET = "portal-files"  # also where the setting was changed later: the older files are still there
PROBES_PREFIX = "portal-probe-"  # buckets that the probe makes and removes


@dataclass(frozen=True)
class StoreKey:
    """An access key of the store. The secret shows in no repr."""

    access_key: str
    secret_key: str = field(repr=False)


def is_own(bucket: str) -> bool:
    """Whether a bucket of this name is the portal's, and can never take uploads."""
    return bucket in (settings.PORTAL_FILES_BUCKET, USUAL_BUCKET) or bucket.startswith(PROBES_PREFIX)


def uploads_key() -> StoreKey:
    """The key that reads and writes the buckets of uploads, and signs their URLs."""
    return StoreKey(settings.S3_ACCESS_KEY_ID, settings.S3_SECRET_ACCESS_KEY)


def key_for(bucket: str) -> StoreKey:
    """The key for the portal's calls to a bucket."""
    if bucket == settings.PORTAL_FILES_BUCKET and has_own_key():
        return StoreKey(settings.PORTAL_FILES_ACCESS_KEY_ID, settings.PORTAL_FILES_SECRET_ACCESS_KEY)
    return uploads_key()


def has_own_key() -> bool:
    """Whether the portal's own files have a key that is not the uploads'."""
    return settings.PORTAL_FILES_ACCESS_KEY_ID not in ("", settings.S3_ACCESS_KEY_ID)
