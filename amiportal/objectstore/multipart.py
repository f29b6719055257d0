"""Uploads in parts: begun, looked into, completed, given up. The only place that speaks S3's multipart calls.

The parts themselves go from the client to the store, by `presign.UrlSigner.part_url`. For an upload that the store
does not know (completed, aborted, never begun) every call answers None or False; every other fault is raised.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from django.conf import settings

from amiportal.core.errors import AnswerUnreadable, BucketMissing, StoreError
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.client import error_for
from amiportal.objectstore.http import Answer, call, read
from amiportal.objectstore.objects import bare_etag

MAX_PARTS_PER_PAGE = 1_000  # the most that S3 lists in one answer
_PATIENT = 2  # times S3_MAX_ATTEMPTS, for questions whose repetition costs nothing


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part as the store lists it. etag: without quotes, the MD5 in hex only where the store's capabilities say so."""

    number: int
    size_bytes: int
    etag: str
    last_modified: datetime


def create(*, bucket: str, key: str, content_type: str) -> str:
    """Begin an upload; the store's id of it. A lost answer leaves an empty upload behind, which holds nothing."""

    def read_answer(answer: Answer) -> str:
        if answer.status == 404:
            raise BucketMissing(f'The object store has no bucket "{bucket}".')
        upload_id = _Document(answer.body, "UploadId").text("UploadId")
        if not upload_id:
            raise _unreadable()
        return upload_id

    headers = {"Content-Type": content_type}
    return read(read_answer, "POST", bucket=bucket, key=key, query={"uploads": ""}, headers=headers)


def knows(*, bucket: str, key: str, upload_id: str) -> bool:
    """Whether the upload is still open in the store."""
    return _page(bucket, key, upload_id, after=0, max_parts=1) is not None


def parts(*, bucket: str, key: str, upload_id: str) -> list[StoredPart] | None:
    """The parts that the store holds, by number; None where it knows no such upload.

    A number may stand there more than once, the newest last as far as the store tells seconds: SeaweedFS keeps a part
    that was sent again beside the first, and completes with the one whose ETag is named.
    """
    found: list[StoredPart] = []
    after = 0
    while True:
        page = _page(bucket, key, upload_id, after=after, max_parts=MAX_PARTS_PER_PAGE)
        if page is None:
            return None
        found += page.parts()
        if page.text("IsTruncated") != "true":
            return sorted(found, key=lambda part: (part.number, part.last_modified))
        marker = page.text("NextPartNumberMarker")
        if not marker.isdigit() or int(marker) <= after:
            raise StoreError("The object store's listing of parts does not advance.", code="listing_stuck")
        after = int(marker)


def complete(*, bucket: str, key: str, upload_id: str, chosen: Sequence[StoredPart]) -> bool:
    """Make the object of these parts, one per number in rising order; False where the store knows no such upload.

    Nothing is overwritten where the store heeds the condition. Any error, and False too, may follow a success whose
    answer was lost: only a look at the key tells. Raises Conflict, StoreError.
    """
    entries = "".join(
        f"<Part><PartNumber>{part.number}</PartNumber><ETag>{escape(chr(34) + part.etag + chr(34))}</ETag></Part>"
        for part in chosen
    )
    conditions = {"If-None-Match": "*"} if current_capabilities().honours_multipart_if_none_match else {}
    answer = call(
        "POST",
        bucket=bucket,
        key=key,
        query={"uploadId": upload_id},
        headers={"Content-Type": "application/xml", **conditions},
        body=f"<CompleteMultipartUpload>{entries}</CompleteMultipartUpload>".encode(),
    )
    if answer.status == 404:
        return False
    # S3 answers 200 before it has assembled the parts, sends blanks while it works, and then perhaps an error.
    _Document(answer.body, "ETag", "Key", "Location", bucket=bucket)
    return True


def abort(*, bucket: str, key: str, upload_id: str) -> bool:
    """Give an upload up and its parts' space back; False where the store knows no such upload.

    Never while an object may have just been made of it: SeaweedFS then frees the object's own bytes.
    """
    answer = call(
        "DELETE",
        bucket=bucket,
        key=key,
        query={"uploadId": upload_id},
        attempts=_PATIENT * settings.S3_MAX_ATTEMPTS,
    )
    return answer.status != 404


def _page(bucket: str, key: str, upload_id: str, *, after: int, max_parts: int) -> "_Document | None":
    def read_answer(answer: Answer) -> "_Document | None":
        if answer.status == 404:
            return None
        return _Document(answer.body, "IsTruncated", "Part", "UploadId", bucket=bucket)

    return read(
        read_answer,
        "GET",
        bucket=bucket,
        key=key,
        query={"uploadId": upload_id, "max-parts": str(max_parts), "part-number-marker": str(after)},
        attempts=_PATIENT * settings.S3_MAX_ATTEMPTS,
    )


class _Document:
    """An answer's XML, known by any of the elements that it should hold, whatever its namespace.

    Not by its root's name, for which stores have names of their own: InitiateMultipartUpload, ListPartsResponse.
    Raises what an error in its place says.
    """

    def __init__(self, body: bytes, *marks: str, bucket: str = ""):
        try:
            self._root = ElementTree.fromstring(body.lstrip())
        except ElementTree.ParseError:
            raise _unreadable() from None
        name = self._root.tag.rpartition("}")[2]
        self._namespace = self._root.tag[: len(self._root.tag) - len(name)]
        if name == "Error":
            raise error_for(code=self.text("Code"), status=500, bucket=bucket)
        if not any(child.tag[len(self._namespace) :] in marks for child in self._root):
            raise _unreadable()

    def text(self, name: str) -> str:
        return self._root.findtext(f"{self._namespace}{name}") or ""

    def parts(self) -> Iterator[StoredPart]:
        for entry in self._root.iterfind(f"{self._namespace}Part"):
            values = {child.tag[len(self._namespace) :]: child.text or "" for child in entry}
            try:
                modified = datetime.fromisoformat(values["LastModified"])
                yield StoredPart(
                    number=int(values["PartNumber"]),
                    size_bytes=int(values["Size"]),
                    etag=bare_etag(values.get("ETag")),
                    last_modified=modified if modified.tzinfo else modified.replace(tzinfo=UTC),
                )
            except (KeyError, TypeError, ValueError):
                raise _unreadable() from None


def _unreadable() -> AnswerUnreadable:
    return AnswerUnreadable("The object store's answer about an upload in parts cannot be read.")
