"""The admin's pages of deployments. What a page beside list and form does stands in the module that is named here."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import marked, take_over, unbroken
from amiportal.sheets.admin import SheetAdmin
from deployments import services
from deployments.admin import bulk_life, counting, guided, life, table
from deployments.admin.filters import CameraKnown, CoordinatesKnown, HardwareKnown, SeasonKnown, Silent
from deployments.admin.forms import DeploymentForm
from deployments.admin.map_media import PlaceMap
from deployments.admin.panels import panels
from deployments.domain.fields import GIVEN
from deployments.models import Deployment
from deployments.resources import DeploymentTable

_RECORD = ["deployment_id", "season_before", "season_after", "created", "retired", "retire_reason"]


@admin.register(Deployment)
class DeploymentAdmin(SheetAdmin):
    # --- The list ---------------------------------------------------------------------------------------------

    list_display = [
        "deployment_id",
        "location_name",
        "shown_bucket",
        "shown_status",
        "shown_season",
        "system_id",
        "camera_id",
        "shown_hardware",
        "shown_coordinates",
    ]
    list_display_links = ["deployment_id", "location_name"]
    list_select_related = ["bucket", "hardware"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("bucket", RelatedDropdownFilter),
        ("hardware", RelatedDropdownFilter),
        HardwareKnown,
        CoordinatesKnown,
        CameraKnown,
        SeasonKnown,
        Silent,
    ]
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["deployment_id", "location_name", "system_id", "camera_id"]
    search_help_text = "Deployment ID, place, system or camera"
    date_hierarchy = "first_day"
    actions = [
        admin.action(bulk_life.next_season_selected, description="Next season", permissions=["season"]),
        admin.action(bulk_life.retire_selected, description="Retire", permissions=["change"]),
        admin.action(bulk_life.reactivate_selected, description="Reactivate", permissions=["change"]),
    ]

    # --- The form ---------------------------------------------------------------------------------------------

    form = DeploymentForm
    autocomplete_fields = ["bucket", "hardware"]
    readonly_fields = ["shown_status", "map", *_RECORD]
    # All that is typed in goes back. The id stays; who retired it and why follows from the status.
    revert_fields = GIVEN
    change_form_outer_after_template = "admin/deployments/_panels.html"
    fieldsets = [
        ("Where", {"fields": ["bucket", "location_name", ("latitude", "longitude"), "map", "time_zone"]}),
        ("What stands there", {"fields": [("system_id", "camera_id"), "hardware"]}),
        ("Season", {"fields": ["shown_status", ("first_day", "last_day")]}),
        ("Record", {"fields": [*_RECORD]}),
    ]

    # --- Buttons and other pages: has_<permission>_permission decides who may open them ----------------------------

    actions_list = ["download_table"]
    actions_detail = ["next_season", "retire", "reactivate", "count_again"]
    download_table = action(table.download_table, description="Download table", icon="download", permissions=["view"])
    next_season = action(
        life.next_season,
        description="Next season",
        icon="event_repeat",
        permissions=["season"],
        variant=ActionVariant.PRIMARY,
    )
    retire = action(
        life.retire, description="Retire", icon="archive", permissions=["change"], variant=ActionVariant.DANGER
    )
    reactivate = action(life.reactivate, description="Reactivate", icon="unarchive", permissions=["change"])
    count_again = action(counting.count_again, description="Count again", icon="restart_alt", permissions=["change"])

    def has_season_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_change_permission(request) and self.has_add_permission(request)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list:
        useless = life.useless_for(object_id)
        return [button for button in super().get_actions_detail(request, object_id) if button.path not in useless]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return guided.new_deployment(self, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "panels": panels(request, object_id)}
        return super().change_view(request, object_id, form_url, context)

    @property
    def media(self) -> Media:
        return super().media + PlaceMap()

    # --- Import and export of the table -------------------------------------------------------------------------

    resource_classes = [DeploymentTable]
    export_formats_offered = table.FORMATS

    def export_records(self, queryset: QuerySet[Deployment]) -> Iterable[dict]:
        return table.records(queryset)

    def exportable(self, queryset: QuerySet[Deployment]) -> QuerySet[Deployment]:
        return table.without_trials(queryset)

    def export_notes(self, chosen: QuerySet[Deployment]) -> list[str]:
        return table.notes(chosen)

    # --- What is saved ----------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Deployment, form: DeploymentForm, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        take_over(obj, services.update_deployment(actor=actor_of(request), deployment=obj, **changes))

    def go_back(self, request: HttpRequest, obj: Deployment, values: dict, why: str) -> None:
        services.revert_deployment(actor=actor_of(request), deployment=obj, values=values, why=why)

    # --- What is shown ----------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deployment]:
        return super().get_queryset(request).select_related("bucket", "hardware", "created_by", "retired_by")

    @display(description="Bucket", ordering="bucket__title")
    def shown_bucket(self, deployment: Deployment) -> str:
        return deployment.bucket.title

    @display(description="Status", ordering="status", label={"active": "success", "inactive": "default"})
    def shown_status(self, deployment: Deployment) -> str:
        return deployment.status

    @display(description="Season", ordering="first_day")
    def shown_season(self, deployment: Deployment) -> str:
        return deployment.season or "–"

    @display(description="Hardware", ordering="hardware__number")
    def shown_hardware(self, deployment: Deployment) -> str:
        return str(deployment.hardware.number) if deployment.hardware else marked("missing")

    @display(description="Coordinates", ordering="latitude")
    def shown_coordinates(self, deployment: Deployment) -> str:
        if deployment.latitude is None:
            return marked("missing")
        return unbroken(f"{deployment.latitude:.3f}, {deployment.longitude:.3f}")

    @display(description="Season before")
    def season_before(self, deployment: Deployment) -> str:
        return str(deployment.previous_season or "–")

    @display(description="Season after")
    def season_after(self, deployment: Deployment) -> str:
        return str(Deployment.objects.filter(previous_season=deployment).first() or "–")

    @display(description="Created")
    def created(self, deployment: Deployment) -> str:
        return f"{deployment.created_at:%Y-%m-%d %H:%M} UTC by {deployment.created_by or 'the server'}"

    @display(description="Retired")
    def retired(self, deployment: Deployment) -> str:
        if deployment.retired_at is None:
            return "–"
        return f"{deployment.retired_at:%Y-%m-%d %H:%M} UTC by {deployment.retired_by or 'the server'}"

    @display(description="Map")
    def map(self, deployment: Deployment) -> SafeString:
        inputs = {"latitude_input": "id_latitude", "longitude_input": "id_longitude"}
        return render_to_string("admin/deployments/_place_map.html", {**inputs, "own": deployment.deployment_id})
