"""Is there a way back from an overwritten or deleted object? Told, never judged: older versions take room."""

from collections.abc import Iterator

from amiportal.core.errors import BucketMissing, PortalError
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.versions import keeps_versions
from amiportal.operations.doctor.observations import Observation, State
from deployments.models import Bucket

_SUBJECT = ("versions", "Older versions")
_NAMED = 8


def examine_versions() -> Iterator[Observation]:
    """One answer for all buckets that are not for trials."""
    kept: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for name in Bucket.objects.filter(is_test=False).order_by("name").values_list("name", flat=True):
        try:
            kept[keeps_versions(name)].append(name)
        except BucketMissing:
            continue  # told on its own
        except PortalError:
            yield Observation(*_SUBJECT, State.UNKNOWN, "Not looked at.", "See the object store above.")
            return
    yield Observation(*_SUBJECT, State.OK, " ".join(_told(kept)))


def _told(kept: dict[bool | None, list[str]]) -> Iterator[str]:
    can = current_capabilities().can_keep_versions
    if kept[True]:
        yield f"Kept in {_named(kept[True])}: what is overwritten or deleted there can be brought back."
    without = kept[False] + kept[None]
    if not without:
        if not kept[True]:
            yield "There is no bucket yet."
        return
    if can is False or (can is None and not kept[False]):
        yield f"The store cannot keep them: what is overwritten or deleted in {_named(without)} is lost for good."
        return
    yield f"Not kept in {_named(without)}: what is overwritten or deleted there is lost for good."
    if can:
        yield "The store can keep them: choose “Keep older versions” on the bucket's page (guide: Changed files)."
    else:
        yield "Whether the store can keep them is not known; `manage.py probe_store` tries it."


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
