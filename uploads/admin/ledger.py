"""The ledger, to look at. Nobody adds to it, changes it or deletes from it here, superusers included."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.utils import parse_date_str

from amiportal.accounts.actor import actor_of
from amiportal.accounts.models import User
from amiportal.core.adminkit import minute
from deployments.models import Bucket, Deployment
from uploads.admin.paging import DayRange, KeysetChangeList, LongTable
from uploads.ledger.filter import LogFilter
from uploads.ledger.pages import ledger_page
from uploads.models import UploadLog
from uploads.templatetags.portal_text import size as size_text

_STATUS_LABELS = {
    UploadLog.Status.VERIFIED: "success",
    UploadLog.Status.PRESENT: "success",
    UploadLog.Status.UNPROVEN: "info",
    UploadLog.Status.GRANTED: "info",
    UploadLog.Status.UNSETTLED: "warning",
    UploadLog.Status.MISSING: "danger",
    UploadLog.Status.MISMATCH: "danger",
    UploadLog.Status.FAILED: "danger",
    UploadLog.Status.EXPIRED: "warning",
}


def _username(pk: str) -> str:
    return User.objects.values_list("username", flat=True).get(pk=pk)


def _deployment_id(pk: str) -> str:
    return Deployment.objects.values_list("deployment_id", flat=True).get(pk=pk)


def _bucket_name(pk: str) -> str:
    return Bucket.objects.values_list("name", flat=True).get(pk=pk)


# The list's parameters: the field of LogFilter that each sets, and how its value is read.
_ASKED_BY = {
    "status__exact": ("status", str),
    "data_type__exact": ("data_type", str),
    "deployment__id__exact": ("deployment", _deployment_id),
    "deployment__bucket__id__exact": ("bucket", _bucket_name),
    "session__account__id__exact": ("uploader", _username),
    "session__id__exact": ("session", int),
    "granted_at_from": ("granted_from", parse_date_str),
    "granted_at_to": ("granted_to", parse_date_str),
    "q": ("name_prefix", str),
}


def log_filter_of(params: dict[str, str]) -> LogFilter:
    """What the ledger's list is asked for by its address. Raises what the admin answers with the whole list."""
    asked = {}
    for name, value in params.items():
        if value in ("", None):
            continue
        if name not in _ASKED_BY:
            # A filter that had no effect would show other rows than it says.
            raise IncorrectLookupParameters(name)
        field, read = _ASKED_BY[name]
        try:
            asked[field] = read(value)
        except (ObjectDoesNotExist, ValueError) as error:
            raise IncorrectLookupParameters(name) from error
    return LogFilter(**asked)


class LedgerChangeList(KeysetChangeList):
    """Pages of ten million rows; see uploads.ledger.pages."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[UploadLog]:
        queryset = super().get_queryset(request, exclude_parameters)
        self.wanted = log_filter_of(self.params)
        if self.wanted.name_prefix:
            self.order_in_words = "by name"
        return queryset

    export_label = "Export this selection"

    @property
    def export_url(self) -> str:
        return reverse("admin:uploads_export_order") + self.get_query_string()

    def page(self, request: HttpRequest) -> tuple[Sequence[UploadLog], bool, bool]:
        page = ledger_page(actor_of(request), self.wanted, self.place, size=self.list_per_page)
        return page.rows, page.has_previous, page.has_next


@admin.register(UploadLog)
class UploadLogAdmin(LongTable):
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
        (
            "Content",
            {"fields": [("size_bytes", "device_time"), ("md5", "multipart_md5"), ("etag", "proven"), "damage"]},
        ),
        ("When", {"fields": [("granted_at", "grant_expires_at"), ("stored_at", "verified_at")]}),
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LedgerChangeList]:
        return LedgerChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[UploadLog]:
        return super().get_queryset(request).select_related("deployment", "session__account")

    @display(description="Status", label=_STATUS_LABELS)
    def shown_status(self, file: UploadLog) -> tuple[str, str]:
        return file.status, file.get_status_display()

    @display(description="Proven by")
    def proven(self, file: UploadLog) -> str:
        if file.proven_by != "parts":
            return "the MD5 of the whole" if file.proven_by else "–"
        return "its parts; the MD5 of the whole is what the client says until a worker has read it"

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
