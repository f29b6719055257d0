"""Exports of the ledger: ordered from its list, watched, fetched, ended and ordered again here."""

from collections.abc import Callable

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import ask, minute
from amiportal.core.errors import PortalError
from amiportal.objectstore.portal_files import stream_file
from uploads.admin.ledger import log_filter_of
from uploads.admin.paging import LongTable
from uploads.ledger.columns import COLUMNS
from uploads.ledger.filter import LogFilter
from uploads.ledger.formats import CONTENT_TYPES
from uploads.models import Export
from uploads.services.exports import cancel_export, estimate
from uploads.tasks.exports import begin_export
from uploads.templatetags.portal_text import size

_LIST = "admin:uploads_export_changelist"
# In which states each is offered; all are on the page, so that its script has only to show them.
_LINKS = (
    ("ready", "admin:uploads_export_download", "Download"),
    ("waiting running", "admin:uploads_export_cancel", "Cancel"),
    ("failed cancelled expired", "admin:uploads_export_again", "Run again"),
)
_MOST_ASKED = 200  # a page has a hundred


class OrderForm(forms.Form):
    format = forms.ChoiceField(choices=Export.Format.choices, widget=UnfoldAdminSelectWidget)


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


@admin.register(Export)
class ExportAdmin(LongTable):
    class Media:
        js = [Script("uploads/admin/exports.js", type="module")]

    list_display = ["created", "account", "in_words", "shown_format", "progress", "to_do"]
    list_display_links = ["created"]
    list_filter = ["state"]
    list_before_template = "admin/uploads/exports_told.html"
    fieldsets = [
        (None, {"fields": [("account", "shown_format"), "in_words", "progress", "to_do"]}),
        ("When", {"fields": [("created_at", "started_at"), ("finished_at", "expires_at")]}),
        ("Columns", {"fields": ["columns"]}),
    ]
    readonly_fields = ["shown_format", "progress", "to_do", "columns"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        return super().get_queryset(request).select_related("account")

    def get_urls(self) -> list:
        def named(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"uploads_export_{name}")

        return [
            named("order/", self.order, "order"),
            named("progress/", self.progress_view, "progress"),
            named("<int:pk>/download/", self.download, "download"),
            named("<int:pk>/cancel/", self.cancel, "cancel"),
            named("<int:pk>/again/", self.again, "again"),
            *super().get_urls(),
        ]

    @display(description="Ordered (UTC)")
    def created(self, export: Export) -> str:
        return minute(export.created_at)

    @display(description="Format")
    def shown_format(self, export: Export) -> str:
        return export.get_format_display().split(" ")[0]

    @display(description="Progress")
    def progress(self, export: Export) -> SafeString:
        return render_to_string("admin/uploads/export_progress.html", {"told": progress_of(export)})

    @display(description="To do")
    def to_do(self, export: Export) -> SafeString:
        return render_to_string("admin/uploads/export_links.html", {"export": export, "links": _LINKS})

    @display(description="What they hold")
    def columns(self, export: Export) -> SafeString:
        return render_to_string("admin/uploads/export_columns.html", {"columns": COLUMNS})

    def order(self, request: HttpRequest) -> HttpResponse:
        """The ledger's list leads here with its own parameters."""
        self._check(request)
        try:
            wanted = log_filter_of(request.GET.dict())
        except IncorrectLookupParameters:
            messages.error(request, "This selection cannot be read. Choose the filters again.")
            return HttpResponseRedirect(reverse("admin:uploads_uploadlog_changelist"))
        form = OrderForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._begin(request, wanted, form.cleaned_data["format"])
        rows = estimate(actor_of(request), wanted)
        return ask(
            self,
            request,
            title="Export this selection of the ledger",
            text=f"Chosen: {wanted.in_words() or 'everything'}; about {_rows(rows)}. "
            "A worker writes the file; you may leave the page. It is kept for 30 days.",
            form=form,
            button="Export",
            back=f"{reverse('admin:uploads_uploadlog_changelist')}?{request.GET.urlencode()}",
        )

    def progress_view(self, request: HttpRequest) -> JsonResponse:
        """Of the exports that `id` names, repeated."""
        self._check(request)
        ids = [int(text) for text in request.GET.getlist("id")[:_MOST_ASKED] if text.isdecimal() and len(text) < 19]
        return JsonResponse({"exports": [progress_of(export) for export in Export.objects.filter(pk__in=ids)]})

    def download(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self._check(request)
        export = get_object_or_404(Export, pk=pk)
        if export.state != Export.State.READY:
            messages.error(request, f"{export} has no file: {progress_of(export)['text']}")
            return HttpResponseRedirect(reverse(_LIST))
        name = f"ami-ledger-{export.created_at:%Y%m%d}-{export.pk}.{export.format}"
        return stream_file(export.file, name, CONTENT_TYPES[Export.Format(export.format)])

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._check(request)
        export = get_object_or_404(Export, pk=pk)
        if request.method != "POST":
            text = f"{export.in_words}, {progress_of(export)['text']}. What was written so far is thrown away."
            return ask(self, request, title=f"Cancel {export}", text=text, button="Cancel it", back=reverse(_LIST))
        try:
            cancel_export(actor=actor_of(request), export=export)
            messages.success(request, f"{export} is cancelled.")
        except PortalError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse(_LIST))

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._check(request)
        export = get_object_or_404(Export, pk=pk)
        if request.method != "POST":
            text = f"{export.in_words}, as it is in the ledger now, into a new file."
            return ask(self, request, title="Export again", text=text, button="Export", back=reverse(_LIST))
        return self._begin(request, LogFilter.from_json(export.selection), export.format)

    def _begin(self, request: HttpRequest, wanted: LogFilter, format: str) -> HttpResponse:
        export = begin_export(actor=actor_of(request), wanted=wanted, format=Export.Format(format))
        messages.success(request, f"{export} is ordered: {export.in_words}.")
        return HttpResponseRedirect(reverse(_LIST))

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied
