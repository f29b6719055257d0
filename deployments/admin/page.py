"""A deployment's own page: its map, what the store holds of it, its sessions, and who may upload."""

from typing import Any

from django.contrib import messages
from django.forms import Media
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from amiportal.core.adminkit import AdminPart, ask
from deployments import holdings
from deployments.admin.map_media import PlaceMap
from deployments.models import Deployment
from deployments.selectors import people_who_may_upload


class DeploymentPage(AdminPart):
    """For DeploymentAdmin."""

    change_form_outer_after_template = "admin/deployments/_panels.html"

    @property
    def media(self) -> Media:
        return super().media + PlaceMap()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        deployment = Deployment.objects.select_related("bucket").filter(pk=object_id).first()
        shown = [_people(request, deployment)] if deployment else []
        if deployment:
            shown = [*holdings.panels(request, deployment), *shown]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "panels": shown})

    @display(description="Map")
    def map(self, deployment: Deployment) -> SafeString:
        inputs = {"latitude_input": "id_latitude", "longitude_input": "id_longitude"}
        return render_to_string("admin/deployments/_place_map.html", {**inputs, "own": deployment.deployment_id})

    @action(description="Count again", icon="restart_alt", permissions=["change"])
    def count_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        deployment = get_object_or_404(Deployment.objects.select_related("bucket"), pk=object_id)
        back = reverse("admin:deployments_deployment_change", args=[deployment.pk])
        if request.method != "POST":
            return ask(
                self,
                request,
                title=f"Count what the store holds of {deployment}",
                text="A worker lists what the store holds, one job per data type. The figures stay as they are until "
                "it has read all of it.",
                button="Count again",
                back=back,
            )
        holdings.recount(deployment)
        messages.success(request, "A worker counts it again; “Counted” changes when it has.")
        return HttpResponseRedirect(back)


def _people(request: HttpRequest, deployment: Deployment) -> SafeString:
    context = {
        "deployment": deployment,
        "bucket": deployment.bucket,
        "people": people_who_may_upload(deployment.bucket),
        "all_people": f"{reverse('admin:accounts_user_changelist')}?buckets__id__exact={deployment.bucket_id}",
    }
    return render_to_string("admin/deployments/_people.html", context, request)
