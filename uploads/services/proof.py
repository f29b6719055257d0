"""Whether the store holds the content that the client has. The one place that decides it."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import ParamSpec

from django.utils import timezone

from amiportal.core.errors import PartlyTold, StoreUnavailable
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.lookup import lookup, lookup_by_head
from amiportal.objectstore.objects import StoredObject
from deployments.models import Deployment
from uploads.domain.batch import CardFile, FileResult, Outcome
from uploads.domain.keys import key_prefix
from uploads.models import UploadLog, UploadSession
from uploads.services.contents import Identity, identity, known_md5s, read_by, read_some

NOT_TOLD = "not_told"
_ASK_AGAIN_AFTER = timedelta(minutes=1)
_MD5_SHAPED = re.compile(r"[0-9a-f]{32}")

P = ParamSpec("P")


def look(*, session: UploadSession, names: list[str], confirm_absent: bool = False) -> dict[str, StoredObject | None]:
    """What the store has under these names of the session's deployment and data type, fit to grant and to prove by.

    Where listings are not known to be immediate, each name is asked for by HEAD. confirm_absent: absences are, even
    where listings are immediate. Raises StoreError for every fault but absence, PartlyTold where some names met one.
    """
    return look_in(
        deployment=session.deployment, data_type=session.data_type, names=names, confirm_absent=confirm_absent
    )


def look_in(
    *, deployment: Deployment, data_type: str, names: list[str], confirm_absent: bool = False
) -> dict[str, StoredObject | None]:
    """As `look`, for callers without a session."""
    where = _where(deployment, data_type)
    if not current_capabilities().listing_is_immediate:
        return lookup_by_head(**where, names=names)
    return lookup(**where, names=names, confirm_absent=confirm_absent)


def look_closely(*, session: UploadSession, names: list[str]) -> dict[str, StoredObject | None]:
    """As `look`, each name asked for by HEAD, which alone tells the headers that an object was sent with."""
    return lookup_by_head(**_where(session.deployment, session.data_type), names=names)


def glance(*, session: UploadSession, names: list[str]) -> dict[str, StoredObject | None]:
    """As `look`, by listing alone: enough to say what would become of files, not to grant or prove anything."""
    return lookup(**_where(session.deployment, session.data_type), names=names, confirm_absent=False)


def found_by(
    look: Callable[P, dict[str, StoredObject | None]], *args: P.args, **where: P.kwargs
) -> dict[str, StoredObject | None]:
    """As `look`, without the names at which the store failed: no file waits for another one's answer (rule 7).

    Raises StoreError where it is the store itself that is away.
    """
    try:
        return look(*args, **where)
    except PartlyTold as partly:
        return partly.found


def not_told(name: str) -> FileResult:
    """The answer for a file at whose name the store failed: nothing is known of it yet."""
    message = f"The store gave no answer about {name}. Ask again in a minute."
    return FileResult(name, Outcome.UNSETTLED, NOT_TOLD, message, until=timezone.now() + _ASK_AGAIN_AFTER)


def check_all_told(results: Iterable[FileResult]) -> None:
    """Raises StoreUnavailable if the store failed at one of these names: a round notes it as left over."""
    for result in results:
        if result.code == NOT_TOLD:
            raise StoreUnavailable(result.message)


def _where(deployment: Deployment, data_type: str) -> dict[str, str]:
    prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
    return {"bucket": deployment.bucket.name, "prefix": prefix}


class Proof(StrEnum):
    """What the store's object is to the file that a client describes."""

    MD5 = "md5"  # the same: the MD5 of all its bytes is the file's, by the store's ETag or by the portal's reading
    PARTS = "parts"  # the same: its parts are the file's, by the MD5 over the MD5s of all of them
    OTHER = "other"  # another size, or other bytes
    UNREAD = "unread"  # nobody can say before the portal has read it

    @property
    def is_same(self) -> bool:
        return self in (Proof.MD5, Proof.PARTS)


