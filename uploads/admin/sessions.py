"""Sessions and large files on their way in parts, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from amiportal.core.adminkit import minute, page
from uploads.admin.csv_pages import sessions_csv
from uploads.admin.paging import DayRange, KeysetChangeList, LongTable
from uploads.domain.shared import DAMAGE
from uploads.ledger.damaged import HAS_DAMAGED, damaged_in
from uploads.models import MultipartUpload, UploadSession
from uploads.templatetags.portal_text import size as size_text


class HasDamaged(admin.SimpleListFilter):
    """Whether files of the session look damaged."""

    title = "damaged files"
    parameter_name = "damaged"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "with files that look damaged")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[UploadSession]) -> QuerySet[UploadSession]:
        return queryset.filter(HAS_DAMAGED) if self.value() == "yes" else queryset


class SessionChangeList(KeysetChangeList):
    export_label = "Download as CSV"

    @property
    def export_url(self) -> str:
        return reverse("admin:uploads_uploadsession_csv") + self.get_query_string()


@admin.register(UploadSession)
class UploadSessionAdmin(LongTable):
    list_display = [
        "started",
        "account",
        "uploader_name",
        "deployment",
        "data_type",
        "progress",
        "declared",
        "last_seen",
        "client",
    ]
    list_select_related = ["account", "deployment"]
    list_filter = [
        ("account", AutocompleteSelectFilter),
        ("deployment", AutocompleteSelectFilter),
        ("deployment__bucket", RelatedDropdownFilter),
        ("data_type", ChoicesDropdownFilter),
        ("is_legacy", BooleanRadioFilter),
        HasDamaged,
        ("started_at", DayRange),
    ]
    search_fields = ["uploader_name__startswith", "account__username__startswith", "deployment__deployment_id__exact"]
    search_help_text = "Beginning of the uploader's name or account, or a deployment's whole ID"
    readonly_fields = ["ledger", "declared_size", "names", "damaged"]
    fieldsets = [
        (None, {"fields": [("account", "uploader_name"), ("deployment", "data_type"), "season_reason", "ledger"]}),
        (
            "How far",
            {
                "fields": [
                    ("started_at", "last_seen_at", "finished_at"),
                    ("declared_files", "declared_size"),
                    "names",
                    "damaged",
                ]
            },
        ),
        ("By what", {"fields": [("client", "is_legacy"), "address"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UploadSession]:
        return super().get_queryset(request).select_related("account", "deployment")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SessionChangeList]:
        return SessionChangeList

    def get_urls(self) -> list:
        return [
            page(self, "csv/", sessions_csv, name="uploads_uploadsession_csv", permission="view"),
            *super().get_urls(),
        ]

    @display(description="Started (UTC)")
    def started(self, session: UploadSession) -> str:
        return minute(session.started_at)

    @display(description="Last seen (UTC)")
    def last_seen(self, session: UploadSession) -> str:
        return minute(session.last_seen_at)

    @display(description="Progress", label={"finished": "success", "open": "info", "by an old client": "default"})
    def progress(self, session: UploadSession) -> str:
        if session.finished_at:
            return "finished"
        return "by an old client" if session.is_legacy else "open"

    @display(description="Declared")
    def declared(self, session: UploadSession) -> str:
        if session.declared_files is None:
            return "–"
        return f"{session.declared_files:,} files, {self.declared_size(session)}"

    @display(description="Declared size")
    def declared_size(self, session: UploadSession) -> str:
        return "–" if session.declared_bytes is None else size_text(session.declared_bytes)

    @display(description="Names asked for")
    def names(self, session: UploadSession) -> str:
        """Old clients alone ask for names; a card whose names are all taken sends nothing."""
        if not session.names_asked:
            return "–"
        return f"{session.names_asked:,}, of which {session.names_taken:,} were there already"

    @display(description="Look damaged")
    def damaged(self, session: UploadSession) -> str:
        counted = damaged_in(session)
        told = [f"{files:,}: it {DAMAGE.get(code, code)}" for code, files in counted.items()]
        return "; ".join(told) or "none"

    @display(description="Uploaded files")
    def ledger(self, session: UploadSession) -> SafeString:
        return format_html(
            '<a href="{}?session__id__exact={}" class="{}">Files of this session</a>',
            reverse("admin:uploads_uploadlog_changelist"),
            session.pk,
            "text-primary-600 dark:text-primary-500",
        )


@admin.register(MultipartUpload)
class MultipartUploadAdmin(LongTable):
    """Large files on their way in parts; those that nobody continues are given up after a week."""

    list_display = ["filename", "shown_status", "deployment", "data_type", "size", "begun", "used"]
    list_select_related = ["deployment"]
    list_filter = [("status", ChoicesDropdownFilter), ("deployment", AutocompleteSelectFilter)]
    search_fields = ["filename__startswith"]
    search_help_text = "Beginning of the file's name, as it is written"
    fieldsets = [
        (None, {"fields": ["filename", ("deployment", "data_type"), ("status", "session")]}),
        ("Content", {"fields": [("size_bytes", "part_size_bytes"), ("md5", "multipart_md5")]}),
        ("When", {"fields": [("started_at", "last_used_at"), "ended_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[MultipartUpload]:
        return super().get_queryset(request).select_related("deployment")

    @display(description="Status", label={"open": "info", "completed": "success", "aborted": "warning"})
    def shown_status(self, upload: MultipartUpload) -> str:
        return upload.status

    @display(description="Size")
    def size(self, upload: MultipartUpload) -> str:
        return size_text(upload.size_bytes)

    @display(description="Begun (UTC)")
    def begun(self, upload: MultipartUpload) -> str:
        return minute(upload.started_at)

    @display(description="Last used (UTC)")
    def used(self, upload: MultipartUpload) -> str:
        return minute(upload.last_used_at)
