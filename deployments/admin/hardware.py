from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import take_over
from amiportal.sheets.admin import SheetAdmin
from deployments import services
from deployments.models import HardwareConfig
from deployments.resources import HardwareTable
from deployments.resources.hardware import hardware_row


@admin.register(HardwareConfig)
class HardwareConfigAdmin(SheetAdmin):
    is_deletable = True  # while no deployment has it (PROTECT)
    resource_classes = [HardwareTable]
    list_display = ["number", "attractant_light", "camera", "camera_lights", "microphone", "used_by"]
    list_display_links = ["number", "attractant_light"]
    search_fields = ["=number", "attractant_light", "camera", "microphone", "used_by"]
    search_help_text = "Hardware ID, light, camera, microphone or user"
    revert_fields = ("attractant_light", "camera", "camera_lights", "microphone", "used_by")
    fieldsets = [
        (None, {"fields": ["number", "used_by"]}),
        ("Parts", {"fields": [("attractant_light", "camera"), ("camera_lights", "microphone")]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The number is what field sheets and the table say: it stays once given."""
        return ["number"] if obj else []

    def save_model(self, request: HttpRequest, obj: HardwareConfig, form: Any, change: bool) -> None:
        if change:
            parts = {name: form.cleaned_data[name] for name in form.changed_data}
            saved = services.update_hardware(actor=actor_of(request), hardware=obj, **parts)
        else:
            saved = services.create_hardware(actor=actor_of(request), **form.cleaned_data)
        take_over(obj, saved)

    def go_back(self, request: HttpRequest, obj: HardwareConfig, values: dict, why: str) -> None:
        services.update_hardware(actor=actor_of(request), hardware=obj, why=why, **values)

    def export_records(self, queryset: QuerySet[HardwareConfig]) -> Iterable[dict]:
        return map(hardware_row, queryset)