def prove(
    files: Iterable[CardFile], found: Mapping[str, StoredObject | None], *, bucket: str, may_read: bool = True
) -> dict[CardFile, Proof]:
    """What the store has against what these files are; each with size and MD5 (lower-case hex), and found by name.

    Files that nothing was found for, or that tell no size or no MD5, are left out. Where no ETag can tell (encryption,
    parts cut in another way) the object is read and hashed, once and for good, within what one call may read; without
    may_read, or where it cannot be read now, it stays UNREAD and a worker reads it.

    PARTS is proof enough to call a file stored, and its card safe to wipe. Each part's URL binds the MD5 of the part,
    and the store's ETag of the whole is the MD5 over all of these: every byte that was sent is bound, in its place, by
    hashes that the client made of the very bytes that it read from the card. What it does not prove is the other hash
    that the client gave, the MD5 of the whole. So no receipt signs that one before a worker has read the object
    (services.claims), and what was read counts for more than what was said of the parts.
    """
    capabilities = current_capabilities()
    proofs: dict[CardFile, Proof] = {}
    open_: dict[CardFile, StoredObject] = {}
    for file in files:
        stored = found[file.name]
        if stored is None or file.size_bytes is None or not file.md5:
            continue
        told = _told_by_md5(file, stored, etag_is_md5=capabilities.etag_is_md5)
        if told is None:
            open_[file] = stored
        else:
            proofs[file] = told
    if not open_:
        return proofs
    md5s = known_md5s(bucket, open_.values())
    unread = {}
    for file, stored in open_.items():
        told = _told_by_reading(file, stored, md5s)
        if told is None and capabilities.multipart_etag_is_md5_of_md5s:
            told = _told_by_parts(file, stored)
        if told is None:
            unread[file] = stored
        else:
            proofs[file] = told
    if unread and may_read:
        md5s = read_some(bucket, unread.values())
    return proofs | {file: _told_by_reading(file, stored, md5s) or Proof.UNREAD for file, stored in unread.items()}


def being_read(name: str) -> FileResult:
    """The answer for a file of which nobody can say anything before the portal has read the object."""
    message = f"The portal reads {name} in the store to compare it. Ask again in a minute."
    return FileResult(name, Outcome.UNSETTLED, "being_read", message, until=read_by())


def _told_by_md5(file: CardFile, stored: StoredObject, *, etag_is_md5: bool) -> Proof | None:
    """By size and ETag; None where they do not tell.

    An ETag that equals the MD5 is proof. One that differs says "other content" only where ETags are known to be MD5s.
    """
    if stored.size_bytes != file.size_bytes:
        return Proof.OTHER
    if stored.etag == file.md5:
        return Proof.MD5
    return Proof.OTHER if etag_is_md5 and _MD5_SHAPED.fullmatch(stored.etag) else None


def _told_by_reading(file: CardFile, stored: StoredObject, md5s: Mapping[Identity, str]) -> Proof | None:
    md5 = md5s.get(identity(stored))
    if not md5:
        return None
    return Proof.MD5 if md5 == file.md5 else Proof.OTHER


def _told_by_parts(file: CardFile, stored: StoredObject) -> Proof | None:
    if not file.multipart_md5:
        return None
    if stored.etag == file.multipart_md5:
        return Proof.PARTS
    return Proof.OTHER if _cut_by_the_portal(stored) else None


def _cut_by_the_portal(stored: StoredObject) -> bool:
    """Whether the ledger has seen these very parts. Without it, each second hour-long recording with a reset clock
    (same name, same size) would be compared by reading gigabytes.
    """
    name = stored.key.rpartition("/")[2]
    return UploadLog.objects.filter(
        filename=name, multipart_md5=stored.etag, size_bytes=stored.size_bytes, status__in=UploadLog.PROVEN
    ).exists()
