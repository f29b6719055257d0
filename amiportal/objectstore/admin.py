from typing import Any

from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from amiportal.core.admin_bases import PortalAdmin, ReadOnlyAdmin
from amiportal.core.adminkit import minute, take_over
from amiportal.objectstore.allocation import update_allocation
from amiportal.objectstore.capabilities import shortcomings
from amiportal.objectstore.models import Allocation, StoreProbe


def _actor_of(request: HttpRequest) -> AbstractBaseUser:
    """As amiportal.accounts.actor, which stands on a higher floor."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


@admin.register(Allocation)
class AllocationAdmin(PortalAdmin):
    """The one row: how much may be filled, and until when."""

    fields = ["size_tb", "ends_on"]
    revert_fields = ("size_tb", "ends_on")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A list of one is no list."""
        row = Allocation.objects.first()
        if row is None or not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        return HttpResponseRedirect(reverse("admin:objectstore_allocation_change", args=[row.pk]))

    def save_model(self, request: HttpRequest, obj: Allocation, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        take_over(obj, update_allocation(actor=_actor_of(request), **changes))

    def go_back(self, request: HttpRequest, obj: Allocation, values: dict, why: str) -> None:
        update_allocation(actor=_actor_of(request), why=why, **values)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(StoreProbe)
class StoreProbeAdmin(ReadOnlyAdmin):
    """What was found out about the store; made by `manage.py probe_store`, changed by nobody."""

    list_display = ["made", "bucket", "endpoint", "differing"]
    list_filter = ["bucket"]
    fields = [("made", "bucket"), "endpoint", "findings"]
    readonly_fields = ["made", "bucket", "endpoint", "findings"]

    @display(description="Made (UTC)", ordering="made_at")
    def made(self, probe: StoreProbe) -> str:
        return minute(probe.made_at)

    @display(description="Differ from the ideal")
    def differing(self, probe: StoreProbe) -> int:
        return len(shortcomings(probe.record))

    @display(description="Findings")
    def findings(self, probe: StoreProbe) -> SafeString:
        """What differs from the ideal first."""
        differing = set(shortcomings(probe.record))
        rows = [
            (_words(name), _words(finding["value"]), finding["detail"], name in differing)
            for name, finding in sorted(probe.record.items(), key=lambda item: (item[0] not in differing, item[0]))
        ]
        return render_to_string("admin/objectstore/findings.html", {"rows": rows})


def _words(code: str) -> str:
    return code.replace("_", " ")
