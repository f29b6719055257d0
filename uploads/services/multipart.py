"""Uploads in parts as the store has them, each with a row of ours: found or begun for a grant, given up when abandoned.

A row outlives its session and its grant: whoever is granted the same content goes on with the parts that are there.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from amiportal.background.rounds import each_alone
from amiportal.core.errors import StoreError
from amiportal.objectstore import multipart as store
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.lookup import check_there, in_parallel, or_fault
from amiportal.objectstore.objects import StoredObject
from uploads.domain import parts, shared
from uploads.domain.batch import GrantableFile
from uploads.domain.keys import content_type_of_taken, key_prefix
from uploads.models import MultipartUpload, UploadSession
from uploads.services.proof import look_in

ABANDONED_AFTER = timedelta(days=7)  # a partner may come back to a card after a weekend, hardly after a week
Status = MultipartUpload.Status
ROUND = "Uploads in parts that nobody continues"  # for people, on the health page


def parts_of(upload: MultipartUpload) -> int:
    """How many parts the whole file has."""
    return parts.part_count(upload.size_bytes, part_size_bytes=upload.part_size_bytes)


def in_store(upload: MultipartUpload) -> dict[str, str]:
    """The upload as the calls of amiportal.objectstore.multipart name it."""
    prefix = key_prefix(deployment_id=upload.deployment.deployment_id, data_type=upload.data_type)
    return {
        "bucket": upload.deployment.bucket.name,
        "key": prefix + upload.filename,
        "upload_id": upload.store_upload_id,
    }


def open_uploads(
    *, session: UploadSession, files: Mapping[str, GrantableFile], now: datetime
) -> dict[str, MultipartUpload]:
    """The open upload of each file's content by name, found or begun; without those at which the store failed.

    Presupposes that the ledger reserves these keys for this content. One that the store no longer knows (its operator
    may have aborted it) is begun again. Raises StoreError when the store is away.
    """
    uploads, failed = {}, set()
    found = _found(session, files)
    known = in_parallel(lambda upload: or_fault(_is_known, upload), found)
    for upload, is_known in zip(found, known, strict=True):
        if isinstance(is_known, StoreError):
            failed.add(upload.filename)
        elif not is_known:
            close(upload, status=Status.ABORTED)
        elif upload.part_size_bytes == shared.PART_SIZE_BYTES:
            uploads[upload.filename] = upload
        elif isinstance(or_fault(give_up, upload), StoreError):  # clients cut files otherwise by now
            failed.add(upload.filename)
    _note_use(list(uploads.values()), files, now=now)
    new = {name: file for name, file in files.items() if name not in uploads and name not in failed}
    uploads |= _begin(session, new, now=now)
    if not uploads:
        check_there(session.deployment.bucket.name)
    return uploads


def give_up(upload: MultipartUpload) -> None:
    """Abort it in the store and close its row. Presupposes that no object is being, or was just, made of it."""
    store.abort(**in_store(upload))
    close(upload, status=Status.ABORTED)


def close(upload: MultipartUpload, *, status: str) -> None:
    MultipartUpload.objects.filter(pk=upload.pk, status=Status.OPEN).update(status=status, ended_at=timezone.now())


def abort_abandoned(*, limit: int = 10_000) -> dict[str, int]:
    """Give up what nobody has used for ABANDONED_AFTER; how many were aborted, and found completed after all.

    The store is asked one upload at a time, and a row is closed after it: so this may be killed anywhere and run again.
    What the store cannot tell of one is left over for the next time (amiportal.background.rounds).
    """
    idle = MultipartUpload.objects.filter(status=Status.OPEN, last_used_at__lt=timezone.now() - ABANDONED_AFTER)
    uploads = idle.select_related("deployment__bucket").order_by("pk")[:limit]
    return dict(Counter(each_alone(ROUND, uploads.iterator(), _settle_abandoned, name_of=_name)))


def may_be_made_of(stored: StoredObject, upload: MultipartUpload) -> bool:
    """Whether an object may consist of the upload's parts, which then must not be aborted.

    SeaweedFS, if it dies between making the object and forgetting the upload, keeps the parts as the object's bytes.
    """
    if current_capabilities().multipart_etag_is_md5_of_md5s:
        return stored.etag == upload.multipart_md5
    return stored.size_bytes == upload.size_bytes and stored.etag != upload.md5


def _name(upload: MultipartUpload) -> str:
    return f"{upload.deployment.deployment_id}/{upload.data_type}/{upload.filename}, upload {upload.pk}"


def _settle_abandoned(upload: MultipartUpload) -> str:
    name = upload.filename
    stored = look_in(deployment=upload.deployment, data_type=upload.data_type, names=[name], confirm_absent=True)[name]
    if stored is not None and may_be_made_of(stored, upload):
        close(upload, status=Status.COMPLETED)
        return Status.COMPLETED
    give_up(upload)
    return Status.ABORTED


def _found(session: UploadSession, files: Mapping[str, GrantableFile]) -> list[MultipartUpload]:
    rows = MultipartUpload.objects.select_related("deployment__bucket").filter(
        deployment_id=session.deployment_id, data_type=session.data_type, filename__in=files, status=Status.OPEN
    )
    return [
        row for row in rows if (row.md5, row.size_bytes) == (files[row.filename].md5, files[row.filename].size_bytes)
    ]


def _is_known(upload: MultipartUpload) -> bool:
    return store.knows(**in_store(upload))


def _note_use(uploads: list[MultipartUpload], files: Mapping[str, GrantableFile], *, now: datetime) -> None:
    """The newest client's word on the MD5 of the parts counts: an earlier one may have been wrong."""
    if not uploads:
        return
    for upload in uploads:
        upload.last_used_at, upload.multipart_md5 = now, files[upload.filename].multipart_md5
    MultipartUpload.objects.bulk_update(uploads, ["last_used_at", "multipart_md5"])


def _begin(session: UploadSession, files: Mapping[str, GrantableFile], *, now: datetime) -> dict[str, MultipartUpload]:
    prefix = key_prefix(deployment_id=session.deployment.deployment_id, data_type=session.data_type)
    bucket = session.deployment.bucket.name

    def begun(name: str) -> str | StoreError:
        content_type = content_type_of_taken(name, data_type=session.data_type)
        return or_fault(store.create, bucket=bucket, key=prefix + name, content_type=content_type)

    told = dict(zip(files, in_parallel(begun, list(files)), strict=True))
    return {
        name: _kept(session, files[name], store_upload_id, now=now)
        for name, store_upload_id in told.items()
        if not isinstance(store_upload_id, StoreError)
    }


def _kept(session: UploadSession, file: GrantableFile, store_upload_id: str, *, now: datetime) -> MultipartUpload:
    """The row of an upload that was just begun, or of the one that somebody else began at the same moment."""
    upload, is_new = MultipartUpload.objects.select_related("deployment__bucket").get_or_create(
        deployment=session.deployment,
        data_type=session.data_type,
        filename=file.name,
        md5=file.md5,
        size_bytes=file.size_bytes,
        status=Status.OPEN,
        defaults={
            "session": session,
            "multipart_md5": file.multipart_md5,
            "part_size_bytes": shared.PART_SIZE_BYTES,
            "store_upload_id": store_upload_id,
            "started_at": now,
            "last_used_at": now,
        },
    )
    if not is_new:
        # Nobody knows of it, so it has no parts; where the store fails at it, it stays behind, empty.
        or_fault(store.abort, **in_store(upload) | {"upload_id": store_upload_id})
    return upload
