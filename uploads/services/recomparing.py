"""Whether objects are still as the ledger has them, by the store's own word of this moment.

An ETag that differs proves nothing: operators encrypt again, copy, or cut objects into other parts, and the content
stays. Then the object is read, once however many rows vouch for it.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from amiportal.core.errors import BucketMissing, StoreError
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.lookup import content_md5, head, in_parallel, lookup_by_head, or_fault
from amiportal.objectstore.objects import StoredObject
from deployments.models import Deployment
from uploads.domain.keys import key_prefix
from uploads.ledger.statements import card_file
from uploads.models import UploadLog
from uploads.services.contents import Identity, identity, keep, known_md5s
from uploads.services.proof import Proof, prove

# Of one count. After an operator encrypted a bucket again every object has another ETag: the next counts go on then.
MOST_READ_BYTES = 200 * 10**9
MOST_FAULTS = 10  # so many objects that the store does not answer for are passed over; of more it is the store
_AT_ONCE = 24
_MD5_SHAPED = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the store has in the place of a row's object; is_same None where nobody could tell this time."""

    stored: StoredObject | None
    is_same: bool | None


class Recomparison:
    """Of one deployment and data type, within a budget of bytes and faults for all calls together."""

    def __init__(self, *, deployment: Deployment, data_type: str):
        self._bucket = deployment.bucket.name
        self._prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
        self._left_bytes = MOST_READ_BYTES
        self._faults = 0

    def see(self, rows: Sequence[UploadLog]) -> dict[int, Seen]:
        """By row's id. Each object is asked for by HEAD, and read where that does not tell. Raises StoreError."""
        found = self._heads({row.filename for row in rows})
        known = [row for row in rows if row.filename in found]
        proofs = prove(map(card_file, known), found, bucket=self._bucket, may_read=False)
        told = {row.pk: _told(row, found[row.filename], proofs.get(card_file(row))) for row in known}
        contents = self._contents(
            [stored for row in known if told[row.pk] is None and (stored := found[row.filename]) is not None]
        )
        seen = {row.pk: Seen(None, None) for row in rows}
        for row in known:
            stored, is_same = found[row.filename], told[row.pk]
            if is_same is None and stored is not None:
                is_same = _by_content(row, contents.get(identity(stored)), proofs.get(card_file(row)))
            seen[row.pk] = Seen(stored, is_same)
        return seen

    def _heads(self, names: Collection[str]) -> dict[str, StoredObject | None]:
        """Without those that the store does not answer for."""
        try:
            return lookup_by_head(bucket=self._bucket, prefix=self._prefix, names=names)
        except BucketMissing:
            raise
        except StoreError:
            return self._one_by_one(sorted(names))

    def _one_by_one(self, names: Sequence[str]) -> dict[str, StoredObject | None]:
        found = {}
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            answers = in_parallel(lambda name: or_fault(head, self._bucket, self._prefix + name), some)
            for name, answer in zip(some, answers, strict=True):
                if isinstance(answer, StoreError):
                    self._note_fault(answer)
                else:
                    found[name] = answer
        return found

    def _contents(self, objects: Collection[StoredObject]) -> dict[Identity, str]:
        """The MD5 of those that were read before, and that the budget allows and that can be read now."""
        known = known_md5s(self._bucket, objects)
        wanted: dict[Identity, StoredObject] = {}
        for stored in objects:
            if identity(stored) not in known | wanted and stored.size_bytes <= self._left_bytes:
                self._left_bytes -= stored.size_bytes
                wanted[identity(stored)] = stored
        answers = in_parallel(self._read, list(wanted.values()))
        read = {}
        for found_as, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, StoreError):
                self._note_fault(answer)
            elif answer is not None:  # it was replaced meanwhile: the next count sees by what
                read[found_as] = answer
        keep(self._bucket, {wanted[found_as]: md5 for found_as, md5 in read.items()})
        return known | read

    def _read(self, stored: StoredObject) -> str | StoreError | None:
        return or_fault(content_md5, self._bucket, stored.key, etag=stored.etag, size_bytes=stored.size_bytes)

    def _note_fault(self, fault: StoreError) -> None:
        self._faults += 1
        if self._faults > MOST_FAULTS:
            raise fault


def _told(row: UploadLog, stored: StoredObject | None, proof: Proof | None) -> bool | None:
    """Whether the object is the row's, by size and ETag; None where its content has to tell."""
    if stored is None or row.size_bytes not in (None, stored.size_bytes):
        return False
    if stored.etag == row.etag or (proof is not None and proof.is_same):
        return True
    return None if _md5_of(row) else False


def _md5_of(row: UploadLog) -> str:
    """What the content has to be; "" of an unproven row whose first ETag says nothing of it."""
    if row.md5 or not (_MD5_SHAPED.fullmatch(row.etag) and current_capabilities().etag_is_md5):
        return row.md5
    return row.etag


def _by_content(row: UploadLog, md5: str | None, proof: Proof | None) -> bool | None:
    if md5 is not None:
        return md5 == _md5_of(row)
    # Not read this time: an ETag that is another MD5, by the store's capabilities, is believed.
    return False if proof is Proof.OTHER else None
