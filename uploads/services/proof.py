"""Whether the store holds the content that the client has. The one place that decides it."""

import re

from amiportal.objectstore.habits import current_habits
from amiportal.objectstore.lookup import StoredObject, content_md5, lookup, lookup_by_head
from deployments.models import Deployment
from uploads.keys import key_prefix
from uploads.models import UploadSession

_MD5_SHAPED = re.compile(r"[0-9a-f]{32}")


def look(*, session: UploadSession, names: list[str], confirm_absent: bool = False) -> dict[str, StoredObject | None]:
    """What the store has under these names of the session's deployment and data type, fit to grant and to prove by.

    Where listings are not known to be immediate, each name is asked for by HEAD. confirm_absent: absences are, even
    where listings are immediate. Raises StoreError for every fault but absence.
    """
    return look_in(
        deployment=session.deployment, data_type=session.data_type, names=names, confirm_absent=confirm_absent
    )


def look_in(
    *, deployment: Deployment, data_type: str, names: list[str], confirm_absent: bool = False
) -> dict[str, StoredObject | None]:
    """As `look`, for callers without a session."""
    where = _where(deployment, data_type)
    if not current_habits().listing_is_immediate:
        return lookup_by_head(**where, names=names)
    return lookup(**where, names=names, confirm_absent=confirm_absent)


def glance(*, session: UploadSession, names: list[str]) -> dict[str, StoredObject | None]:
    """As `look`, by listing alone: enough to say what would become of files, not to grant or prove anything."""
    return lookup(**_where(session.deployment, session.data_type), names=names, confirm_absent=False)


def _where(deployment: Deployment, data_type: str) -> dict[str, str]:
    prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
    return {"bucket": deployment.bucket.name, "prefix": prefix}


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
