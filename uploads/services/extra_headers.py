"""Headers that a client added to a signed PUT: found where the store tells them, and never proven.

A URL binds the headers that it names; on most stores it forbids no others. Whoever holds it can add a Content-Encoding
and its like, which the store keeps beside the right bytes: readers downstream then fail to decode them. Only HEAD tells
what was kept, no listing. So an object is asked for by HEAD once, when it is to become proven, and not again while a
row proves it with the same ETag: where listings lag that is asked anyway, and elsewhere it costs a millisecond a file,
of the minutes that it took to send them.
"""

from collections.abc import Collection, Iterable, Mapping

from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.lookup import lookup_by_head
from amiportal.objectstore.objects import CONTENT_ENCODING, CONTENT_TYPE, StoredObject
from deployments.models import Deployment
from uploads.domain.batch import FileResult, Outcome
from uploads.domain.keys import content_type_accepted, key_prefix
from uploads.models import UploadLog

HEADERS_ADDED = "headers_added"
# Left behind by some libraries and stores; the bytes are as they are.
_NO_ENCODINGS = frozenset({"identity", "aws-chunked"})


def added_headers(stored: StoredObject, *, data_type: str | None) -> list[str]:
    """What was added to a PUT by a URL of the new API; [] where a listing told of the object, or nothing was.

    data_type: None where the object came in another way. Then, and where nobody has seen what the store itself adds, an
    encoding alone counts, which changes the bytes that readers get.
    """
    told = stored.headers or {}
    own = current_capabilities().own_headers
    if own is None or data_type is None:
        return _added_encodings(stored)
    file = stored.key.rpartition("/")[2]

    def fits(value: str) -> bool:
        return content_type_accepted(value.partition(";")[0].strip().lower(), name=file, data_type=data_type)

    return [name for name, value in told.items() if name not in own and not (name == CONTENT_TYPE and fits(value))]


def added_by_name(*, deployment: Deployment, data_type: str, found: Mapping[str, StoredObject]) -> dict[str, list[str]]:
    """For objects of the right content that nobody need have confirmed: what was added to each, if anything.

    Those that were never asked for in the new API, put there by old clients or by others with a key of their own, may
    have any headers but an encoding.
    """
    rows = _rows(deployment, data_type, found)
    proven = {(name, etag) for name, status, etag, _ in rows if status in UploadLog.PROVEN}
    granted = {name for name, _, _, granted_at in rows if granted_at is not None}
    unseen = {name: stored for name, stored in found.items() if (name, stored.etag) not in proven}
    lacking = [name for name, stored in unseen.items() if stored.headers is None]
    if lacking:
        prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
        seen = lookup_by_head(bucket=deployment.bucket.name, prefix=prefix, names=lacking)
        unseen |= {name: stored for name, stored in seen.items() if stored is not None}
    added = {
        name: added_headers(stored, data_type=data_type if name in granted else None) for name, stored in unseen.items()
    }
    return {name: names for name, names in added.items() if names}


def refused_for(added: Iterable[str], *, name: str, outcome: Outcome) -> FileResult:
    """The answer for a file with such headers."""
    message = (
        f"{name} was stored with headers that the portal did not ask for ({', '.join(added)}), so readers may not get "
        "the bytes of the card. It does not count as stored. A maintainer has to remove it before it can be sent again."
    )
    return FileResult(name, outcome, HEADERS_ADDED, message)


def _rows(deployment: Deployment, data_type: str, names: Collection[str]) -> list[tuple]:
    rows = UploadLog.objects.filter(deployment=deployment, data_type=data_type, filename__in=names).exclude(md5="")
    return list(rows.values_list("filename", "status", "etag", "granted_at"))


def _added_encodings(stored: StoredObject) -> list[str]:
    encodings = (stored.headers or {}).get(CONTENT_ENCODING, "").split(",")
    return [CONTENT_ENCODING] if {part.strip().lower() for part in encodings} - _NO_ENCODINGS - {""} else []
