"""Whether the store holds the content that the client has. The one place that decides it."""

import re

from amiportal.objectstore.habits import current_habits
from amiportal.objectstore.lookup import StoredObject, content_md5, lookup, lookup_by_head
from deployments.models import Deployment
from uploads.keys import key_prefix
from uploads.models import UploadLog, UploadSession

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


def same_content(stored: StoredObject, *, bucket: str, size_bytes: int, md5: str, multipart_md5: str = "") -> bool:
    """Whether the stored object has this size and this MD5 (lower-case hex), by the store's own word.

    multipart_md5: of the file's parts, as `file_parts.multipart_md5_of` has it, "" when nobody cut it. Where no ETag
    can tell (encryption, parts cut in another way) the object is read and hashed.
    """
    told = told_by_etag(stored, size_bytes=size_bytes, md5=md5, multipart_md5=multipart_md5)
    return content_md5(bucket, stored.key) == md5 if told is None else told


def told_by_etag(stored: StoredObject, *, size_bytes: int, md5: str, multipart_md5: str = "") -> bool | None:
    """As `same_content`, without reading the object; None where size and ETag do not tell.

    An ETag that equals the MD5 is proof. One that differs says "other content" only where ETags are known to be MD5s.
    The same holds of the MD5 of parts, if besides the object is known to be cut in the portal's way.
    """
    if stored.size_bytes != size_bytes:
        return False
    if stored.etag == md5:
        return True
    if _MD5_SHAPED.fullmatch(stored.etag) and current_habits().etag_is_md5:
        return False
    if multipart_md5 and current_habits().multipart_etag_is_md5_of_md5s:
        if stored.etag == multipart_md5:
            return True
        if _cut_by_the_portal(stored):
            return False
    return None


def _cut_by_the_portal(stored: StoredObject) -> bool:
    """Whether the ledger has seen these very parts. Without it, each second hour-long recording with a reset clock
    (same name, same size) would be compared by reading gigabytes.
    """
    name = stored.key.rpartition("/")[2]
    return UploadLog.objects.filter(
        filename=name, multipart_md5=stored.etag, size_bytes=stored.size_bytes, status__in=UploadLog.PROVEN
    ).exists()
