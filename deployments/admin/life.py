"""Next season, Retire and Reactivate: as buttons of a deployment's page and as actions of the list."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action
from unfold.enums import ActionVariant

from amiportal.accounts.actor import actor_of
from amiportal.accounts.services import open_urls
from amiportal.core.adminkit import EXPLAINED, AdminPart, ask, explanation, faults_of
from deployments import holdings, services
from deployments.admin.forms import NextSeasonForm, ReactivateForm, RetireForm, SeasonForm
from deployments.models import Deployment, Status


class LifeActions(AdminPart):
    """For DeploymentAdmin. Each asks first, and goes through a service."""

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

    # --- One deployment, from its page --------------------------------------------------------------------------

    @action(
        description="Next season",
        icon="event_repeat",
        permissions=["season"],
        url_path="next_season",
        variant=ActionVariant.PRIMARY,
    )
    def next_season(self, request: HttpRequest, object_id: str) -> HttpResponse:
        deployment = _deployment(object_id)
        held = holdings.holdings_of(deployment)
        form = NextSeasonForm.for_deployment(deployment, _posted(request), under_way=bool(held.under_way))
        if form.is_valid():
            with faults_of(form):
                new = services.start_next_season(actor=actor_of(request), deployment=deployment, **form.cleaned_data)
                told = f"{new.deployment_id} is open; {deployment.deployment_id} is retired."
                messages.success(request, told + _urls_alive([deployment]))
                return HttpResponseRedirect(change_url(new))
        page = ask(
            self,
            request,
            title=f"Next season of {deployment}",
            text="A new deployment is made at the same place and opened for uploads, and "
            f"{deployment.deployment_id} is retired, in one step. Its files stay where they are.",
            form=form,
            button="Start the season",
            back=change_url(deployment),
        )
        return _told(page, "next_season.html", deployment=deployment, held=held)

    @action(description="Retire", icon="archive", permissions=["change"], variant=ActionVariant.DANGER)
    def retire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        deployment = _deployment(object_id)
        held = holdings.holdings_of(deployment)
        form = RetireForm(_posted(request), under_way=bool(held.under_way))
        if form.is_valid():
            with faults_of(form):
                services.retire_deployment(actor=actor_of(request), deployment=deployment, **form.cleaned_data)
                messages.success(request, f"{deployment.deployment_id} is retired." + _urls_alive([deployment]))
                return HttpResponseRedirect(change_url(deployment))
        page = ask(
            self,
            request,
            title=f"Retire {deployment}",
            text="It takes no more uploads and is no longer offered. Its files and its ledger stay.",
            form=form,
            button="Retire",
            back=change_url(deployment),
            danger=True,
        )
        return _told(page, "retire.html", deployment=deployment, held=held)

    @action(description="Reactivate", icon="unarchive", permissions=["change"])
    def reactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        deployment = _deployment(object_id)
        form = ReactivateForm(_posted(request))
        if form.is_valid():
            with faults_of(form):
                services.reactivate_deployment(actor=actor_of(request), deployment=deployment, why=form.why)
                messages.success(request, f"{deployment.deployment_id} is active.")
                return HttpResponseRedirect(change_url(deployment))
        return ask(
            self,
            request,
            title=f"Reactivate {deployment}",
            text="It takes uploads again. For a new season use “Next season” instead.",
            items=_retirement(deployment),
            form=form,
            button="Reactivate",
            back=change_url(deployment),
        )

    # --- Several, from the list ---------------------------------------------------------------------------------

    @admin.action(description="Next season", permissions=["season"])
    def next_season_selected(self, request: HttpRequest, queryset: QuerySet[Deployment]) -> HttpResponse | None:
        chosen = list(queryset.select_related("bucket").filter(next_season__isnull=True))
        cut_off = holdings.under_way(chosen)
        form = SeasonForm(_applied(request), under_way=bool(cut_off))
        if form.is_valid():

            def start(deployment: Deployment) -> str:
                new = services.start_next_season(actor=actor_of(request), deployment=deployment, **form.cleaned_data)
                return f"{deployment.deployment_id} → {new.deployment_id}"

            _each(request, chosen, "continued", start)
            return None
        return self._ask_for_all(
            request,
            queryset,
            chosen,
            form,
            title="Next season",
            text="For each a new deployment is made at the same place, with the same system, camera and hardware, and "
            "opened; the one of before is retired in the same step. One that is refused keeps no other back.",
            left_out="have a next season already",
            cut_off=cut_off,
            button="Start the season",
        )

    @admin.action(description="Retire", permissions=["change"])
    def retire_selected(self, request: HttpRequest, queryset: QuerySet[Deployment]) -> HttpResponse | None:
        chosen = list(queryset.filter(status=Status.ACTIVE))
        cut_off = holdings.under_way(chosen)
        form = RetireForm(_applied(request), under_way=bool(cut_off))
        if form.is_valid():

            def retire(deployment: Deployment) -> str:
                services.retire_deployment(actor=actor_of(request), deployment=deployment, **form.cleaned_data)
                return deployment.deployment_id

            _each(request, chosen, "retired", retire)
            return None
        return self._ask_for_all(
            request,
            queryset,
            chosen,
            form,
            title="Retire deployments",
            text="They take no more uploads and are no longer offered. Their files and their ledger stay.",
            left_out="are inactive already",
            cut_off=cut_off,
            button="Retire",
            danger=True,
        )

    @admin.action(description="Reactivate", permissions=["change"])
    def reactivate_selected(self, request: HttpRequest, queryset: QuerySet[Deployment]) -> HttpResponse | None:
        chosen = list(queryset.filter(status=Status.INACTIVE))
        form = ReactivateForm(_applied(request))
        if form.is_valid():

            def reactivate(deployment: Deployment) -> str:
                services.reactivate_deployment(actor=actor_of(request), deployment=deployment, why=form.why)
                return deployment.deployment_id

            _each(request, chosen, "active", reactivate)
            return None
        return self._ask_for_all(
            request,
            queryset,
            chosen,
            form,
            title="Reactivate deployments",
            text="They take uploads again. For a new season use “Next season” instead.",
            left_out="are active already",
            button="Reactivate",
        )

    def _ask_for_all(
        self,
        request: HttpRequest,
        queryset: QuerySet[Deployment],
        chosen: Sequence[Deployment],
        form: forms.Form,
        *,
        title: str,
        text: str,
        left_out: str,
        button: str,
        cut_off: Mapping[int, Sequence[str]] | None = None,
        danger: bool = False,
    ) -> HttpResponse | None:
        others = queryset.count() - len(chosen)
        if others:
            messages.info(request, f"{others} of those chosen {left_out} and stay as they are.")
        if not chosen:
            return None
        return ask(
            self,
            request,
            title=title,
            text=text,
            items=[_line(deployment, (cut_off or {}).get(deployment.pk)) for deployment in chosen],
            form=form,
            hidden=_chosen_again(request),
            button=button,
            back=reverse("admin:deployments_deployment_changelist"),
            danger=danger,
        )


def change_url(deployment: Deployment) -> str:
    return reverse("admin:deployments_deployment_change", args=[deployment.pk])


def _deployment(object_id: str) -> Deployment:
    return get_object_or_404(Deployment.objects.select_related("bucket", "hardware", "retired_by"), pk=object_id)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _applied(request: HttpRequest) -> QueryDict | None:
    return request.POST if "apply" in request.POST else None


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


def _line(deployment: Deployment, uploads: Sequence[str] | None) -> str:
    if not uploads:
        return str(deployment)
    return format_html('{} <strong class="cockpit-warn">upload under way: {}</strong>', deployment, "; ".join(uploads))


def _each(request: HttpRequest, chosen: list[Deployment], done: str, service: Callable[[Deployment], str]) -> None:
    """One refused deployment does not keep the others back; each is told."""
    succeeded = []
    for deployment in chosen:
        try:
            succeeded.append(service(deployment))
        except EXPLAINED as error:
            messages.error(request, f"{deployment.deployment_id}: {explanation(error)}")
    told = f"{len(succeeded)} of {len(chosen)} {done}"
    told = f"{told}: {', '.join(succeeded)}." if succeeded else f"{told}."
    messages.success(request, told + _urls_alive(chosen))


def _urls_alive(deployments: list[Deployment]) -> str:
    return open_urls.in_words(holdings.urls_end_at(deployments))


def _chosen_again(request: HttpRequest) -> dict[str, str | list[str]]:
    """What makes Django's admin call the action again, now to apply it."""
    again = {name: request.POST.getlist(name) for name in ("action", "_selected_action", "select_across")}
    return {**again, "apply": "1"}
