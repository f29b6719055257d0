"""The ledger, to look at. Nobody adds to it, changes it or deletes from it here, superusers included."""

from datetime import UTC, datetime, time, timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
    TextFilter,
)
from unfold.decorators import display
from unfold.paginator import InfinitePaginator
from unfold.utils import parse_date_str

from amiportal.adminkit import ReadOnly, minute
from uploads.models import MultipartUpload, UploadFailure, UploadLog, UploadSession
from uploads.templatetags.portal_text import size as size_text

_STATUS_LABELS = {
    UploadLog.Status.VERIFIED: "success",
    UploadLog.Status.PRESENT: "success",
    UploadLog.Status.STORED: "info",
    UploadLog.Status.GRANTED: "info",
    UploadLog.Status.MISSING: "danger",
    UploadLog.Status.MISMATCH: "danger",
    UploadLog.Status.FAILED: "danger",
    UploadLog.Status.EXPIRED: "warning",
}


class DayRange(RangeDateFilter):
    """Whole days in UTC, the last one included: the library compares with midnight at its beginning."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        for end, lookup, shift in (("from", "gte", timedelta()), ("to", "lt", timedelta(days=1))):
            day = parse_date_str(self.used_parameters.get(f"{self.parameter_name}_{end}") or "")
            if day is not None:
                moment = datetime.combine(day, time(), tzinfo=UTC) + shift
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": moment})
        return queryset


class Ledger(ReadOnly, ModelAdmin):
    """Pages without a COUNT over tables of tens of millions of rows; newest first, by the primary key."""

    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 100
    list_filter_submit = True
    list_fullwidth = True
    ordering = ["-id"]
    sortable_by = ()


@admin.register(UploadSession)
class UploadSessionAdmin(Ledger):
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
        ("started_at", DayRange),
    ]
    search_fields = ["uploader_name__startswith", "account__username__startswith", "deployment__deployment_id__exact"]
    search_help_text = "Beginning of the uploader's name or account, or a deployment's whole ID"
    readonly_fields = ["ledger", "declared_size"]
    fieldsets = [
        (None, {"fields": [("account", "uploader_name"), ("deployment", "data_type"), "season_reason", "ledger"]}),
        ("How far", {"fields": [("started_at", "last_seen_at", "finished_at"), ("declared_files", "declared_size")]}),
        ("By what", {"fields": [("client", "is_legacy"), "address"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UploadSession]:
        return super().get_queryset(request).select_related("account", "deployment")

    @display(description="Started (UTC)")
    def started(self, session: UploadSession) -> str:
        return minute(session.started_at)

    @display(description="Last seen (UTC)")
    def last_seen(self, session: UploadSession) -> str:
        return minute(session.last_seen_at)

    @display(description="Progress", label={"finished": "success", "open": "info", "by a field client": "default"})
    def progress(self, session: UploadSession) -> str:
        if session.finished_at:
            return "finished"
        return "by a field client" if session.is_legacy else "open"

    @display(description="Declared")
    def declared(self, session: UploadSession) -> str:
        if session.declared_files is None:
            return "–"
        return f"{session.declared_files:,} files, {self.declared_size(session)}"

    @display(description="Declared size")
    def declared_size(self, session: UploadSession) -> str:
        return "–" if session.declared_bytes is None else size_text(session.declared_bytes)

    @display(description="Ledger")
    def ledger(self, session: UploadSession) -> SafeString:
        return format_html(
            '<a href="{}?session__id__exact={}" class="{}">Files of this session</a>',
            reverse("admin:uploads_uploadlog_changelist"),
            session.pk,
            "text-primary-600 dark:text-primary-500",
        )


@admin.register(UploadLog)
class UploadLogAdmin(Ledger):
    list_display = [
        "filename",
        "shown_status",
        "deployment",
        "data_type",
        "size",
        "uploader",
        "granted",
        "verified",
        "error_code",
    ]
    list_select_related = ["deployment", "session__account"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("data_type", ChoicesDropdownFilter),
        ("deployment", AutocompleteSelectFilter),
        ("deployment__bucket", RelatedDropdownFilter),
        ("session__account", AutocompleteSelectFilter),
        ("granted_at", DayRange),
    ]
    search_fields = ["filename__startswith"]
    search_help_text = "Beginning of the file's name, as it is written"
    fieldsets = [
        (None, {"fields": ["filename", ("status", "error_code"), "path_on_card"]}),
        ("Where", {"fields": [("deployment", "data_type"), "session"]}),
        ("Content", {"fields": [("size_bytes", "md5"), ("etag", "device_time")]}),
        ("When", {"fields": [("granted_at", "grant_expires_at"), ("stored_at", "verified_at")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UploadLog]:
        return super().get_queryset(request).select_related("deployment", "session__account")

    @display(description="Status", label=_STATUS_LABELS)
    def shown_status(self, file: UploadLog) -> tuple[str, str]:
        return file.status, file.get_status_display()

    @display(description="Granted (UTC)")
    def granted(self, file: UploadLog) -> str:
        return minute(file.granted_at)

    @display(description="Verified (UTC)")
    def verified(self, file: UploadLog) -> str:
        return minute(file.verified_at)

    @display(description="Size")
    def size(self, file: UploadLog) -> str:
        return "–" if file.size_bytes is None else size_text(file.size_bytes)

    @display(description="Uploader")
    def uploader(self, file: UploadLog) -> str:
        return str(file.session.account)


def _stacked(text: str, under: str, *, wide: bool = False) -> SafeString:
    """Two facts in one column: a column for each would squeeze them all."""
    return format_html(
        '<div class="{}"><div>{}</div><div class="text-xs">{}</div></div>', "min-w-56" if wide else "", text, under
    )


class StepFilter(DropdownFilter):
    """The steps that our own clients name; asked of the rows, the filter would read the whole table."""

    title = "step"
    parameter_name = "step"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        steps = ["page", "scan", "hash", "check", "presign", "send", "confirm", "finish"]
        return [(step, step) for step in steps]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(step=self.value()) if self.value() else queryset


class CodeFilter(TextFilter):
    title = "whole code"
    parameter_name = "code"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(code=self.value().strip()) if self.value() else queryset


@admin.register(UploadFailure)
class UploadFailureAdmin(Ledger):
    list_display = ["reported", "step", "shown_code", "what", "who", "where", "by_what"]
    list_filter = [
        StepFilter,
        CodeFilter,
        ("account", AutocompleteSelectFilter),
        ("deployment", AutocompleteSelectFilter),
        ("reported_at", DayRange),
    ]
    search_fields = ["filename__startswith", "code__exact"]
    search_help_text = "Beginning of the file's name, or a whole code"
    fieldsets = [
        (None, {"fields": [("code", "step"), ("http_status", "attempts"), "filename", "message"]}),
        ("Whose and where", {"fields": [("account", "deployment"), ("session", "reported_at")]}),
        ("By what", {"fields": [("client", "link"), "user_agent"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UploadFailure]:
        joined = ["account", "deployment", "session__account", "session__deployment"]
        return super().get_queryset(request).select_related(*joined)

    @display(description="Reported (UTC)")
    def reported(self, failure: UploadFailure) -> str:
        return minute(failure.reported_at)

    @display(description="Code")
    def shown_code(self, failure: UploadFailure) -> SafeString:
        tries = "" if failure.attempts is None else f"{failure.attempts:,} tries"
        answer = f"HTTP {failure.http_status}" if failure.http_status else ""
        return _stacked(failure.code, ", ".join(filter(None, [answer, tries])))

    @display(description="What happened")
    def what(self, failure: UploadFailure) -> SafeString:
        return _stacked(failure.filename, failure.message, wide=True)

    @display(description="By what")
    def by_what(self, failure: UploadFailure) -> SafeString:
        return _stacked(failure.client, failure.link)

    @display(description="Uploader")
    def who(self, failure: UploadFailure) -> str:
        # The oldest rows name their session alone.
        return str(failure.account or (failure.session.account if failure.session else "–"))

    @display(description="Deployment")
    def where(self, failure: UploadFailure) -> str:
        return str(failure.deployment or (failure.session.deployment if failure.session else "–"))


@admin.register(MultipartUpload)
class MultipartUploadAdmin(Ledger):
    """Large files on their way in parts; those that nobody goes on with are given up after a week."""

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
