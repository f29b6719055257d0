"""The doctor's rounds, and jobs whose worker died. Each may be killed anywhere and run again."""

import logging
from typing import cast

from procrastinate import JobContext, builtin_tasks
from procrastinate.contrib.django import app

from amiportal.background.jobs import every
from amiportal.background.queue import PatientJobs
from amiportal.operations.doctor.services import examine, record
from amiportal.operations.doctor.telling import tell

logger = logging.getLogger(__name__)
JOBS_KEPT_H = 30 * 24  # rounds alone are some 300 a day


@every("*/5 * * * *", name="doctor.look")
def look_task(timestamp: int) -> None:
    """Every five minutes: look, remember, tell what changed. `timestamp` is the scheduler's."""
    changes, mails = record(examine()), tell()
    if changes or mails:
        logger.info("health: %s changes, %s mails", len(changes), mails)


@every("*/5 * * * *", name="doctor.recover_stalled_jobs")
async def recover_stalled_jobs_task(timestamp: int) -> None:
    """Jobs whose worker has gone are given to another: every task can safely be run again."""
    jobs = cast(PatientJobs, app.job_manager)
    for job in await jobs.get_stalled_jobs():
        await jobs.recover(job)


@every("40 3 * * *", name="doctor.forget_old_jobs", pass_context=True)
async def forget_old_jobs_task(context: JobContext, timestamp: int) -> None:
    """Every night: what ended a month ago, well or not, is no longer of use to anybody."""
    await builtin_tasks.remove_old_jobs(
        context, max_hours=JOBS_KEPT_H, remove_failed=True, remove_cancelled=True, remove_aborted=True
    )
