"""Background work of snapshots. May be killed anywhere and run again."""

import logging

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from amiportal.snapshots.services import keep_snapshots

logger = logging.getLogger(__name__)


@app.periodic(cron="7 * * * *")
@app.task(
    name="snapshots.keep",
    queueing_lock="snapshots.keep",
    lock="snapshots.keep",
    retry=RetryStrategy(max_attempts=4, exponential_wait=5),
    pass_context=False,
)
def keep_snapshots_task(timestamp: int) -> None:
    """Every hour, so that a machine that was off at some hour has its day's snapshot all the same."""
    taken = keep_snapshots()
    if taken:
        logger.info("took the %s: %s rows", taken, taken.rows)
