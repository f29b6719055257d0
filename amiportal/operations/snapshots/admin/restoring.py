"""The way back: what would change, exactly, and the button that does it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from amiportal.accounts.actor import actor_of
from amiportal.core.admin_bases import ReadOnlyAdmin
from amiportal.core.errors import PortalError
from amiportal.operations.snapshots.admin.shown import groups_of, kept_by_reason
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import PlanChanged, plan_restore, restore
from amiportal.operations.snapshots.services.planning import RestorePlan, Selection
from amiportal.operations.snapshots.tables import BY_NAME

# A page that a browser still scrolls. What is done is not limited by it, and the comparison shows all of it, paged.
_SHOWN = 500


def restore_page(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """POST with `whole`, `table` or `row`s: what restoring them would change; with that page's digest: do it."""
    snapshot = get_object_or_404(Snapshot, pk=pk)
    compare = reverse("admin:snapshots_snapshot_compare", args=[pk])
    chosen = selection_of(request)
    if request.method != "POST" or not (chosen.rows or chosen.tables):
        if request.method == "POST":
            messages.error(request, "Choose what to restore: rows by their boxes, a table, or everything.")
        return HttpResponseRedirect(compare)
    try:
        if digest := request.POST.get("digest", ""):
            plan, way_back = restore(actor=actor_of(request), snapshot=snapshot, chosen=chosen, digest=digest)
            messages.success(request, _told(plan, way_back))
            return HttpResponseRedirect(compare)
        plan = plan_restore(actor=actor_of(request), snapshot=snapshot, chosen=chosen)
    except PlanChanged as changed:
        messages.error(request, changed.message)
        plan = changed.plan
    except PortalError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(compare)
    return _preview(model_admin, request, plan, compare)


def _preview(model_admin: ReadOnlyAdmin, request: HttpRequest, plan: RestorePlan, compare: str) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"Restore from the {plan.snapshot}",
        "opts": model_admin.opts,
        "plan": plan,
        "notes": plan.then.notes,
        "groups": groups_of(plan, at_most=_SHOWN),
        "kept": kept_by_reason(plan.kept),
        "hidden": _chosen_again(request),
        "back": compare,
    }
    return TemplateResponse(request, "admin/snapshots/restore.html", context)


def selection_of(request: HttpRequest) -> Selection:
    """What the form chose: `whole`, a `table` by name, or `row`s as "table:id". A button outweighs the boxes."""
    if request.POST.get("whole"):
        return Selection.everything()
    if table := request.POST.get("table"):
        return Selection(tables=frozenset({table} & BY_NAME.keys()))
    rows = set()
    for key in request.POST.getlist("row"):
        name, _, number = key.partition(":")
        if name in BY_NAME and number.isdecimal():
            rows.add((name, int(number)))
    return Selection(rows=frozenset(rows))


def _chosen_again(request: HttpRequest) -> list[tuple[str, str]]:
    for name in ("whole", "table"):
        if value := request.POST.get(name):
            return [(name, value)]
    return [("row", value) for value in request.POST.getlist("row")]


def _told(plan: RestorePlan, way_back: Snapshot) -> str:
    done = (
        f"{len(plan.effects)} {'row is' if len(plan.effects) == 1 else 'rows are'} restored from the {plan.snapshot}."
    )
    return f"{done} How things were before is in the {way_back}."
