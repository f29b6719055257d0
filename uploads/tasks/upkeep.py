"""Background work of this app. Each task may be killed anywhere and run again."""

import logging

from django.utils import timezone

from amiportal.background.jobs import AFTER_ALL, every, job, order
from deployments.models import Deployment
from uploads.services.claims import settle_claims
from uploads.services.expired_grants import settle_expired_grants
from uploads.services.inventory import note_storage_day, take_inventory
from uploads.services.legacy_visits import tell_of_visits_that_sent_nothing
from uploads.services.multipart import abort_abandoned
from uploads.services.unsettled import settle_unsettled_keys

logger = logging.getLogger(__name__)


@every("*/10 * * * *", name="uploads.settle_expired_grants")
def settle_expired_grants_task(timestamp: int) -> None:
    """Every ten minutes: what became of grants that nobody confirmed. `timestamp` is the scheduler's."""
    counts = settle_expired_grants()
    if counts:
        logger.info("settled expired grants: %s", counts)


@every("* * * * *", name="uploads.settle_claims", priority=AFTER_ALL)
def settle_claims_task(timestamp: int) -> None:
    """Every minute, after all else that waits: objects whose MD5 no ETag tells. `timestamp` is the scheduler's."""
    counts = settle_claims()
    if counts:
        logger.info("read objects to settle what was claimed of them: %s", counts)


@every("*/5 * * * *", name="uploads.settle_unsettled_keys")
def settle_unsettled_keys_task(timestamp: int) -> None:
    """Every five minutes: keys that an older program could overwrite until now. `timestamp` is the scheduler's."""
    handled = settle_unsettled_keys()
    if handled:
        logger.info("settled %s rows of unsettled keys", handled)


@every("17 * * * *", name="uploads.tell_of_empty_visits")
def tell_of_empty_visits_task(timestamp: int) -> None:
    """Every hour: old clients that found all names taken and sent nothing. `timestamp` is the scheduler's."""
    tell_of_visits_that_sent_nothing()


@every("30 1 * * *", name="uploads.plan_inventories")
def plan_inventories_task(timestamp: int) -> None:
    """Every night."""
    order_inventories()


def order_inventories() -> None:
    """A job per deployment and data type, so that as many workers as there are share them."""
    for deployment in Deployment.objects.select_related("bucket").order_by("pk"):
        for data_type in deployment.bucket.data_types:
            order_inventory(deployment_id=deployment.deployment_id, data_type=data_type)


def order_inventory(*, deployment_id: str, data_type: str) -> None:
    """Have one prefix counted again by a worker; an order that is waiting already stands for this one."""
    lock = f"inventory {deployment_id} {data_type}"
    order(take_inventory_task, lock=lock, deployment_id=deployment_id, data_type=data_type)


@job(name="uploads.take_inventory")
def take_inventory_task(deployment_id: str, data_type: str) -> None:
    deployment = Deployment.objects.select_related("bucket").get(deployment_id=deployment_id)
    inventory = take_inventory(deployment=deployment, data_type=data_type)
    logger.info("inventory of %s %s: %s objects", deployment_id, data_type, inventory.objects_count)


@every("23 * * * *", name="uploads.abort_abandoned")
def abort_abandoned_task(timestamp: int) -> None:
    """Every hour: large files that nobody went on sending for a week. `timestamp` is the scheduler's."""
    counts = abort_abandoned()
    if counts:
        logger.info("abandoned uploads in parts: %s", counts)


@every("0 6 * * *", name="uploads.note_storage_day")
def note_storage_day_task(timestamp: int) -> None:
    """Every morning, when the night's inventories are done: what each bucket holds, for the forecast."""
    note_storage_day(day=timezone.now().date())
