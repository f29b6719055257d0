"""What the store holds, for those who ask by place: the keys as a stream, their number from a count or by counting."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from amiportal.objectstore.listing import pages
from deployments.models import Deployment
from uploads.domain.keys import key_prefix
from uploads.models import Inventory, UploadSession

# The nightly count and half a day for its queue. What others put there with a key of their own is known no later.
_COUNT_LASTS = timedelta(hours=36)
# Far beyond a grant and the slowest PUT that began before it ran out.
_QUIET_BEFORE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """objects: how many. as_of: when the oldest figure of the sum was taken; None where all were counted just now."""

    objects: int
    as_of: datetime | None


def count_objects(*, deployments: Sequence[Deployment], data_type: str) -> Held:
    """How many objects of one data type these deployments hold together.

    An inventory's figure stands for a prefix into which no session may have sent anything since a day before it was
    taken: objects come by grants, a grant is given in a session that was seen then, and nothing is removed but by
    those who hold the store's key. Where a session was seen later, where there is no inventory of the last 36 hours,
    the prefix is listed. Adding the ledger's newer rows to an older figure would not do: of an upload that was under
    way then, nobody can tell which objects the listing met.

    deployments with their buckets. Raises StoreError and its kin when a prefix has to be listed and cannot be.
    """
    figures = {inventory.deployment_id: inventory for inventory in _standing(deployments, data_type)}
    objects = sum(inventory.objects_count for inventory in figures.values())
    for deployment in deployments:
        if deployment.pk not in figures:
            objects += sum(len(page.keys) for page in pages(deployment.bucket.name, _prefix(deployment, data_type)))
    return Held(
        objects, min((inventory.taken_at for inventory in figures.values() if inventory.taken_at), default=None)
    )


def _standing(deployments: Sequence[Deployment], data_type: str) -> QuerySet[Inventory]:
    uploading = UploadSession.objects.filter(
        deployment=OuterRef("deployment"),
        data_type=OuterRef("data_type"),
        last_seen_at__gte=OuterRef("taken_at") - _QUIET_BEFORE,
    )
    return Inventory.objects.filter(
        ~Exists(uploading),
        deployment__in=deployments,
        data_type=data_type,
        taken_at__gte=timezone.now() - _COUNT_LASTS,
    )


def keys_of(*, deployments: Sequence[Deployment], data_type: str) -> Iterator[Sequence[str]]:
    """All object keys of these deployments, one deployment after the other, by the page (never an empty one).

    Always from the store: inventories keep no names. Raises StoreError and its kin, perhaps half-way.
    """
    for deployment in deployments:
        for page in pages(deployment.bucket.name, _prefix(deployment, data_type)):
            if page.keys:
                yield page.keys


def _prefix(deployment: Deployment, data_type: str) -> str:
    return key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
