"""The queue of jobs, so that none is held up for ever by another, or by a worker that is gone.

procrastinate knows two locks: of several jobs with the same `lock` one runs at a time, and of those with the same
`queueing_lock` one waits. A job that failed, or whose worker died, goes back to those that wait; where the same was
ordered again meanwhile, that place is taken. The library then raises, and leaves the job under way for good, and with
it everything that waits for its lock.
"""

import logging
from typing import Any

from procrastinate import App
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import QUEUEING_LOCK_CONSTRAINT, JobManager

from amiportal.background.faults import is_away
from amiportal.background.worker import LastingWorker

# A job that takes its worker down with it would do so for ever: it ends as failed, and is told.
STALLED_AT_MOST = 10
logger = logging.getLogger(__name__)


def take_over(app: App) -> None:
    """Have the app use the queue and the worker of this package (PROCRASTINATE_ON_APP_READY)."""
    app.job_manager = PatientJobs(connector=app.connector)
    # The only place where procrastinate makes a worker; nothing public chooses its class.
    app._worker = lambda **options: LastingWorker(app=app, **app.worker_defaults | options)  # type: ignore[method-assign]


class PatientJobs(JobManager):
    """Jobs of which each that ends early is run again, or gives way to the same one that waits."""

    async def retry_job(self, job: Job, *args: Any, **when_and_where: Any) -> None:
        """Have it run again; where the same waits already, this one has failed, and that one is run."""
        if not await self._is_put_back(job, *args, **when_and_where):
            await self.finish_job(job, Status.FAILED, delete_job=False)

    async def recover(self, job: Job) -> None:
        """Give a job whose worker has gone to another. Raises ConnectorException when the database is away."""
        try:
            if job.attempts >= STALLED_AT_MOST:
                logger.error("job %s (%s) had stalled %s times and is given up", job.id, job.task_name, job.attempts)
                await self.finish_job(job, Status.FAILED, delete_job=False)
            elif await self._is_put_back(job):
                logger.warning("job %s (%s) had stalled and is run again", job.id, job.task_name)
            else:  # it did not fail, so nobody is told that it did
                await self.finish_job(job, Status.ABORTED, delete_job=False)
        except ConnectorException as error:
            if is_away(error):
                raise
            # Somebody else took it up, or its worker lives and has just ended it. The others must not wait for it.
            logger.warning("job %s (%s) is not under way any more", job.id, job.task_name)

    async def _is_put_back(self, job: Job, *args: Any, **when_and_where: Any) -> bool:
        """Whether it waits again; not where the same one waits already, which then stands for it."""
        try:
            await super().retry_job(job, *args, **when_and_where)
        except UniqueViolation as error:
            if error.constraint_name != QUEUEING_LOCK_CONSTRAINT:
                raise
            logger.warning("job %s (%s) gives way to the same one, which waits", job.id, job.task_name)
            return False
        return True
