"""Who changed which field from what to what, when and why; and the way back to a version. Pages of PortalAdmin."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from amiportal.core.adminkit import EXPLAINED, ask, explanation
from amiportal.core.history import Difference, Reader

if TYPE_CHECKING:
    from amiportal.core.admin_bases import PortalAdmin

_PER_PAGE = 30


def versions(model_admin: "PortalAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
    """All versions of one record, newest first, each with what it changed."""
    obj, found = _with_versions(model_admin, request, object_id)
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get(PAGE_VAR))
    first = page.start_index() - 1
    # One more than is shown: what the last one changed is told against it.
    told = Reader(model_admin.model).told(found[max(first, 0) : first + _PER_PAGE + 1])
    context = {
        **_context(model_admin, request, obj),
        "title": f"History of {obj}",
        "page_obj": page,
        "told": told[: len(page.object_list)],
        "page_var": PAGE_VAR,
    }
    return TemplateResponse(request, "admin/history/list.html", context)


def version(
    model_admin: "PortalAdmin",
    request: HttpRequest,
    object_id: str,
    version_id: str,
) -> HttpResponse:
    """One version compared with how the record stands now; POST with `field`s: those go back, asked first."""
    obj, found = _with_versions(model_admin, request, object_id)
    old = found.filter(pk=version_id).first() if version_id.isdecimal() else None
    if old is None:
        raise Http404
    newest = found[0]
    reader = Reader(model_admin.model)
    rows = reader.compared(old, obj if _is_there(obj) else old)
    may_go_back = _is_there(obj) and model_admin.has_change_permission(request, obj)
    mutable = model_admin.revert_fields if may_go_back else ()
    differing = [row for row in rows if row.differs]
    revertible = [row for row in differing if row.name in mutable]
    if request.method == "POST":
        return _answer_post(model_admin, request, obj, old, newest, revertible)
    context = {
        **_context(model_admin, request, obj),
        "title": f"{obj}, version of {old.history_date:%Y-%m-%d %H:%M} UTC",
        "told": reader.told(found.filter(history_date__lte=old.history_date, pk__lte=old.pk)[:2])[0],
        "is_newest": old == newest,
        "is_there": _is_there(obj),
        "differing": differing,
        "equal": [row for row in rows if not row.differs],
        "revertible": {row.name for row in revertible},
        "newest": newest.pk,
    }
    return TemplateResponse(request, "admin/history/version.html", context)


def _answer_post(
    model_admin: "PortalAdmin",
    request: HttpRequest,
    obj: Any,
    old: Any,
    newest: Any,
    revertible: list[Difference],
) -> HttpResponse:
    here = request.path
    chosen = [row for row in revertible if row.name in request.POST.getlist("field")]
    if request.POST.get("newest") != str(newest.pk):
        messages.warning(request, "Somebody changed it while you looked. This is how it stands now.")
        return HttpResponseRedirect(here)
    if not chosen:
        messages.warning(request, "Choose at least one field that should go back.")
        return HttpResponseRedirect(here)
    if "apply" not in request.POST:
        return ask(
            model_admin,
            request,
            title=f"{obj}: back to the version of {old.history_date:%Y-%m-%d %H:%M} UTC?",
            text="These fields change, all of them or none. It is a change like any other: the history keeps both.",
            items=[f"{row.label}: {row.after} → {row.before}" for row in chosen],
            hidden={"field": [row.name for row in chosen], "newest": str(newest.pk), "apply": "1"},
            button="Go back to this version",
            back=here,
        )
    why = f"Back to the version of {old.history_date:%Y-%m-%d %H:%M} UTC"
    try:
        restored = Reader(model_admin.model).restored(old, [row.name for row in chosen])
        model_admin.go_back(request, obj, restored, why)
    except EXPLAINED as error:
        messages.error(request, f"Nothing was changed. {explanation(error)}")
        return HttpResponseRedirect(here)
    except ObjectDoesNotExist:
        messages.error(request, "Nothing was changed. What this version speaks of is no longer there.")
        return HttpResponseRedirect(here)
    model_admin.log_change(request, obj, why)
    messages.success(request, f"{why}. What was changed stands first in the history.")
    return HttpResponseRedirect(_address(model_admin, obj, "history"))


def _with_versions(model_admin: "PortalAdmin", request: HttpRequest, object_id: str) -> tuple[Any, Any]:
    """The row, or what its last version said when it is gone, and its versions, newest first."""
    obj = model_admin.get_object(request, unquote(object_id))
    try:
        found = model_admin.model.history.filter(**{model_admin.opts.pk.attname: unquote(object_id)})
    except ValueError as error:  # no key of this model
        raise Http404 from error
    found = found.select_related("history_user").order_by("-history_date", "-history_id")
    if obj is None and (last := found.first()):
        obj = last.instance
    if obj is None:
        raise Http404
    if not model_admin.has_view_permission(request, obj):
        raise PermissionDenied
    return obj, found


def _is_there(obj: Any) -> bool:
    return not obj._state.adding


def _context(model_admin: "PortalAdmin", request: HttpRequest, obj: Any) -> dict:
    return {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": obj,
        "object": obj,
        "history_url": _address(model_admin, obj, "history"),
        "change_url": _address(model_admin, obj, "change") if _is_there(obj) else "",
    }


def _address(model_admin: "PortalAdmin", obj: Any, name: str) -> str:
    return reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_{name}", args=[quote(obj.pk)])
