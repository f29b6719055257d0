"""Lists as CSV: the whole selection, all of its pages; the address has the list's own parameters."""

from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from uploads.admin.paging import LongTable
from uploads.ledger.streams import drift_csv_lines, session_csv_lines


def drift_csv(model_admin: LongTable, request: HttpRequest) -> HttpResponseBase:
    """Download the list of changed and vanished files as CSV."""
    return _csv(model_admin, request, drift_csv_lines, name="ami-changed")


def sessions_csv(model_admin: LongTable, request: HttpRequest) -> HttpResponseBase:
    """Download the list of sessions as CSV."""
    return _csv(model_admin, request, session_csv_lines, name="ami-sessions")


def _csv(
    model_admin: LongTable, request: HttpRequest, lines: Callable[[Any], Iterable[str]], *, name: str
) -> HttpResponseBase:
    chosen = model_admin.selection(request)
    if chosen is None:
        opts = model_admin.opts
        return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
    return StreamingHttpResponse(
        lines(chosen.order_by("-id")),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{timezone.now():%Y%m%d}.csv"'},
    )
