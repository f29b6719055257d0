"""How jobs are declared and ordered: the one place for their locks, retries and turns."""

from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.tasks import Task

ROUNDS = "rounds"  # their queue: a worker may be given to it alone
# Before all that waits: a night's counts are hundreds of jobs, and grants are settled and mails sent meanwhile.
BEFORE_ALL = 10
AFTER_ALL = -10
# Again after 5, 25 and 125 s, so that even what comes every five minutes has failed for good, and is told, before then.
ROUND_RETRY = RetryStrategy(max_attempts=3, exponential_wait=5)
# Over some five hours: a store that is away is mostly back by then.
JOB_RETRY = RetryStrategy(max_attempts=6, exponential_wait=5)
# For jobs that keep a record of their own of what they failed at, which they cannot while the database is away.
DATABASE_RETRY = RetryStrategy(max_attempts=6, exponential_wait=5, retry_exceptions=(OperationalError, InterfaceError))


def every(
    cron: str, *, name: str, priority: int = BEFORE_ALL, one_at_a_time: bool = False, pass_context: bool = False
) -> Callable[[Callable], Task]:
    """A round of the schedule; at most one of a kind waits, and none is missed for a day.

    priority: AFTER_ALL for what takes long and can wait. one_at_a_time: never two of a kind under way; not for
    the round that frees jobs of workers that are gone.
    """

    def declare(function: Callable) -> Task:
        options: dict[str, Any] = {
            "name": name,
            "queue": ROUNDS,
            "priority": priority,
            "queueing_lock": name,
            "lock": name if one_at_a_time else None,
            "retry": ROUND_RETRY,
            "pass_context": pass_context,
        }
        task = app.task(**options)(function)
        return app.periodic(cron=cron)(task)

    return declare


def job(*, name: str, retry: RetryStrategy | bool = JOB_RETRY) -> Callable[[Callable], Task]:
    """Work that somebody orders, by `order` or in a transaction of their own."""
    return app.task(name=name, retry=retry, pass_context=False)


def order(task: Task, *, lock: str, **given: Any) -> None:
    """Have it done once; the same that waits stands for it, and waits no longer for its next try."""
    try:
        with transaction.atomic():
            task.configure(lock=lock, queueing_lock=lock).defer(**given)
    except AlreadyEnqueued:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE queueing_lock = %s AND status = 'todo'", [lock]
            )
