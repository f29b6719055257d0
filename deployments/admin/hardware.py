from django.contrib import admin
from unfold.admin import ModelAdmin

from amiportal.adminkit import History
from deployments.models import HardwareConfig


@admin.register(HardwareConfig)
class HardwareConfigAdmin(History, ModelAdmin):
    list_display = ["number", "attractant_light", "camera", "camera_lights", "microphone", "used_by"]
    list_display_links = ["number", "attractant_light"]
    search_fields = ["=number", "attractant_light", "camera", "microphone", "used_by"]
    search_help_text = "Hardware ID, light, camera, microphone or user"
    fieldsets = [
        (None, {"fields": ["number", "used_by"]}),
        ("Parts", {"fields": [("attractant_light", "camera"), ("camera_lights", "microphone")]}),
    ]

    def get_readonly_fields(self, request, obj=None) -> list[str]:
        """The number is what field sheets and the table say: it stays once given."""
        return ["number"] if obj else []
