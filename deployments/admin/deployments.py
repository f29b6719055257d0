from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from amiportal.adminkit import (
    EXPLAINED,
    Kept,
    SavedByServices,
    ask,
    explanation,
    faults_of,
    marked,
    take_over,
    unbroken,
)
from deployments import services
from deployments.admin.filters import CameraKnown, CoordinatesKnown, HardwareKnown, SeasonKnown, Silent
from deployments.admin.forms import DeploymentForm, NextSeasonForm, ReasonForm
from deployments.admin.reverting import DeploymentHistory
from deployments.admin.table import TableImport
from deployments.models import Deployment, Status

_RECORD = ["deployment_id", "season_before", "season_after", "created", "retired", "retire_reason"]


@admin.register(Deployment)
class DeploymentAdmin(SavedByServices, Kept, DeploymentHistory, TableImport, ModelAdmin):
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
    readonly_fields = ["shown_status", *_RECORD]
    actions = ["retire_selected", "reactivate_selected"]
    actions_list = ["download_table"]
    actions_detail = ["next_season", "retire", "reactivate"]
    _place = ("Where", {"fields": ["bucket", "location_name", ("latitude", "longitude"), "time_zone"]})
    _system = ("What stands there", {"fields": [("system_id", "camera_id"), "hardware"]})
    fieldsets = [
        _place,
        _system,
        ("Season", {"fields": ["shown_status", ("first_day", "last_day")]}),
        ("Record", {"fields": _RECORD}),
    ]
    add_fieldsets = [_place, _system, ("Season", {"fields": ["status", ("first_day", "last_day")]})]

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
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            saved = services.update_deployment(actor=request.user, deployment=obj, **changes)
        else:
            saved = services.create_deployment(actor=request.user, **form.cleaned_data)
        take_over(obj, saved)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list:
        """Buttons that make no sense for a deployment as it is are not shown; those of a stale tab are told why."""
        deployment = Deployment.objects.filter(pk=object_id).select_related("next_season").first()
        if deployment is None:
            return []
        useless = {"retire"} if not deployment.is_active else {"reactivate"}
        if hasattr(deployment, "next_season"):
            useless.add("next_season")
        return [action for action in super().get_actions_detail(request, object_id) if action.path not in useless]

    def has_season_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_change_permission(request) and self.has_add_permission(request)

    @action(
        description="Next season",
        icon="event_repeat",
        permissions=["season"],
        url_path="next_season",
        variant=ActionVariant.PRIMARY,
    )
    def next_season(self, request: HttpRequest, object_id: str) -> HttpResponse:
        deployment = get_object_or_404(Deployment, pk=object_id)
        form = NextSeasonForm.for_deployment(deployment, request.POST or None)
        if form.is_valid():
            with faults_of(form):
                new = services.start_next_season(actor=request.user, deployment=deployment, **form.cleaned_data)
                messages.success(request, f"{new.deployment_id} is open; {deployment.deployment_id} is retired.")
                return HttpResponseRedirect(_change_url(new))
        return ask(
            self,
            request,
            title=f"Next season of {deployment}",
            text=f"A new deployment is made at the same place and opened, and {deployment.deployment_id} is retired, "
            "in one step. Change what is not as it was.",
            form=form,
            button="Start the season",
            back=_change_url(deployment),
        )

    @action(description="Retire", icon="archive", permissions=["change"], variant=ActionVariant.DANGER)
    def retire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        deployment = get_object_or_404(Deployment, pk=object_id)
        form = ReasonForm(request.POST or None)
        if form.is_valid():
            with faults_of(form):
                services.retire_deployment(actor=request.user, deployment=deployment, **form.cleaned_data)
                messages.success(request, f"{deployment.deployment_id} is retired.")
                return HttpResponseRedirect(_change_url(deployment))
        return ask(
            self,
            request,
            title=f"Retire {deployment}",
            text="It takes no more uploads and is no longer offered. Its files and its ledger stay.",
            form=form,
            button="Retire",
            back=_change_url(deployment),
            danger=True,
        )

    @action(description="Reactivate", icon="unarchive", permissions=["change"])
    def reactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        deployment = get_object_or_404(Deployment, pk=object_id)
        if request.method != "POST":
            return ask(
                self,
                request,
                title=f"Reactivate {deployment}",
                text="It takes uploads again. For a new season use “Next season” instead.",
                button="Reactivate",
                back=_change_url(deployment),
            )
        try:
            services.reactivate_deployment(actor=request.user, deployment=deployment)
        except EXPLAINED as error:
            messages.error(request, explanation(error))
        else:
            messages.success(request, f"{deployment.deployment_id} is active.")
        return HttpResponseRedirect(_change_url(deployment))

    @admin.action(description="Retire", permissions=["change"])
    def retire_selected(self, request: HttpRequest, queryset: QuerySet[Deployment]) -> HttpResponse | None:
        chosen = queryset.filter(status=Status.ACTIVE)
        form = ReasonForm(request.POST if "apply" in request.POST else None)
        if form.is_valid():
            return self._each(
                request,
                chosen,
                "retired",
                lambda d: services.retire_deployment(actor=request.user, deployment=d, **form.cleaned_data),
            )
        return ask(
            self,
            request,
            title="Retire deployments",
            text="They take no more uploads and are no longer offered. Their files and their ledger stay.",
            items=chosen,
            form=form,
            hidden=_chosen_again(request),
            button="Retire",
            back=reverse("admin:deployments_deployment_changelist"),
            danger=True,
        )

    @admin.action(description="Reactivate", permissions=["change"])
    def reactivate_selected(self, request: HttpRequest, queryset: QuerySet[Deployment]) -> HttpResponse | None:
        chosen = queryset.filter(status=Status.INACTIVE)
        if "apply" in request.POST:
            return self._each(
                request, chosen, "active", lambda d: services.reactivate_deployment(actor=request.user, deployment=d)
            )
        return ask(
            self,
            request,
            title="Reactivate deployments",
            text="They take uploads again. For a new season use “Next season” instead.",
            items=chosen,
            hidden=_chosen_again(request),
            button="Reactivate",
            back=reverse("admin:deployments_deployment_changelist"),
        )

    def _each(self, request: HttpRequest, chosen, done: str, service) -> None:
        """One refused deployment does not keep the others back; each refusal is told."""
        count = 0
        for deployment in chosen:
            try:
                service(deployment)
                count += 1
            except EXPLAINED as error:
                messages.error(request, f"{deployment.deployment_id}: {explanation(error)}")
        messages.success(request, f"{count} of {len(chosen)} {done}.")


def _change_url(deployment: Deployment) -> str:
    return reverse("admin:deployments_deployment_change", args=[deployment.pk])


def _chosen_again(request: HttpRequest) -> dict[str, str | list[str]]:
    """What makes Django's admin call the action again, now to apply it."""
    again = {name: request.POST.getlist(name) for name in ("action", "_selected_action", "select_across")}
    return {**again, "apply": "1"}
