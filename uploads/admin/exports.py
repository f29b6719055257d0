"""Exports of the ledger, and how far each is. What can be done with them stands in exports_pages.py."""

from django.contrib import admin
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.decorators import display

from amiportal.core.adminkit import minute, page
from uploads.admin import exports_pages
from uploads.admin.paging import LongTable
from uploads.ledger.columns import COLUMNS
from uploads.models import Export

# In which states each is offered; all are on the page, so that its script has only to show them.
_LINKS = (
    ("ready", "admin:uploads_export_download", "Download"),
    ("waiting running", "admin:uploads_export_cancel", "Cancel"),
    ("failed cancelled expired", "admin:uploads_export_again", "Run again"),
)


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
        return [
            page(self, "order/", exports_pages.order, name="uploads_export_order", permission="view"),
            page(self, "progress/", exports_pages.progress, name="uploads_export_progress", permission="view"),
            page(self, "<int:pk>/download/", exports_pages.download, name="uploads_export_download", permission="view"),
            page(self, "<int:pk>/cancel/", exports_pages.cancel, name="uploads_export_cancel", permission="view"),
            page(self, "<int:pk>/again/", exports_pages.again, name="uploads_export_again", permission="view"),
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
        return render_to_string("admin/uploads/export_progress.html", {"told": exports_pages.progress_of(export)})

    @display(description="To do")
    def to_do(self, export: Export) -> SafeString:
        return render_to_string("admin/uploads/export_links.html", {"export": export, "links": _LINKS})

    @display(description="What they hold")
    def columns(self, export: Export) -> SafeString:
        return render_to_string("admin/uploads/export_columns.html", {"columns": COLUMNS})
