"""Rows of a small ledger for tests of its pages: sessions side by side, every state, clocks out of step."""

from datetime import UTC, datetime, timedelta

from amiportal.accounts.models import User
from deployments.models import Deployment
from uploads.models import UploadLog, UploadSession

DAY = datetime(2026, 3, 1, tzinfo=UTC)
MD5 = "9e107d9d372bb6826bd81d3542a419d6"
STATES = ("verified", "verified", "verified", "failed", "present", "unproven", "expired", "missing", "moved", "granted")


def make_session(account: User, deployment: Deployment, data_type: str = "snapshot_images", *, day: int = 0, **fields):
    at = DAY + timedelta(days=day)
    fields = {"started_at": at, "last_seen_at": at + timedelta(hours=6), "uploader_name": str(account)} | fields
    return UploadSession.objects.create(account=account, deployment=deployment, data_type=data_type, **fields)


def row(session: UploadSession, name: str, status: str = "verified", *, at: datetime | None = None) -> UploadLog:
    at = at or session.started_at
    proven = status in ("verified", "present")
    return UploadLog(
        session=session,
        deployment=session.deployment,
        data_type=session.data_type,
        filename=name,
        size_bytes=1_000,
        md5="" if status == "unproven" else MD5,
        device_time=at,
        status=status,
        granted_at=None if status == "present" else at,
        grant_expires_at=at + timedelta(hours=1),
        stored_at=at if proven or status == "unproven" else None,
        verified_at=at if proven else None,
        etag=MD5 if proven else "",
        error_code="network" if status == "failed" else "",
    )


def fill(sessions: list[UploadSession], files: int, *, first: int = 0) -> None:
    """So many files, dealt out to the sessions in turn; names of one clock begin alike in all of them."""
    UploadLog.objects.bulk_create(
        [
            row(
                sessions[n % len(sessions)],
                f"{1970 + n % 3}0101_{n:06}.WAV",
                STATES[(n // len(sessions)) % len(STATES)],
                # Behind its neighbours' by up to some minutes, as of requests side by side.
                at=sessions[n % len(sessions)].started_at + timedelta(minutes=n, seconds=(n * 37) % 240),
            )
            for n in range(first, first + files)
        ]
    )
