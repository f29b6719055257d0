"""Next season, Retire and Reactivate of one deployment, from its page. Each asks first, and goes through a service."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from amiportal.accounts.actor import actor_of
from amiportal.accounts.services import open_urls
from amiportal.core.admin_bases import PortalAdmin
from amiportal.core.adminkit import ask, faults_of
from deployments import services
from deployments.admin.forms import NextSeasonForm, ReactivateForm, RetireForm
from deployments.holdings import files_provider
from deployments.models import Deployment


def useless_for(object_id: str) -> set[str]:
    """Names of the pages here that make no sense for this deployment as it is. A stale tab may still ask for them."""
    deployment = Deployment.objects.filter(pk=object_id).select_related("next_season").first()
    if deployment is None:
        return set()
    useless = {"reactivate"} if deployment.is_active else {"retire"}
    if hasattr(deployment, "next_season"):
        useless.add("next_season")
    return useless


def next_season(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that starts the next season and, in the same step, retires this deployment."""
    deployment = _deployment(object_id)
    held = files_provider().holdings_of(deployment)
    form = NextSeasonForm.for_deployment(deployment, _posted(request), under_way=bool(held.under_way))
    if form.is_valid():
        with faults_of(form):
            new = services.start_next_season(actor=actor_of(request), deployment=deployment, **form.cleaned_data)
            told = f"{new.deployment_id} is open; {deployment.deployment_id} is retired."
            messages.success(request, told + urls_alive([deployment]))
            return HttpResponseRedirect(change_url(new))
    page = ask(
        model_admin,
        request,
        title=f"Next season of {deployment}",
        text="A new deployment is made at the same place and opened for uploads, and "
        f"{deployment.deployment_id} is retired, in one step. Its files stay where they are.",
        form=form,
        button="Start the season",
        back=change_url(deployment),
    )
    return _told(page, "next_season.html", deployment=deployment, held=held)


def retire(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that retires this deployment, with a reason."""
    deployment = _deployment(object_id)
    held = files_provider().holdings_of(deployment)
    form = RetireForm(_posted(request), under_way=bool(held.under_way))
    if form.is_valid():
        with faults_of(form):
            services.retire_deployment(actor=actor_of(request), deployment=deployment, **form.cleaned_data)
            messages.success(request, f"{deployment.deployment_id} is retired." + urls_alive([deployment]))
            return HttpResponseRedirect(change_url(deployment))
    page = ask(
        model_admin,
        request,
        title=f"Retire {deployment}",
        text="It takes no more uploads and is no longer offered. Its files and its ledger stay.",
        form=form,
        button="Retire",
        back=change_url(deployment),
        danger=True,
    )
    return _told(page, "retire.html", deployment=deployment, held=held)


def reactivate(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that opens this retired deployment for uploads again."""
    deployment = _deployment(object_id)
    form = ReactivateForm(_posted(request))
    if form.is_valid():
        with faults_of(form):
            services.reactivate_deployment(actor=actor_of(request), deployment=deployment, why=form.why)
            messages.success(request, f"{deployment.deployment_id} is active.")
            return HttpResponseRedirect(change_url(deployment))
    return ask(
        model_admin,
        request,
        title=f"Reactivate {deployment}",
        text="It takes uploads again. For a new season use “Next season” instead.",
        items=_retirement(deployment),
        form=form,
        button="Reactivate",
        back=change_url(deployment),
    )


def change_url(deployment: Deployment) -> str:
    return reverse("admin:deployments_deployment_change", args=[deployment.pk])


def _deployment(object_id: str) -> Deployment:
    return get_object_or_404(Deployment.objects.select_related("bucket", "hardware", "retired_by"), pk=object_id)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _told(page: TemplateResponse, template: str, **context: Any) -> TemplateResponse:
    """The page that asks, with what is known of the deployment above its form."""
    page.template_name = f"admin/deployments/{template}"
    page.context_data = {**(page.context_data or {}), **context}
    return page


def _retirement(deployment: Deployment) -> list[str]:
    if deployment.retired_at is None:
        return []
    by = deployment.retired_by or "the server"
    why = f": {deployment.retire_reason}" if deployment.retire_reason else "."
    return [f"Retired {deployment.retired_at:%Y-%m-%d} by {by}{why}"]


def urls_alive(deployments: list[Deployment]) -> str:
    """A sentence on upload URLs into these that still work; empty where none does."""
    return open_urls.in_words(files_provider().urls_end_at(deployments))
