from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import NeverDeleted, SavedByServices, marked, take_over, unbroken
from deployments import services
from deployments.admin.filters import CameraKnown, CoordinatesKnown, HardwareKnown, SeasonKnown, Silent
from deployments.admin.forms import DeploymentForm
from deployments.admin.guided import GuidedAdd
from deployments.admin.life import LifeActions
from deployments.admin.page import DeploymentPage
from deployments.admin.reverting import DeploymentHistory
from deployments.admin.table import TablePages
from deployments.models import Deployment

if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldOpts

_RECORD = ["deployment_id", "season_before", "season_after", "created", "retired", "retire_reason"]


@admin.register(Deployment)
class DeploymentAdmin(
    GuidedAdd, DeploymentPage, LifeActions, SavedByServices, NeverDeleted, DeploymentHistory, TablePages, ModelAdmin
):
    form = DeploymentForm
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
    autocomplete_fields = ["bucket", "hardware"]
    readonly_fields = ["shown_status", "map", *_RECORD]
    actions = ["next_season_selected", "retire_selected", "reactivate_selected"]
    actions_list = ["download_table"]
    actions_detail = ["next_season", "retire", "reactivate", "count_again"]
    _place: "tuple[str, _FieldOpts]" = (
        "Where",
        {"fields": ["bucket", "location_name", ("latitude", "longitude"), "map", "time_zone"]},
    )
    _system: "tuple[str, _FieldOpts]" = ("What stands there", {"fields": [("system_id", "camera_id"), "hardware"]})
    fieldsets = [
        _place,
        _system,
        ("Season", {"fields": ["shown_status", ("first_day", "last_day")]}),
        ("Record", {"fields": [*_RECORD]}),
    ]

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

    # --- What is done -----------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Deployment, form: DeploymentForm, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        take_over(obj, services.update_deployment(actor=actor_of(request), deployment=obj, **changes))
