"""Exports of the ledger: ordered from its list, watched, fetched, ended and ordered again."""

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import ask
from amiportal.core.errors import PortalError
from amiportal.objectstore.portal_files import stream_file
from uploads.admin.ledger import log_filter_of
from uploads.admin.paging import UNREADABLE, LongTable
from uploads.ledger.filter import LogFilter
from uploads.ledger.formats import CONTENT_TYPES
from uploads.models import Export
from uploads.services.exports import cancel_export, estimate
from uploads.tasks.exports import begin_export
from uploads.templatetags.portal_text import size

_LIST = "admin:uploads_export_changelist"
_MOST_ASKED = 200  # a page has a hundred


class OrderForm(forms.Form):
    format = forms.ChoiceField(choices=Export.Format.choices, widget=UnfoldAdminSelectWidget)


def order(model_admin: LongTable, request: HttpRequest) -> HttpResponse:
    """Order an export of what the ledger's list shows, by its own parameters; the format is asked for first."""
    try:
        wanted = log_filter_of(request.GET.dict())
    except IncorrectLookupParameters:
        messages.error(request, UNREADABLE)
        return HttpResponseRedirect(reverse("admin:uploads_uploadlog_changelist"))
    form = OrderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _begin(request, wanted, form.cleaned_data["format"])
    rows = estimate(actor_of(request), wanted)
    return ask(
        model_admin,
        request,
        title="Export this selection of the ledger",
        text=f"Chosen: {wanted.in_words() or 'everything'}; about {_rows(rows)}. "
        "A worker writes the file; you may leave the page. It is kept for 30 days.",
        form=form,
        button="Export",
        back=f"{reverse('admin:uploads_uploadlog_changelist')}?{request.GET.urlencode()}",
    )


def progress(model_admin: LongTable, request: HttpRequest) -> JsonResponse:
    """How far each export is, as JSON; `id` names one and may be repeated."""
    ids = [int(text) for text in request.GET.getlist("id")[:_MOST_ASKED] if text.isdecimal() and len(text) < 19]
    return JsonResponse({"exports": [progress_of(export) for export in Export.objects.filter(pk__in=ids)]})


def download(model_admin: LongTable, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file, where it is ready."""
    export = get_object_or_404(Export, pk=pk)
    if export.state != Export.State.READY:
        messages.error(request, f"{export} has no file: {progress_of(export)['text']}")
        return HttpResponseRedirect(reverse(_LIST))
    name = f"ami-ledger-{export.created_at:%Y%m%d}-{export.pk}.{export.format}"
    return stream_file(export.file, name, CONTENT_TYPES[Export.Format(export.format)])


def cancel(model_admin: LongTable, request: HttpRequest, pk: int) -> HttpResponse:
    """The page that ends an export under way."""
    export = get_object_or_404(Export, pk=pk)
    if request.method != "POST":
        text = f"{export.in_words}, {progress_of(export)['text']}. What was written so far is thrown away."
        return ask(model_admin, request, title=f"Cancel {export}", text=text, button="Cancel it", back=reverse(_LIST))
    try:
        cancel_export(actor=actor_of(request), export=export)
        messages.success(request, f"{export} is cancelled.")
    except PortalError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse(_LIST))


def again(model_admin: LongTable, request: HttpRequest, pk: int) -> HttpResponse:
    """The page that orders the same selection again."""
    export = get_object_or_404(Export, pk=pk)
    if request.method != "POST":
        text = f"{export.in_words}, as it is in the ledger now, into a new file."
        return ask(model_admin, request, title="Export again", text=text, button="Export", back=reverse(_LIST))
    return _begin(request, LogFilter.from_json(export.selection), export.format)


def _begin(request: HttpRequest, wanted: LogFilter, format: str) -> HttpResponse:
    export = begin_export(actor=actor_of(request), wanted=wanted, format=Export.Format(format))
    messages.success(request, f"{export} is ordered: {export.in_words}.")
    return HttpResponseRedirect(reverse(_LIST))


def progress_of(export: Export) -> dict:
    """How far it is, as the page's script and its first rendering both show it.

    percent is None where nothing is known: the estimate is the planner's, so that it stops short of the whole.
    """
    percent = None
    if export.state == Export.State.RUNNING and export.rows_estimated:
        percent = min(99, 100 * export.rows_done // export.rows_estimated)
    texts = {
        Export.State.WAITING: "Waiting for a worker",
        Export.State.RUNNING: f"{export.rows_done:,} of about {_rows(export.rows_estimated)}",
        Export.State.READY: f"Ready: {_rows(export.rows_done)}, {size(export.size_bytes)}. {_kept_until(export)}",
        Export.State.FAILED: f"Failed. {export.error}",
        Export.State.CANCELLED: "Cancelled",
        Export.State.EXPIRED: "Removed after 30 days",
    }
    return {
        "id": export.pk,
        "state": export.state,
        "text": texts[Export.State(export.state)],
        "percent": percent,
        "is_under_way": export.state in Export.UNDER_WAY,
    }


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _kept_until(export: Export) -> str:
    return f"Kept until {export.expires_at:%Y-%m-%d}." if export.expires_at else ""
