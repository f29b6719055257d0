"""Background work of this app. Each task may be killed anywhere and run again."""

import logging

from procrastinate.contrib.django import app

from uploads.services.settling import settle_expired_grants

logger = logging.getLogger(__name__)


@app.periodic(cron="*/10 * * * *")
@app.task(name="uploads.settle_expired_grants", queueing_lock="settle_expired_grants", pass_context=False)
def settle_expired_grants_task(timestamp: int) -> None:
    """Every ten minutes: what became of grants that nobody confirmed. `timestamp` is the scheduler's."""
    counts = settle_expired_grants()
    if counts:
        logger.info("settled expired grants: %s", counts)
