"""Jobs of the background workers, as a maintainer meets them: their names, their states, how to run one again."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from procrastinate.exceptions import ConnectorException

from amiportal.core.errors import PortalError

# A worker tells every 10 s that it lives, and the recovery takes a job from one that was silent for 30 s.
SILENT = timedelta(seconds=30)


class NotRunAgain(PortalError):
    """The job is not one that failed, or the same is waiting already."""

    code = "job_not_run_again"
    http_status = 409


def stalled(jobs: QuerySet[ProcrastinateJob]) -> QuerySet[ProcrastinateJob]:
    """Those under way whose worker has gone. They are taken up again by themselves, within five minutes."""
    alive = ProcrastinateWorker.objects.filter(pk=OuterRef("worker"), last_heartbeat__gte=timezone.now() - SILENT)
    return jobs.filter(~Exists(alive), status="doing")


def is_stalled(job: ProcrastinateJob) -> bool:
    """As `stalled`, of one job with its worker."""
    if job.status != "doing":
        return False
    return job.worker is None or timezone.now() - job.worker.last_heartbeat > SILENT


def run_again(*, job: ProcrastinateJob) -> None:
    """Put a failed job into the queue once more, as it was. Raises NotRunAgain."""
    if not ProcrastinateJob.objects.filter(Q(pk=job.pk), status="failed").exists():
        raise NotRunAgain(f"Job {job.pk} has not failed, or somebody has it run again already.")
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(job.pk, timezone.now())
    except (IntegrityError, ConnectorException) as error:
        # Its lock in the queue belongs to another job of the same kind.
        raise NotRunAgain(f"The same as job {job.pk} is waiting already.") from error


def title_of(task_name: str) -> str:
    """As people read it: uploads.take_inventory becomes "Uploads: take inventory"."""
    return ": ".join(task_name.replace("_", " ").split(".")[-2:]).capitalize()


def about(args: dict) -> str:
    """What a job is about, as "deployment dep000127, data type snapshot_images"; the scheduler's time is left out."""
    told = {name.removesuffix("_id").removesuffix("_pk"): value for name, value in args.items() if name != "timestamp"}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in told.items())
