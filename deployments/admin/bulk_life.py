"""Next season, Retire and Reactivate of several deployments, chosen in the list: each is asked first, once for all."""

from collections.abc import Callable, Mapping, Sequence

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.html import format_html

from amiportal.accounts.actor import actor_of
from amiportal.core.admin_bases import PortalAdmin
from amiportal.core.adminkit import EXPLAINED, ask, explanation
from deployments import services
from deployments.admin.forms import ReactivateForm, RetireForm, SeasonForm
from deployments.admin.life import urls_alive
from deployments.holdings import files_provider
from deployments.models import Deployment, Status


def next_season_selected(
    model_admin: PortalAdmin, request: HttpRequest, queryset: QuerySet[Deployment]
) -> HttpResponse | None:
    """Start the next season of those chosen that have none yet."""
    chosen = list(queryset.select_related("bucket").filter(next_season__isnull=True))
    cut_off = files_provider().under_way(chosen)
    form = SeasonForm(_applied(request), under_way=bool(cut_off))
    if form.is_valid():

        def start(deployment: Deployment) -> str:
            new = services.start_next_season(actor=actor_of(request), deployment=deployment, **form.cleaned_data)
            return f"{deployment.deployment_id} → {new.deployment_id}"

        _each(request, chosen, "have a next season now", start)
        return None
    return _ask_for_all(
        model_admin,
        request,
        queryset,
        chosen,
        form,
        title="Next season",
        text="For each a new deployment is made at the same place, with the same system, camera and hardware, and "
        "opened; the old one is retired in the same step. If one is refused, the others still go through.",
        left_out="have a next season already",
        cut_off=cut_off,
        button="Start the season",
    )


def retire_selected(
    model_admin: PortalAdmin, request: HttpRequest, queryset: QuerySet[Deployment]
) -> HttpResponse | None:
    """Retire the active ones among those chosen."""
    chosen = list(queryset.filter(status=Status.ACTIVE))
    cut_off = files_provider().under_way(chosen)
    form = RetireForm(_applied(request), under_way=bool(cut_off))
    if form.is_valid():

        def retire(deployment: Deployment) -> str:
            services.retire_deployment(actor=actor_of(request), deployment=deployment, **form.cleaned_data)
            return deployment.deployment_id

        _each(request, chosen, "retired", retire)
        return None
    return _ask_for_all(
        model_admin,
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


def reactivate_selected(
    model_admin: PortalAdmin, request: HttpRequest, queryset: QuerySet[Deployment]
) -> HttpResponse | None:
    """Reactivate the inactive ones among those chosen."""
    chosen = list(queryset.filter(status=Status.INACTIVE))
    form = ReactivateForm(_applied(request))
    if form.is_valid():

        def reactivate(deployment: Deployment) -> str:
            services.reactivate_deployment(actor=actor_of(request), deployment=deployment, why=form.why)
            return deployment.deployment_id

        _each(request, chosen, "active", reactivate)
        return None
    return _ask_for_all(
        model_admin,
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
    model_admin: PortalAdmin,
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
        model_admin,
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


def _applied(request: HttpRequest) -> QueryDict | None:
    return request.POST if "apply" in request.POST else None


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
    tell = messages.success if succeeded else messages.warning
    tell(request, told + urls_alive(chosen))


def _chosen_again(request: HttpRequest) -> dict[str, str | list[str]]:
    """What makes Django's admin call the action again, now to apply it."""
    again = {name: request.POST.getlist(name) for name in ("action", "_selected_action", "select_across")}
    return {**again, "apply": "1"}
