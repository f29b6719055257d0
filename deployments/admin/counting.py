"""“Count again” on a deployment's page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from amiportal.core.admin_bases import PortalAdmin
from amiportal.core.adminkit import ask
from deployments.holdings import files_provider
from deployments.models import Deployment


def count_again(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that orders one count per data type."""
    deployment = get_object_or_404(Deployment.objects.select_related("bucket"), pk=object_id)
    back = reverse("admin:deployments_deployment_change", args=[deployment.pk])
    if request.method != "POST":
        return ask(
            model_admin,
            request,
            title=f"Count what the store holds of {deployment}",
            text="A worker lists what the store holds, one job per data type. The figures stay as they are until "
            "it has read all of it.",
            button="Count again",
            back=back,
        )
    files_provider().recount(deployment)
    messages.success(request, "A worker counts it again; “Counted” changes when it has.")
    return HttpResponseRedirect(back)
