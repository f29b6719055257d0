"""Whether the store holds the content that the client has. The one place that decides it."""

import re

from amiportal.objectstore.habits import current_habits
from amiportal.objectstore.lookup import StoredObject, content_md5, lookup

from uploads.keys import key_prefix
from uploads.models import UploadSession

_MD5_SHAPED = re.compile(r"[0-9a-f]{32}")


def look(
    *, session: UploadSession, names: list[str], confirm_absent: bool | None = None
) -> dict[str, StoredObject | None]:
    """What the store has under these names of the session's deployment and data type.

    confirm_absent: whether each absence is asked for once more by HEAD; by default where the store's listings
    are known to lag, or nothing is known of them. Raises StoreError for every fault but absence.
    """
    deployment = session.deployment
    if confirm_absent is None:
        confirm_absent = not current_habits().listing_is_immediate
    return lookup(
        bucket=deployment.bucket.name,
        prefix=key_prefix(deployment_id=deployment.deployment_id, data_type=session.data_type),
        names=names,
        confirm_absent=confirm_absent,
    )


def same_content(stored: StoredObject, *, bucket: str, size_bytes: int, md5: str) -> bool:
    """Whether the stored object has this size and this MD5 (lower-case hex), by the store's own word.

    An ETag that equals the MD5 is that word. One that differs says "other content" only where ETags are known to
    be MD5s; elsewhere (encryption, multipart uploads) the object is read and hashed.
    """
    if stored.size_bytes != size_bytes:
        return False
    if stored.etag == md5:
        return True
    if _MD5_SHAPED.fullmatch(stored.etag) and current_habits().etag_is_md5:
        return False
    return content_md5(bucket, stored.key) == md5
