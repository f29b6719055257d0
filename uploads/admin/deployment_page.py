"""What a deployment's page shows of its files: what the store holds, night by night, and who brought it.

Everything comes from the inventories and from the last sessions: nothing is counted while the page loads.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from deployments.domain.names import DataType
from deployments.holdings import FilesProvider, Holdings
from deployments.models import Deployment
from uploads import holdings
from uploads.admin.drift import drift_list
from uploads.admin.inventory import Day, months
from uploads.models import Inventory, InventoryNight, UploadSession
from uploads.tasks.upkeep import order_inventory

_SESSIONS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Counted:
    """One data type as it was last counted; inventory None: never yet. months: the calendar, nights: with files.

    drifted: the list of what changed or vanished of it.
    """

    label: str
    inventory: Inventory | None
    drifted: str
    nights: int
    gaps: int
    months: Sequence[tuple[date, list[Day]]]


class FilesOfUploads(FilesProvider):
    """What deployments ask of their files: registered in uploads/apps.py."""

    def under_way(self, deployments: Iterable[Deployment]) -> dict[int, list[str]]:
        return holdings.under_way(deployments)

    def holdings_of(self, deployment: Deployment) -> Holdings:
        return holdings.holdings_of(deployment)

    def urls_end_at(self, deployments: Iterable[Deployment]) -> datetime | None:
        return holdings.urls_end_at(deployments)

    def recount(self, deployment: Deployment) -> None:
        for data_type in deployment.bucket.data_types:
            order_inventory(deployment_id=deployment.deployment_id, data_type=data_type)

    def panels(self, request: HttpRequest, deployment: Deployment) -> list[SafeString]:
        return [_store(request, deployment), _sessions(request, deployment)]


def _store(request: HttpRequest, deployment: Deployment) -> SafeString:
    counted = _counted(deployment)
    known = [row.inventory for row in counted if row.inventory and row.inventory.taken_at]
    context = {
        "counted": counted,
        "objects": sum(inventory.objects_count for inventory in known),
        "size_bytes": sum(inventory.size_bytes for inventory in known),
        "oldest": min((inventory.taken_at for inventory in known if inventory.taken_at), default=None),
        "count_again": reverse("admin:deployments_deployment_count_again", args=[deployment.pk]),
    }
    return render_to_string("admin/uploads/_deployment_store.html", context, request)


def _counted(deployment: Deployment) -> list[Counted]:
    """The bucket's data types and those that were ever counted, in the order in which people know them."""
    found = Inventory.objects.filter(deployment=deployment).with_drift()
    inventories = {inventory.data_type: inventory for inventory in found}
    nights: dict[int, dict[date, int]] = defaultdict(dict)
    for pk, night, objects in InventoryNight.objects.filter(inventory__deployment=deployment).values_list(
        "inventory_id", "night", "objects_count"
    ):
        nights[pk][night] = objects
    rows = []
    for data_type in DataType:
        inventory = inventories.get(data_type)
        if inventory is None and data_type not in deployment.bucket.data_types:
            continue
        of_type = nights[inventory.pk] if inventory else {}
        calendar = list(months(of_type))
        gaps = sum(day.is_gap for _, days in calendar for day in days)
        drifted = drift_list(deployment__id__exact=deployment.pk, data_type__exact=data_type.value)
        rows.append(Counted(str(data_type.label), inventory, drifted, len(of_type), gaps, calendar))
    return rows


def _sessions(request: HttpRequest, deployment: Deployment) -> SafeString:
    sessions = UploadSession.objects.filter(deployment=deployment).select_related("account").order_by("-id")
    context = {
        "sessions": sessions[:_SESSIONS_SHOWN],
        "all_sessions": holdings.list_of("uploadsession", deployment),
        "ledger": holdings.list_of("uploadlog", deployment),
    }
    return render_to_string("admin/uploads/_deployment_sessions.html", context, request)
