"""What clients could not do, as they reported it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, TextFilter
from unfold.decorators import display

from amiportal.core.adminkit import minute
from uploads.admin.paging import DayRange, LongTable
from uploads.models import UploadFailure


def _stacked(text: str, under: str, *, wide: bool = False) -> SafeString:
    """Two facts in one column: a column for each would squeeze them all."""
    return format_html(
        '<div class="{}"><div>{}</div><div class="text-xs">{}</div></div>', "min-w-56" if wide else "", text, under
    )


class StepFilter(DropdownFilter):
    """The steps that our own clients name; asked of the rows, the filter would read the whole table."""

    title = "step"
    parameter_name = "step"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
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
class UploadFailureAdmin(LongTable):
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
