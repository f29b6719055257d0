"""Changed and vanished files are settled: those chosen, all that a list shows, or one. With a reason, asked first."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import ask, faults_of
from uploads.admin.paging import LongTable
from uploads.models import Drift
from uploads.services.drift_settle import MOST_AT_ONCE, settle_drifts

_NAMED = 10  # on the page that asks


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why it may be settled",
        max_length=Drift._meta.get_field("reason").max_length,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Such as: brought back from yesterday's version; the card is sent again; deleted on purpose.",
    )


def settle_chosen(model_admin: LongTable, request: HttpRequest, queryset: QuerySet[Drift]) -> HttpResponse | None:
    """Settle those chosen in the list."""
    hidden = {"action": "settle_chosen", "_selected_action": request.POST.getlist("_selected_action")}
    return _settle(model_admin, request, queryset, hidden=hidden, back=request.get_full_path())


def settle_selection(model_admin: LongTable, request: HttpRequest) -> HttpResponse:
    """Settle all pages of the list, by its own parameters."""
    address = reverse("admin:uploads_drift_changelist")
    chosen = model_admin.selection(request)
    if chosen is None:
        return HttpResponseRedirect(address)
    return _settle(model_admin, request, chosen, hidden={}, back=f"{address}?{request.GET.urlencode()}")


def settle_this(model_admin: LongTable, request: HttpRequest, object_id: str) -> HttpResponse:
    """Settle the one whose page it is."""
    back = reverse("admin:uploads_drift_change", args=[object_id])
    return _settle(model_admin, request, Drift.objects.filter(pk=object_id), hidden={}, back=back)


def _settle(
    model_admin: LongTable, request: HttpRequest, chosen: QuerySet[Drift], *, hidden: dict, back: str
) -> HttpResponse:
    drifts = list(chosen.filter(settled_at__isnull=True).select_related("row").order_by("pk")[: MOST_AT_ONCE + 1])
    more, drifts = len(drifts) > MOST_AT_ONCE, drifts[:MOST_AT_ONCE]
    if not drifts:
        messages.warning(request, "None of these waits to be settled.")
        return HttpResponseRedirect(back)
    form = ReasonForm(request.POST if "apply" in request.POST else None)
    if form.is_valid():
        with faults_of(form):
            done = settle_drifts(
                actor=actor_of(request), ids=[drift.pk for drift in drifts], reason=form.cleaned_data["reason"]
            )
            _tell(request, done, more=more)
            return HttpResponseRedirect(back)
    returned = sum(drift.back_at is not None for drift in drifts)
    number = len(drifts)
    return ask(
        model_admin,
        request,
        title=f"Settle {number:,} changed or vanished files" if number > 1 else f"Settle {drifts[0].row.filename}",
        text="The store is asked for each once more. What is there again as it was counts as stored again, on its "
        "receipt too. Of all others you say that the loss is known: their receipts go on to show them as lost. "
        f"When the store was last asked, {returned:,} of {number:,} {'was' if returned == 1 else 'were'} back"
        f"{f'; the first {MOST_AT_ONCE:,} are settled now, and there are more' if more else ''}.",
        items=named(drifts),
        form=form,
        hidden=hidden | {"apply": "1"},
        button="Settle",
        back=back,
    )


def _tell(request: HttpRequest, done: Any, *, more: bool) -> None:
    parts = [
        f"{number:,} {text}"
        for number, text in (
            (done.restored, "there as before: stored again"),
            (done.known, "settled as a loss that is known"),
            (done.undecided, "left open, because the store could not tell"),
        )
        if number
    ]
    tell = messages.warning if done.undecided or more else messages.success
    tell(request, f"{'; '.join(parts) or 'Nothing was left to settle'}.{' There are more.' if more else ''}")


def named(drifts: list[Drift]) -> list[str]:
    """The first names, and how many more there are."""
    more = [f"and {len(drifts) - _NAMED:,} more"] if len(drifts) > _NAMED else []
    return [drift.row.filename for drift in drifts[:_NAMED]] + more
