"""Background work and uploads: is a worker alive, does the queue move, what did clients fail at."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.db.models import Count
from django.db.models.functions import Coalesce
from django.utils import timezone

from amiportal.background.models import LeftOver
from amiportal.operations.doctor.alone import alone
from amiportal.operations.doctor.observations import Observation, State
from uploads.models import ObjectContent, UploadFailure

WORKER_SILENT_S = 60  # a worker tells every 10 s that it lives
QUEUE_WARN_S = 15 * 60
FAILURES_WITHIN = timedelta(hours=24)
UNREAD_WARN = timedelta(hours=24)
LEFT_OVER_TOLD = 2
_LEFT_OVER = ("left over", "Left over")


def examine_work() -> Iterator[Observation]:
    yield from alone(_worker, ("worker", "Background worker"))
    yield from alone(_queue, ("queue", "Queue"))
    yield from alone(_left_over, _LEFT_OVER)
    yield from alone(_uploads, ("uploads", "Uploads"))
    yield from alone(_contents, ("contents", "Objects to be read"))


def _row(query: str) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()


def _worker() -> Observation:
    told = ("worker", "Background worker")
    (silent_s,) = _row("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
    remedy = "Start one: `python manage.py procrastinate worker`. Until then nothing is settled, counted or mailed."
    if silent_s is None:
        return Observation(*told, State.BAD, "No worker has reported.", remedy)
    if silent_s > WORKER_SILENT_S:
        return Observation(*told, State.BAD, f"The last sign of life came {silent_s / 60:,.0f} minutes ago.", remedy)
    return Observation(*told, State.OK, f"Alive {silent_s:.0f} s ago.")


def _queue() -> Observation:
    told = ("queue", "Queue")
    waiting, oldest_s, failed = _row(
        """
        SELECT count(*) FILTER (WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()),
               extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at)) FILTER (WHERE j.status = 'todo')),
               count(*) FILTER (WHERE j.status = 'failed' AND e.at > now() - interval '1 day')
        FROM procrastinate_jobs j
        JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = j.id) e ON true
        WHERE j.status IN ('todo', 'failed')
        """
    )
    text = f"{_jobs(waiting)} {'waits' if waiting == 1 else 'wait'}, {_jobs(failed)} failed within a day."
    remedy = "See Background work for what failed and why; start more workers if jobs wait for long."
    is_late = waiting and oldest_s is not None and oldest_s > QUEUE_WARN_S
    return Observation(*told, State.WARN if is_late or failed else State.OK, text, remedy)


def _jobs(number: int) -> str:
    return "1 job" if number == 1 else f"{number} jobs"


def _left_over() -> Observation:
    """What failed once may be done by the next round; what failed more often is somebody's to look at."""
    remedy = "See Left over for each of them and why. They are tried again at every round, and go from there when done."
    rows = list(LeftOver.objects.filter(tries__gte=2)[:LEFT_OVER_TOLD])
    if not rows:
        once = LeftOver.objects.count()
        told = f"{once} could not be done once, and will be tried again." if once else "Every round did all it had to."
        return Observation(*_LEFT_OVER, State.OK, told)
    more = LeftOver.objects.filter(tries__gte=2).count() - len(rows)
    lines = [f"{row}, since {row.since:%Y-%m-%d %H:%M} UTC, {row.tries} times: {row.error}" for row in rows]
    text = " – ".join(lines) + (f" – and {more} more." if more else "")
    return Observation(*_LEFT_OVER, State.WARN, text, remedy)


def _uploads() -> Observation:
    told = ("uploads", "Uploads")
    counted = UploadFailure.objects.filter(reported_at__gte=timezone.now() - FAILURES_WITHIN).aggregate(
        failures=Count("pk"), accounts=Count(Coalesce("account_id", "session__account_id"), distinct=True)
    )
    if not counted["failures"]:
        return Observation(*told, State.OK, "No client reported a failure within 24 hours.")
    return Observation(
        *told,
        State.WARN,
        f"{counted['failures']} failures were reported by {counted['accounts']} accounts within 24 hours.",
        "See Failures for what, where and how; write to the person before the card is posted or wiped.",
    )


def _contents() -> Observation:
    told = ("contents", "Objects to be read")
    waiting = ObjectContent.objects.filter(md5="")
    if not waiting.exists():
        return Observation(*told, State.OK, "None waits: each MD5 that clients gave was compared.")
    late = waiting.filter(asked_at__lt=timezone.now() - UNREAD_WARN)
    first = late.order_by("asked_at").first()
    if first is None:
        return Observation(*told, State.OK, f"{waiting.count():,} wait to be read, none for a day.")
    reason = first.error or "Its turn has not come."
    return Observation(
        *told,
        State.WARN,
        f"{late.count():,} wait for more than a day, the longest {first.bucket}/{first.key}. {reason}",
        "See whether a worker runs and whether the store gives this object. Until it is read, a file sent in parts is "
        "proven by its parts alone, and other claims about such an object stay open.",
    )
