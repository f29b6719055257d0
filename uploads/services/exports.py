"""Selections of the ledger as files: ordered by a maintainer, written by a worker, kept for thirty days."""

import json
import logging
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.background.rounds import each_alone
from amiportal.core.errors import Conflict, PortalError
from amiportal.objectstore.portal_files import delete_file, save_file
from uploads.ledger.filter import LogFilter, log_visible_to
from uploads.ledger.formats import WRITERS
from uploads.ledger.reading import read_ledger
from uploads.models import Export
from uploads.models.exports import KEPT_FOR
from uploads.permissions import require_maintainer

ROUND = "Files of exports to be removed"  # for people, on the health page
State = Export.State
logger = logging.getLogger(__name__)


def order_export(*, actor: User, wanted: LogFilter, format: Export.Format) -> Export:
    """A waiting export; its job is for the caller to defer, in the same transaction. Raises Forbidden."""
    require_maintainer(actor)
    return Export.objects.create(
        account=actor,
        selection=wanted.as_json(),
        in_words=wanted.in_words() or "everything",
        format=format,
        rows_estimated=estimate(actor, wanted),
    )


def estimate(actor: User, wanted: LogFilter) -> int:
    """How many rows the planner expects, from its statistics: a count would read them all."""
    sql, values = log_visible_to(actor, wanted).select_related(None).order_by().values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        (plan,) = cursor.fetchone()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return int(plan[0]["Plan"]["Plan Rows"])


def cancel_export(*, actor: User, export: Export) -> None:
    """Have a worker stop at its next portion of rows. Raises Conflict when there is nothing to stop."""
    require_maintainer(actor)
    under_way = Export.objects.filter(pk=export.pk, state__in=Export.UNDER_WAY)
    if not under_way.update(state=State.CANCELLED, finished_at=timezone.now()):
        raise Conflict("This export is not under way any more.", code="not_under_way")


def run_export(export_pk: int) -> None:
    """Write the file from the beginning, whatever an earlier attempt left. Does nothing for one that has ended.

    May be killed anywhere: the state stays `running`, and whoever is given the job begins again. Faults of the store
    or the disk end in the state `failed`, with what a person can do; others are raised after it.
    """
    export = _begin(export_pk)
    if export is None:
        return
    try:
        _forget_file(export)
        with tempfile.TemporaryDirectory(prefix="ami-portal-export-") as folder:
            path = Path(folder) / "rows"
            if _write(export, path) and _store(export, path):
                logger.info("export %s is ready: %s rows", export.pk, export.rows_done)
    except PortalError as error:
        _fail(export, error.message)
    except OSError as error:
        _fail(export, f"The file could not be written on the portal's machine: {error.strerror}.")
    except Exception:
        _fail(export, "The portal failed here. Its log says why.")
        raise


def remove_expired(*, now: datetime) -> int:
    """End what has been kept for long enough, and remove files that no export offers any more; how many of these.

    The offer ends before the file goes, so a link never leads to half a deletion; killed in between, the next run
    finds the name still written down. What cannot be removed is left over for it (amiportal.background.rounds).
    """
    Export.objects.filter(state=State.READY, expires_at__lt=now).update(state=State.EXPIRED)
    over = Export.objects.filter(Q(state__in=[State.EXPIRED, State.CANCELLED, State.FAILED]) & ~Q(file=""))
    return len(each_alone(ROUND, over.iterator(), _forget_file, name_of=lambda export: export.file))


def _begin(export_pk: int) -> Export | None:
    """The export, claimed by this attempt; None if it has ended or is not there."""
    with transaction.atomic():
        export = Export.objects.select_for_update(of=["self"]).select_related("account").filter(pk=export_pk).first()
        if export is None or export.state not in Export.UNDER_WAY:
            return None
        export.state, export.started_at, export.rows_done = State.RUNNING, timezone.now(), 0
        export.attempt += 1
        export.save(update_fields=["state", "started_at", "rows_done", "attempt"])
    return export


def _note(export: Export, **values: Any) -> bool:
    """Change the row while it is this attempt's to change; False once it was cancelled or begun by another."""
    mine = Export.objects.filter(pk=export.pk, state=State.RUNNING, attempt=export.attempt)
    for name, value in values.items():
        setattr(export, name, value)
    return bool(mine.update(**values))


def _write(export: Export, path: Path) -> bool:
    with WRITERS[export.format](path) as file:
        for rows in read_ledger(export.account, LogFilter.from_json(export.selection)):
            file.write(rows)
            if not _note(export, rows_done=export.rows_done + len(rows)):
                return False
    return True


def _store(export: Export, path: Path) -> bool:
    # Written down first: whatever happens from here on, somebody knows what there may be to remove.
    name = f"exports/{export.pk}-{export.attempt}.{export.format}"
    if not _note(export, file=name):
        return False
    with path.open("rb") as content:
        stored_as = save_file(name, File(content, name=name))
    now = timezone.now()
    size_bytes = path.stat().st_size
    ends = {"state": State.READY, "size_bytes": size_bytes, "finished_at": now, "expires_at": now + KEPT_FOR}
    if _note(export, file=stored_as, error="", **ends):
        return True
    delete_file(stored_as)
    return False


def _forget_file(export: Export) -> None:
    if export.file:
        delete_file(export.file)
        Export.objects.filter(pk=export.pk, file=export.file).exclude(state=State.READY).update(file="")
        export.file = ""


def _fail(export: Export, message: str) -> None:
    logger.warning("export %s failed: %s", export.pk, message)
    _note(export, state=State.FAILED, error=message[:300], finished_at=timezone.now())
