"""Rows of uploads into a deployment: under way, done, or waiting."""

from datetime import timedelta

from django.utils import timezone

from amiportal.accounts.models import User
from deployments.models import Deployment
from uploads.ledger.unsettled import RESERVATION_GRACE
from uploads.models import MultipartUpload, UploadLog, UploadSession

NAME = "20240918032339-snapshot.jpg"


def session(deployment: Deployment, account: User, *, minutes_ago: int = 1, **fields) -> UploadSession:
    seen_at = timezone.now() - timedelta(minutes=minutes_ago)
    return UploadSession.objects.create(
        **{
            "account": account,
            "deployment": deployment,
            "data_type": "snapshot_images",
            "started_at": seen_at,
            "last_seen_at": seen_at,
            **fields,
        }
    )


def finished(deployment: Deployment, account: User, **fields) -> UploadSession:
    return session(deployment, account, finished_at=timezone.now(), **fields)


def granted(deployment: Deployment, account: User, *, minutes_left: int) -> UploadLog:
    now = timezone.now()
    return UploadLog.objects.create(
        session=finished(deployment, account),
        deployment=deployment,
        data_type="snapshot_images",
        filename=NAME,
        status="granted",
        granted_at=now,
        grant_expires_at=now + timedelta(minutes=minutes_left),
    )


def overwritable(deployment: Deployment, account: User, *, minutes_left: int) -> UploadLog:
    """A file of an old program that is there already, and whose URL goes on writing."""
    end = timezone.now() + timedelta(minutes=minutes_left)
    return UploadLog.objects.create(
        session=finished(deployment, account, is_legacy=True),
        deployment=deployment,
        data_type="snapshot_images",
        filename=NAME,
        status="unproven",
        stored_at=timezone.now(),
        granted_at=end - timedelta(hours=1),
        grant_expires_at=end,
        unsettled_until=end + RESERVATION_GRACE,
    )


def stored(deployment: Deployment, account: User, *sizes: int) -> None:
    of = finished(deployment, account)
    for number, size_bytes in enumerate(sizes):
        UploadLog.objects.create(
            session=of,
            deployment=deployment,
            data_type="snapshot_images",
            filename=f"{number}.jpg",
            status="unproven",
            size_bytes=size_bytes,
        )


def half_sent(deployment: Deployment, account: User) -> MultipartUpload:
    now = timezone.now()
    return MultipartUpload.objects.create(
        session=finished(deployment, account),
        deployment=deployment,
        data_type="audible_recordings",
        filename="20240918_032339.WAV",
        size_bytes=9_000_000_000,
        md5="0" * 32,
        multipart_md5="0" * 32 + "-2",
        part_size_bytes=64_000_000,
        store_upload_id="x",
        started_at=now,
        last_used_at=now,
    )
