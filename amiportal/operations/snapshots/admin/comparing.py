"""Two snapshots side by side, or one and how things are now."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from amiportal.accounts.actor import actor_of
from amiportal.core.admin_bases import ReadOnlyAdmin
from amiportal.core.errors import PortalError
from amiportal.operations.snapshots.admin.shown import Comparison
from amiportal.operations.snapshots.contents import current_contents
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import read_snapshot


def compare(model_admin: ReadOnlyAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Compare this snapshot with now, or with the one that `with` names. The earlier one stands first."""
    snapshot = get_object_or_404(Snapshot.objects.select_related("taken_by"), pk=object_id)
    other = None
    if number := request.GET.get("with", ""):
        other = get_object_or_404(Snapshot, pk=number if number.isdecimal() else 0)
        snapshot, other = sorted((snapshot, other), key=lambda s: (s.taken_at, s.pk))
    try:
        before = read_snapshot(snapshot)
        after = read_snapshot(other) if other else current_contents()
    except PortalError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:snapshots_snapshot_changelist"))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{_moment(snapshot)} and {_moment(other) if other else 'now'}",
        "opts": model_admin.opts,
        "snapshot": snapshot,
        "other": other,
        "earlier": _moment(snapshot),
        "later": _moment(other) if other else "now",
        "compared": Comparison(before, after, request),
        "notes": [*before.notes, *(note for note in after.notes if note not in before.notes)],
        "restorable": other is None and actor_of(request).is_maintainer,
        "restore_url": reverse("admin:snapshots_snapshot_restore", args=[snapshot.pk]),
    }
    return TemplateResponse(request, "admin/snapshots/compare.html", context)


def compare_chosen(model_admin: ReadOnlyAdmin, request: HttpRequest, queryset: QuerySet[Snapshot]) -> HttpResponse:
    """On to the comparison of the two chosen, or of the one chosen with now."""
    chosen = list(queryset.order_by("taken_at", "pk")[:3])
    if len(chosen) > 2:
        messages.error(request, "Choose two snapshots to compare, or one to compare with now.")
        return HttpResponseRedirect(request.get_full_path())
    with_other = f"?with={chosen[1].pk}" if len(chosen) == 2 else ""
    return HttpResponseRedirect(compare_url(chosen[0]) + with_other)


def compare_url(snapshot: Snapshot) -> str:
    return reverse("admin:snapshots_snapshot_compare", args=[snapshot.pk])


def _moment(snapshot: Snapshot) -> str:
    return f"{snapshot.taken_at:%Y-%m-%d %H:%M}"
