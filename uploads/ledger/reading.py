"""All rows of a selection, a portion at a time: flat memory, and no transaction open between two portions.

A cursor of the database would hold a transaction as long as the slowest reader takes; without a transaction the
database writes its whole result down before the first row is seen. So each portion is a query of its own that goes on
where the last one ended, by an index, in the order of that index: by session, the newest first.
"""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet

from amiportal.accounts.models import User
from uploads.ledger.columns import values
from uploads.ledger.filter import LogFilter, log_visible_to, sessions_asked_for
from uploads.models import UploadLog, UploadSession

PORTION_ROWS = 5_000  # some 5 MB as Python's tuples
_SESSIONS_AT_ONCE = 200
_BEYOND_ROW = "uploads_uploadlog.id < %s"
_BEYOND_ROW_OF_SESSION = "(uploads_uploadlog.session_id, uploads_uploadlog.id) < (%s, %s)"


def read_ledger(actor: User, wanted: LogFilter) -> Iterator[Sequence[tuple]]:
    """Portions of rows in the order of ledger.columns.COLUMNS, each row as it is when its portion is read.

    Rows that come while it is being read are left out, so that it ends.
    """
    newest = UploadLog.objects.order_by("-id").values_list("id", flat=True).first()
    if newest is None:
        return
    rows = log_visible_to(actor, wanted).filter(id__lte=newest)
    sessions = sessions_asked_for(actor, wanted)
    if sessions is None and not (wanted.status or wanted.name_prefix):
        yield from _portions(rows, _BEYOND_ROW, "-id")
        return
    every = UploadSession.objects if sessions is None else sessions
    ids = list(every.order_by("-id").values_list("id", flat=True))
    for start in range(0, len(ids), _SESSIONS_AT_ONCE):
        of_these = rows.filter(session_id__in=ids[start : start + _SESSIONS_AT_ONCE])
        yield from _portions(of_these, _BEYOND_ROW_OF_SESSION, "-session_id", "-id")


def _portions(rows: QuerySet[UploadLog], beyond: str, *order: str) -> Iterator[Sequence[tuple]]:
    ordered = values(rows.order_by(*order))
    portion = list(ordered[:PORTION_ROWS])
    while portion:
        yield portion
        if len(portion) < PORTION_ROWS:
            return
        pk, session = portion[-1][:2]
        last = [pk] if len(order) == 1 else [session, pk]
        portion = list(ordered.extra(where=[beyond], params=last)[:PORTION_ROWS])
