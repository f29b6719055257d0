"""Lists as CSV: the whole selection, all of its pages; the address has the list's own parameters."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from uploads.admin.paging import LongTable
from uploads.ledger.streams import drift_csv_lines, session_csv_lines


def drift_csv(model_admin: LongTable, request: HttpRequest) -> HttpResponseBase:
    """Changed and vanished files."""
    return _csv(model_admin, request, drift_csv_lines, name="ami-changed")


def sessions_csv(model_admin: LongTable, request: HttpRequest) -> HttpResponseBase:
    """Sessions."""
    return _csv(model_admin, request, session_csv_lines, name="ami-sessions")


def _csv(
    model_admin: LongTable, request: HttpRequest, lines: Callable[[Any], Iterable[str]], *, name: str
) -> HttpResponseBase:
    try:
        chosen = model_admin.get_changelist_instance(request).queryset.order_by("-id")
    except IncorrectLookupParameters:
        messages.error(request, "This selection cannot be read. Choose the filters again.")
        opts = model_admin.opts
        return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
    return StreamingHttpResponse(
        lines(chosen),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{timezone.now():%Y%m%d}.csv"'},
    )
