"""What of the ledger somebody asks for: by the API, in the admin, as an export."""

from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet

from amiportal.accounts.models import User
from uploads.models import UploadLog, UploadSession

# A row's id is drawn at the end of its request, its time is taken at the beginning: between rows of requests side by
# side the two may be out of step for as long as a request may last (a minute), and the clocks of several servers apart.
OUT_OF_STEP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Empty fields ask for nothing; bucket, deployment and account are named as people name them."""

    bucket: str = ""
    deployment: str = ""
    data_type: str = ""
    uploader: str = ""  # the account's user name
    status: str = ""
    name_prefix: str = ""
    session: int | None = None
    granted_from: date | None = None
    granted_to: date | None = None  # the whole of this day, UTC

    def as_json(self) -> dict:
        """What was asked for alone, to be stored; `from_json` reads it back."""
        asked = {name: value for name, value in asdict(self).items() if value not in ("", None)}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in asked.items()}

    @classmethod
    def from_json(cls, stored: dict) -> "LogFilter":
        """Raises TypeError or ValueError for what `as_json` never wrote."""
        days = {name: date.fromisoformat(stored[name]) for name in ("granted_from", "granted_to") if name in stored}
        return cls(**stored | days)

    def in_words(self) -> str:
        words = {
            "bucket": "bucket {}",
            "deployment": "deployment {}",
            "data_type": "data type {}",
            "uploader": "uploaded by {}",
            "status": "state {}",
            "name_prefix": "name begins with “{}”",
            "session": "session {}",
            "granted_from": "granted from {}",
            "granted_to": "granted up to {}",
        }
        asked = self.as_json()
        return ", ".join(words[field.name].format(asked[field.name]) for field in fields(self) if field.name in asked)

    @property
    def since(self) -> datetime | None:
        return _start_of(self.granted_from)

    @property
    def until(self) -> datetime | None:
        """Exclusive."""
        return _start_of(self.granted_to, days_later=1)


def _start_of(day: date | None, *, days_later: int = 0) -> datetime | None:
    return datetime.combine(day + timedelta(days=days_later), time.min, tzinfo=UTC) if day else None


def log_visible_to(actor: User, wanted: LogFilter) -> QuerySet[UploadLog]:
    """Ledger rows, newest first: all for maintainers, one's own for everybody else.

    Says what is asked for; to read pages of it from a large ledger is the work of uploads.ledger.pages.
    """
    rows = UploadLog.objects.select_related("session__account", "deployment__bucket").order_by("-id")
    if not actor.is_maintainer:
        rows = rows.filter(session__account=actor)
    return rows.filter(
        **_asked(
            deployment__bucket__name=wanted.bucket,
            deployment__deployment_id=wanted.deployment,
            data_type=wanted.data_type,
            session__account__username=wanted.uploader,
            status=wanted.status,
            filename__startswith=wanted.name_prefix,
            session_id=wanted.session,
            granted_at__gte=wanted.since,
            granted_at__lt=wanted.until,
        )
    )


def sessions_asked_for(actor: User, wanted: LogFilter) -> QuerySet[UploadSession] | None:
    """The sessions among whose rows all that is asked for must be; None for any.

    A row's deployment, data type and account are its session's; and a session is seen, to within a quarter of a
    minute, at the time of each of its grants.
    """
    asked = _asked(
        deployment__bucket__name=wanted.bucket,
        deployment__deployment_id=wanted.deployment,
        data_type=wanted.data_type,
        account__username=wanted.uploader,
        pk=wanted.session,
        started_at__lt=wanted.until and wanted.until + OUT_OF_STEP,
        last_seen_at__gte=wanted.since and wanted.since - OUT_OF_STEP,
    )
    if not actor.is_maintainer:
        asked["account"] = actor
    return UploadSession.objects.order_by().filter(**asked) if asked else None


def _asked(**conditions: Any) -> dict:
    return {name: value for name, value in conditions.items() if value not in ("", None)}
