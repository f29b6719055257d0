"""What the store holds is counted again: of one deployment and data type, or all of it. Asked first; workers do it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from amiportal.core.admin_bases import ReadOnlyAdmin
from amiportal.core.adminkit import ask
from uploads.models import Inventory
from uploads.tasks.upkeep import order_inventories, order_inventory


def count_again(model_admin: ReadOnlyAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that orders the count of this deployment and data type."""
    inventory = get_object_or_404(Inventory, pk=object_id)
    back = reverse("admin:uploads_inventory_change", args=[object_id])
    if request.method != "POST":
        title = f"Count {inventory} again"
        text = "A worker lists what the store holds. The figures stay as they are until it has read all of it."
        return ask(model_admin, request, title=title, text=text, button="Count again", back=back)
    order_inventory(deployment_id=inventory.deployment.deployment_id, data_type=inventory.data_type)
    messages.success(request, "A worker counts it again; “Last counted” changes when it has.")
    return HttpResponseRedirect(back)


def count_all(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """The page that orders all counts."""
    back = reverse("admin:uploads_inventory_changelist")
    if request.method != "POST":
        title = "Count everything again"
        text = "One job per deployment and data type; workers share them. The same is done every night."
        return ask(model_admin, request, title=title, text=text, button="Count everything", back=back)
    order_inventories()
    messages.success(request, "Workers count everything again, one job per deployment and data type.")
    return HttpResponseRedirect(back)
