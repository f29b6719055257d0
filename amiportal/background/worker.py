"""A worker that outlives a restart of its database, and that ends otherwise than well when it ends unasked.

procrastinate's own stops when it loses the database, with exit code 0, so that no supervisor starts it again. It also
waits for a job under way for as long as that takes, while nobody is told that it lives. Here every part of it goes on.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext, JobResult
from procrastinate.jobs import Job, Status
from procrastinate.retry import RetryDecision
from procrastinate.worker import Worker

from amiportal.background.faults import is_away

if TYPE_CHECKING:
    from amiportal.background.queue import PatientJobs

RECONNECT_S = 10.0
LOST_JOBS_S = 60.0
# Other faults than that of a lost connection may last so long: what fails for longer ends the worker.
BORNE_S = 20.0
logger = logging.getLogger(__name__)


class EndedUnasked(Exception):
    """The worker cannot go on; whoever supervises it should start it again."""


class LastingWorker(Worker):
    """procrastinate's worker (3.10), whose parts wait for the database to come back. `run` raises EndedUnasked."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._is_in_doubt = False  # the last look into the queue met a fault
        self._faulty_since: float | None = None
        self._fatal: BaseException | None = None

    async def run(self) -> None:
        # The pool would wait longer and longer before it asks again, up to minutes after the database is back.
        cast(PsycopgConnector, self.app.connector).pool.reconnect_timeout = RECONNECT_S
        await super().run()
        if self._fatal is not None:
            raise EndedUnasked(f"The worker cannot go on: {self._fatal}") from self._fatal

    def _start_side_tasks(self) -> list[asyncio.Task]:
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "update_heartbeats": self._update_heartbeat,
            "deferrer": self._periodic_deferrer,
            "poll_jobs_to_abort": self._poll_jobs_to_abort,
            "lost_jobs": self._look_for_lost_jobs,
        }
        if self.listen_notify:
            parts["listener"] = self._listen
        return [asyncio.create_task(self._last(part, name), name=name) for name, part in parts.items()]

    async def _last(self, part: Callable[[], Awaitable[None]], name: str) -> None:
        """Run a part that does not end by itself; begin it again when the database was away."""
        while True:
            try:
                await part()
                return
            except (ConnectorException, OSError) as error:
                self._bear(error, name)
                await asyncio.sleep(self.fetch_job_polling_interval)

    def _bear(self, error: Exception, what: str) -> None:
        """Go on after a fault of the database; raises it when it is another one, and does not pass."""
        if is_away(error):
            logger.warning("the worker's %s waits for the database: %s", what, error.__cause__ or error)
            return
        now = time.monotonic()
        if self._faulty_since is None:
            self._faulty_since = now
        if now - self._faulty_since > BORNE_S:
            raise error
        logger.error("a fault of the worker's %s", what, exc_info=error)

    async def _monitor_side_tasks(self, side_tasks: list[asyncio.Task]) -> None:
        done, _ = await asyncio.wait(side_tasks, return_when=asyncio.FIRST_EXCEPTION)
        faults = [task.exception() for task in done if not task.cancelled() and task.exception()]
        if faults:
            self._fatal = faults[0]
            self.stop()

    async def _listen(self) -> None:
        await self.app.job_manager.listen_for_jobs(on_notification=self._handle_notification, queues=self.queues)

    async def _update_heartbeat(self) -> None:
        while True:
            await asyncio.sleep(self.update_heartbeat_interval)
            assert self.worker_id is not None  # registered before any part was started
            await self.app.job_manager.update_heartbeat(self.worker_id)
            await self._register_anew_if_gone()

    async def _register_anew_if_gone(self) -> None:
        """Silent for too long, it was taken for dead by another that started, and may fetch nothing any more."""
        rows = await self.app.connector.execute_query_all_async(
            "SELECT id FROM procrastinate_workers WHERE id = %(worker_id)s", worker_id=self.worker_id
        )
        if not rows:
            self.worker_id = await self.app.job_manager.register_worker()
            logger.warning("the worker had been taken for dead, and is registered again")

    async def _fetch_and_process_jobs(self) -> None:
        try:
            if self._is_in_doubt:
                await self._register_anew_if_gone()
            await super()._fetch_and_process_jobs()
            self._is_in_doubt, self._faulty_since = False, None
        except ConnectorException as error:
            if not self.wait:
                raise
            self._is_in_doubt = True
            self._bear(error, "queue")

    async def _persist_job_status(
        self,
        job: Job,
        status: Status,
        retry_decision: RetryDecision | None,
        context: JobContext,
        job_result: JobResult | None,
    ) -> None:
        """A job's end that could not be written would leave it under way, under a worker that lives."""
        while True:
            try:
                return await super()._persist_job_status(job, status, retry_decision, context, job_result)
            except ConnectorException as error:
                if not is_away(error):
                    logger.warning("job %s was taken up by another before it ended here", job.id)
                    return None
                if self._stop_event.is_set():
                    raise
                self._bear(error, f"job {job.id}")
            await asyncio.sleep(1.0)

    async def _look_for_lost_jobs(self) -> None:
        """Jobs that the database gave to this worker in an answer that never came, as its connection broke."""
        missed: set[int | None] = set()
        while True:
            await asyncio.sleep(LOST_JOBS_S)
            mine = await self.app.job_manager.list_jobs_async(worker_id=self.worker_id, status="doing")
            running = {context.job.id for context in self._running_jobs.values()}
            lost = {job.id: job for job in mine if job.id not in running}
            for number in missed & lost.keys():  # seen twice: it is not on its way at this moment
                await cast("PatientJobs", self.app.job_manager).recover(lost[number])
            missed = lost.keys() - missed
