"""Keys that may still be overwritten: a URL that binds no MD5 is alive for them (rule 11).

Such URLs go to the clients from before the portal. One of them writes any bytes, any number of times, over whatever
is there, until it runs out. So nothing is called stored, verified or safe on such a key before it was compared after
that moment; `services.unsettled` does.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max
from django.utils import timezone

from deployments.models import Deployment
from uploads.domain.batch import FileResult, Outcome
from uploads.models import UploadLog

# A PUT that began before its URL ran out may still be under way on a slow link: 64 MiB at 128 kbit/s take 70 minutes.
RESERVATION_GRACE = timedelta(minutes=75)

_UNSETTLED = """
SELECT filename, max(unsettled_until) FROM uploads_uploadlog
WHERE deployment_id = %(deployment)s AND data_type = %(data_type)s AND unsettled_until > %(now)s
  AND beside_key = '' AND filename = ANY(%(names)s)
  AND (md5 <> '' OR grant_expires_at IS NOT NULL)  -- an old client's row without a URL is one that was refused
GROUP BY filename
"""


def unsettled_keys(*, deployment: Deployment, data_type: str, names: Collection[str]) -> dict[str, datetime]:
    """Of these names those whose keys may still be overwritten, each with the moment until which it may."""
    if not names:
        return {}
    given: dict[str, Any] = {
        "deployment": deployment.pk,
        "data_type": data_type,
        "names": list(names),
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED, given)
        return dict(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many files of a session may still be overwritten, and until when the last of them may."""

    files: int
    until: datetime


def waiting_of(session_ids: Collection[int]) -> dict[int, Waiting]:
    """Per session what it waits for; by the few rows of the ledger that may still be overwritten at all."""
    rows = UploadLog.objects.filter(
        unsettled_until__gt=timezone.now(), status=UploadLog.Status.UNSETTLED, session__in=session_ids
    )
    found = rows.values("session_id").annotate(files=Count("filename", distinct=True), until=Max("unsettled_until"))
    return {row["session_id"]: Waiting(row["files"], row["until"]) for row in found.order_by()}


def unsettled_result(name: str, until: datetime) -> FileResult:
    """The answer for a file whose key may still be overwritten."""
    message = f"An older program may still write here until {until:%H:%M} UTC; it is compared again then."
    return FileResult(name, Outcome.UNSETTLED, "unsettled", message, until=until)
