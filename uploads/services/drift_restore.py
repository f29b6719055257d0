"""Changed and vanished files brought back from older versions, where their bucket keeps these."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.core.errors import Forbidden, PortalError, StoreError
from amiportal.objectstore.versions import Version, bring_back, versions
from uploads.domain.keys import key_prefix
from uploads.models import Drift, UploadLog
from uploads.services.drift import note_what_is_there, uncompared_keys
from uploads.services.drift_settle import open_drifts, see

MOST_AT_ONCE = 100  # a person waits, and each is copied, and read where no ETag tells


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """By rows. back: the store has them as they were. refused: (name, why) of all others."""

    back: int
    refused: Sequence[tuple[str, str]]


def bring_back_drifts(*, actor: User, ids: Iterable[int]) -> BroughtBack:
    """Put the version that was proven in the place of what is there now; settle_drifts then ends the matter.

    Nothing is lost by it: what is there now becomes an older version. Raises Forbidden, PortalError for too many.
    """
    if not actor.is_maintainer:
        raise Forbidden("Only maintainers bring back changed and vanished files.")
    ids = set(ids)
    if len(ids) > MOST_AT_ONCE:
        raise PortalError(f"At most {MOST_AT_ONCE} files at a time.", code="too_many_files")
    refused = {}
    drifts = open_drifts(ids)
    for drift in drifts:
        if drift.back_at is None:
            try:
                refused[drift.pk] = _refusal(drift)
            except StoreError as fault:
                refused[drift.pk] = fault.message
    seen = see(drifts)
    note_what_is_there(drifts, seen, now=timezone.now())
    back = [drift for drift in drifts if seen[drift.row_id].is_same]
    return BroughtBack(
        len(back),
        [
            (drift.row.filename, refused.get(drift.pk) or "The store does not show it as it was.")
            for drift in drifts
            if drift not in back
        ],
    )


def _refusal(drift: Drift) -> str:
    """Brings one back; why not, else ""."""
    row, bucket = drift.row, drift.deployment.bucket.name
    where: dict[str, Any] = {"deployment": drift.deployment, "data_type": drift.data_type}
    live = UploadLog.objects.filter(**where, filename=row.filename, status__in=UploadLog.LIVE)
    if live.exists():
        return "Another upload holds this name by now, and must not be overwritten."
    if uncompared_keys(**where, names=[row.filename]):
        return "An older program may still write to this name. Try again later."
    key = key_prefix(deployment_id=drift.deployment.deployment_id, data_type=drift.data_type) + row.filename
    wanted = next((version for version in versions(bucket, key) if _is_of(version, row)), None)
    if wanted is None:
        return "The store has no older version of it that is as it was."
    if not wanted.is_current:
        bring_back(bucket, key, wanted)
    return ""


def _is_of(version: Version, row: UploadLog) -> bool:
    return version.size_bytes == row.size_bytes and version.etag in (row.etag, row.md5, row.multipart_md5)
