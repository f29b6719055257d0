"""Background work of snapshots. May be killed anywhere and run again."""

import logging

from amiportal.background.jobs import every
from amiportal.operations.snapshots.services import keep_snapshots

logger = logging.getLogger(__name__)


@every("7 * * * *", name="snapshots.keep", one_at_a_time=True)
def keep_snapshots_task(timestamp: int) -> None:
    """Every hour, so that a machine that was off at some hour has its day's snapshot anyway."""
    taken = keep_snapshots()
    if taken:
        logger.info("took the %s: %s rows", taken, taken.rows)
