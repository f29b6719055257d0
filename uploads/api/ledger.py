"""The ledger over the API: who uploaded what, by pages or as one stream."""

from collections.abc import Iterable, Sequence

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from amiportal.accounts.actor import actor_of
from amiportal.core.api import validated
from amiportal.core.errors import PortalError
from uploads.api.serializers.ledger import LogFilterRequest, LogRow
from uploads.ledger import streams
from uploads.ledger.columns import as_told, values_of
from uploads.ledger.filter import LogFilter
from uploads.ledger.pages import Place, ledger_page
from uploads.ledger.reading import read_ledger
from uploads.models import UploadLog


class LogPages(pagination.CursorPagination):
    """Cursors as ever, before and after a row's id; the rows by uploads/ledger/pages.py."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1_000

    def rows(self, request: Request, wanted: LogFilter) -> Sequence[UploadLog]:
        self.base_url = request.build_absolute_uri()
        cursor = self.decode_cursor(request)
        place = Place()
        if cursor is not None:
            position = str(cursor.position or "")
            if not position.isdecimal() or len(position) > 18:
                raise NotFound(self.invalid_cursor_message)
            key = int(position)
            place = Place(before=key) if cursor.reverse else Place(after=key)
        size = self.get_page_size(request) or self.page_size
        self._shown = ledger_page(actor_of(request), wanted, place, size=size)
        return self._shown.rows

    def get_next_link(self) -> str | None:
        return self._link(self._shown.rows[-1:], is_backward=False) if self._shown.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(self._shown.rows[:1], is_backward=True) if self._shown.has_previous else None

    def _link(self, row: Sequence[UploadLog], *, is_backward: bool) -> str | None:
        return self.encode_cursor(pagination.Cursor(0, is_backward, row[0].pk)) if row else None


class LogView(APIView):
    pagination_class = LogPages

    @extend_schema(
        operation_id="list_log",
        parameters=[
            LogFilterRequest,
            OpenApiParameter("format", OpenApiTypes.STR, enum=["json", "csv", "ndjson"]),
            OpenApiParameter("cursor", OpenApiTypes.STR),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses=LogRow(many=True),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Who uploaded what, newest first, or by name with name_prefix. csv and ndjson stream all of it, by session."""
        wanted = LogFilter(**validated(LogFilterRequest, request.query_params))
        format_ = request.query_params.get("format", "json")
        if format_ == "csv":
            lines = streams.csv_lines(read_ledger(actor_of(request), wanted))
            return _download(lines, "text/csv; charset=utf-8", "csv")
        if format_ == "ndjson":
            return _download(
                streams.ndjson_lines(read_ledger(actor_of(request), wanted)), "application/x-ndjson", "ndjson"
            )
        if format_ != "json":
            raise PortalError("The format is json, csv or ndjson.", code="invalid", fields={"format": ["Unknown."]})
        pages = LogPages()
        return pages.get_paginated_response([as_told(values_of(row)) for row in pages.rows(request, wanted)])


def _download(lines: Iterable[str | bytes], content_type: str, extension: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="uploads.{extension}"'
    return response
