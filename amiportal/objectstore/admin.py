from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from amiportal.adminkit import History, Kept, SavedByServices, take_over
from amiportal.objectstore.allocation import update_allocation
from amiportal.objectstore.habits import departures
from amiportal.objectstore.models import Allocation, StoreProbe


@admin.register(Allocation)
class AllocationAdmin(SavedByServices, Kept, History, ModelAdmin):
    """The one row: how much may be filled, and until when."""

    list_display = ["__str__", "size_tb", "ends_on"]
    fields = ["size_tb", "ends_on"]
    revert_fields = ("size_tb", "ends_on")

    def save_model(self, request: HttpRequest, obj: Allocation, form, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        take_over(obj, update_allocation(actor=request.user, **changes))

    def go_back(self, request: HttpRequest, obj: Allocation, values: dict, why: str) -> None:
        update_allocation(actor=request.user, why=why, **values)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(StoreProbe)
class StoreProbeAdmin(ModelAdmin):
    """What was found out about the store; made by `manage.py probe_store`, changed by nobody."""

    list_display = ["made_at", "bucket", "endpoint", "differing"]
    list_filter = ["bucket"]
    date_hierarchy = "made_at"
    fields = ["made_at", "bucket", "endpoint", "findings"]
    readonly_fields = fields

    @admin.display(description="differ from the ideal")
    def differing(self, probe: StoreProbe) -> int:
        return len(departures(probe.record))

    @admin.display(description="findings")
    def findings(self, probe: StoreProbe) -> SafeString:
        differing = set(departures(probe.record))
        rows = format_html_join(
            "",
            '<tr><td class="pr-4">{}</td><th class="pr-4">{}</th><td class="pr-4">{}</td><td>{}</td></tr>',
            (
                ("!" if name in differing else "", name, finding["value"], finding["detail"])
                for name, finding in probe.record.items()
            ),
        )
        return format_html("<table><tbody>{}</tbody></table>", rows)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: StoreProbe | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StoreProbe | None = None) -> bool:
        return False
