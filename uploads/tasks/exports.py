"""Background work of exports. Each task may be killed anywhere and run again."""

import logging

from django.db import transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.background.jobs import DATABASE_RETRY, every, job
from uploads.ledger.filter import LogFilter
from uploads.models import Export
from uploads.services.exports import order_export, remove_expired, run_export

logger = logging.getLogger(__name__)


def begin_export(*, actor: User, wanted: LogFilter, format: Export.Format) -> Export:
    """Order an export and its job together: there is never one without the other. Raises Forbidden."""
    with transaction.atomic():
        export = order_export(actor=actor, wanted=wanted, format=format)
        write_export_task.configure(lock=f"export {export.pk}").defer(export_pk=export.pk)
    return export


@job(name="uploads.write_export", retry=DATABASE_RETRY)
def write_export_task(export_pk: int) -> None:
    run_export(export_pk)


@every("40 2 * * *", name="uploads.remove_expired_exports")
def remove_expired_exports_task(timestamp: int) -> None:
    """Every night. `timestamp` is the scheduler's."""
    removed = remove_expired(now=timezone.now())
    if removed:
        logger.info("removed %s files of exports", removed)
