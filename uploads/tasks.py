"""Background work of this app. Each task may be killed anywhere and run again."""

import contextlib
import logging

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from deployments.models import Deployment
from uploads import tasks_exports  # noqa: F401 (procrastinate looks for tasks in modules of this name alone)
from uploads.services.claims import settle_claims
from uploads.services.inventory import note_storage_day, take_inventory
from uploads.services.legacy_visits import tell_of_visits_that_sent_nothing
from uploads.services.multipart import abort_abandoned
from uploads.services.settling import settle_expired_grants
from uploads.services.settling_keys import settle_unsettled_keys

logger = logging.getLogger(__name__)


@app.periodic(cron="*/10 * * * *")
@app.task(name="uploads.settle_expired_grants", queueing_lock="settle_expired_grants", pass_context=False)
def settle_expired_grants_task(timestamp: int) -> None:
    """Every ten minutes: what became of grants that nobody confirmed. `timestamp` is the scheduler's."""
    counts = settle_expired_grants()
    if counts:
        logger.info("settled expired grants: %s", counts)


@app.periodic(cron="* * * * *")
@app.task(name="uploads.settle_claims", priority=-10, pass_context=False)
def settle_claims_task(timestamp: int) -> None:
    """Every minute, after all else that waits: objects whose MD5 no ETag tells. `timestamp` is the scheduler's."""
    counts = settle_claims()
    if counts:
        logger.info("read objects to settle what was claimed of them: %s", counts)


@app.periodic(cron="*/5 * * * *")
@app.task(name="uploads.settle_unsettled_keys", queueing_lock="settle_unsettled_keys", pass_context=False)
def settle_unsettled_keys_task(timestamp: int) -> None:
    """Every five minutes: keys that an older program could overwrite until now. `timestamp` is the scheduler's."""
    handled = settle_unsettled_keys()
    if handled:
        logger.info("settled %s rows of unsettled keys", handled)


@app.periodic(cron="17 * * * *")
@app.task(name="uploads.tell_of_empty_visits", queueing_lock="tell_of_empty_visits", pass_context=False)
def tell_of_empty_visits_task(timestamp: int) -> None:
    """Every hour: old clients that found all names taken and sent nothing. `timestamp` is the scheduler's."""
    tell_of_visits_that_sent_nothing()


@app.periodic(cron="30 1 * * *")
@app.task(name="uploads.plan_inventories", queueing_lock="plan_inventories", pass_context=False)
def plan_inventories_task(timestamp: int) -> None:
    """Every night."""
    order_inventories()


def order_inventories() -> None:
    """A job per deployment and data type, so that as many workers as there are share them."""
    for deployment in Deployment.objects.select_related("bucket").order_by("pk"):
        for data_type in deployment.bucket.data_types:
            order_inventory(deployment_id=deployment.deployment_id, data_type=data_type)


def order_inventory(*, deployment_id: str, data_type: str) -> None:
    """Have one prefix counted anew by a worker; an order that is waiting already stands for this one."""
    lock = f"inventory {deployment_id} {data_type}"
    with contextlib.suppress(AlreadyEnqueued):
        take_inventory_task.configure(lock=lock, queueing_lock=lock).defer(
            deployment_id=deployment_id, data_type=data_type
        )


@app.task(name="uploads.take_inventory", retry=RetryStrategy(max_attempts=6, exponential_wait=5), pass_context=False)
def take_inventory_task(deployment_id: str, data_type: str) -> None:
    deployment = Deployment.objects.select_related("bucket").get(deployment_id=deployment_id)
    inventory = take_inventory(deployment=deployment, data_type=data_type)
    logger.info("inventory of %s %s: %s objects", deployment_id, data_type, inventory.objects_count)


@app.periodic(cron="23 * * * *")
@app.task(name="uploads.abort_abandoned", queueing_lock="abort_abandoned_uploads", pass_context=False)
def abort_abandoned_task(timestamp: int) -> None:
    """Every hour: large files that nobody went on sending for a week. `timestamp` is the scheduler's."""
    counts = abort_abandoned()
    if counts:
        logger.info("abandoned uploads in parts: %s", counts)


@app.periodic(cron="0 6 * * *")
@app.task(name="uploads.note_storage_day", queueing_lock="note_storage_day", pass_context=False)
def note_storage_day_task(timestamp: int) -> None:
    """Every morning, when the night's inventories are done: what each bucket holds, for the forecast."""
    note_storage_day(day=timezone.now().date())
