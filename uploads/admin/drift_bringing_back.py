"""Older versions of changed and vanished files are brought back, where the bucket keeps them. Asked first."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import EXPLAINED, ask, explanation
from uploads.admin.drift_settling import named
from uploads.admin.paging import LongTable
from uploads.models import Drift
from uploads.services.drift_restore import bring_back_drifts

_REFUSALS_TOLD = 10


def bring_back_chosen(model_admin: LongTable, request: HttpRequest, queryset: QuerySet[Drift]) -> HttpResponse | None:
    """Those chosen in the list."""
    hidden = {"action": "bring_back_chosen", "_selected_action": request.POST.getlist("_selected_action")}
    return _bring_back(model_admin, request, queryset, hidden=hidden, back=request.get_full_path())


def bring_this_back(model_admin: LongTable, request: HttpRequest, object_id: str) -> HttpResponse:
    """The one whose page it is."""
    back = reverse("admin:uploads_drift_change", args=[object_id])
    return _bring_back(model_admin, request, Drift.objects.filter(pk=object_id), hidden={}, back=back)


def _bring_back(
    model_admin: LongTable, request: HttpRequest, chosen: QuerySet[Drift], *, hidden: dict, back: str
) -> HttpResponse:
    drifts = list(chosen.filter(settled_at__isnull=True).select_related("row").order_by("pk"))
    if not drifts:
        messages.warning(request, "None of these waits to be settled.")
        return HttpResponseRedirect(back)
    if "apply" in request.POST:
        try:
            done = bring_back_drifts(actor=actor_of(request), ids=[drift.pk for drift in drifts])
        except EXPLAINED as error:
            messages.error(request, explanation(error))
            return HttpResponseRedirect(back)
        if done.back:
            messages.success(request, f"{done.back:,} in the store as before. Settle what is back.")
        for name, why in done.refused[:_REFUSALS_TOLD]:
            messages.warning(request, f"{name}: {why}")
        return HttpResponseRedirect(back)
    return ask(
        model_admin,
        request,
        title="Bring back older versions",
        text="If the bucket keeps older versions, the one that was proven takes the place of what is there now, "
        "which becomes an older version itself. A name that another upload holds by now is left alone.",
        items=named(drifts),
        hidden=hidden | {"apply": "1"},
        button="Bring back",
        back=back,
    )
