"""The upload calls of the new API."""

from collections.abc import Sequence

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import APIView

from amiportal.core.client_address import client_address
from amiportal.core.errors import PortalError
from uploads import exports, serializers
from uploads.ledger_pages import Place, ledger_page
from uploads.ledger_reading import read_ledger
from uploads.log_columns import as_told, values_of
from uploads.log_filter import LogFilter
from uploads.log_serializers import LogFilterRequest, LogRow
from uploads.models import UploadLog
from uploads.permissions import require_maintainer, session_of, session_visible_to
from uploads.receipts import receipt
from uploads.selectors import sessions_visible_to
from uploads.serializers import read
from uploads.services.checking import check_files
from uploads.services.confirming import confirm_files
from uploads.services.failing import ClientFailure, report_failures
from uploads.services.granting import grant_files
from uploads.services.sessions import finish_session, open_session, verdict_of, verdicts_of


class SessionPages(pagination.CursorPagination):
    ordering = "-id"
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class SessionsView(APIView):
    pagination_class = SessionPages

    @extend_schema(
        operation_id="list_sessions",
        parameters=[
            serializers.SessionFilterRequest,
            OpenApiParameter("cursor", OpenApiTypes.STR),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses=serializers.SessionRow(many=True),
    )
    def get(self, request):
        """One's own sessions, newest first, with how each stands by the ledger."""
        asked = read(serializers.SessionFilterRequest, request.query_params)
        if asked["all"]:
            require_maintainer(request.user)
        sessions = sessions_visible_to(
            request.user,
            of_everybody=asked["all"],
            is_finished=None if asked["state"] == "" else asked["state"] == "finished",
        )
        pages = SessionPages()
        verdicts = verdicts_of(pages.paginate_queryset(sessions, request, view=self))
        return pages.get_paginated_response([serializers.session_row(verdict) for verdict in verdicts])

    @extend_schema(
        operation_id="open_session", request=serializers.SessionRequest, responses={201: serializers.SessionResponse}
    )
    def post(self, request):
        """Open a session for one upload into one deployment and data type."""
        asked = read(serializers.SessionRequest, request.data)
        session = open_session(
            actor=request.user,
            deployment_id=asked["deployment"],
            data_type=asked["data_type"],
            uploader_name=asked["uploader_name"],
            client=asked["client"],
            declared_files=asked["files"],
            declared_bytes=asked["bytes"],
            address=client_address(request),
            season_reason=asked["season_reason"],
        )
        return Response(serializers.SessionResponse(session).data, status=201)


class SessionView(APIView):
    @extend_schema(operation_id="get_session", responses=serializers.SessionRow)
    def get(self, request, session_id: int):
        """A session as it stands. Its account may go on with it while it is not finished, from any computer."""
        session = session_visible_to(actor=request.user, session_id=session_id)
        return Response(serializers.session_row(verdict_of(session)))


class CheckView(APIView):
    @extend_schema(operation_id="check_files", request=serializers.FilesRequest, responses=serializers.CheckResponse)
    def post(self, request, session_id: int):
        """What would become of these files, one answer each in the order asked. Writes nothing."""
        session = session_of(actor=request.user, session_id=session_id)
        files = read(serializers.FilesRequest, request.data)["files"]
        results = check_files(actor=request.user, session=session, files=files)
        return Response({"files": [serializers.result_row(result, with_warnings=True) for result in results]})


class PresignView(APIView):
    @extend_schema(
        operation_id="presign_files", request=serializers.FilesRequest, responses=serializers.PresignResponse
    )
    def post(self, request, session_id: int):
        """A signed URL for each file that may be sent, and for each other one the reason why not."""
        session = session_of(actor=request.user, session_id=session_id)
        files = read(serializers.FilesRequest, request.data)["files"]
        results = grant_files(actor=request.user, session=session, files=files)
        return Response({"files": [serializers.result_row(result) for result in results]})


class ConfirmView(APIView):
    @extend_schema(
        operation_id="confirm_files", request=serializers.NamesRequest, responses=serializers.ConfirmResponse
    )
    def post(self, request, session_id: int):
        """Have the portal compare what was sent, by size and MD5, with what the store has."""
        session = session_of(actor=request.user, session_id=session_id)
        names = read(serializers.NamesRequest, request.data)["files"]
        results = confirm_files(actor=request.user, session=session, names=names)
        return Response({"files": [serializers.result_row(result) for result in results]})


class FailuresView(APIView):
    @extend_schema(
        operation_id="report_failures",
        request=serializers.FailuresRequest,
        responses={201: serializers.FailuresResponse},
    )
    def post(self, request, session_id: int):
        """What the client could not do; maintainers see it."""
        session = session_of(actor=request.user, session_id=session_id)
        failures = [ClientFailure(**failure) for failure in read(serializers.FailuresRequest, request.data)["failures"]]
        recorded = report_failures(
            actor=request.user,
            session=session,
            failures=failures,
            user_agent=request.headers.get("User-Agent", ""),
        )
        return Response({"recorded": recorded}, status=201)


class FinishView(APIView):
    @extend_schema(
        operation_id="finish_session", request=serializers.FinishRequest, responses=serializers.FinishResponse
    )
    def post(self, request, session_id: int):
        """End the session and learn whether the card may be wiped."""
        session = session_of(actor=request.user, session_id=session_id)
        selected = read(serializers.FinishRequest, request.data)
        verdict = finish_session(
            actor=request.user,
            session=session,
            selected_files=selected["files"],
            selected_bytes=selected["bytes"],
        )
        return Response(
            {
                "id": session.pk,
                "verified": verdict.verified,
                "stored_before": verdict.stored_before,
                "unproven": verdict.unproven,
                "unsettled": verdict.unsettled,
                "unsettled_until": verdict.unsettled_until,
                "refused": verdict.refused,
                "comparing": verdict.comparing,
                "safe_to_wipe": verdict.safe_to_wipe,
                "finished_at": session.finished_at,
            }
        )


class ReceiptView(APIView):
    @extend_schema(operation_id="get_receipt", responses=serializers.ReceiptResponse)
    def get(self, request, session_id: int):
        """The signed receipt of a finished session: every file with size, MD5, key and when it was verified."""
        session = session_visible_to(actor=request.user, session_id=session_id)
        if session.finished_at is None:
            raise PortalError("The session is still open; finish it first.", code="session_open", http_status=409)
        response = StreamingHttpResponse(receipt(session), content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="receipt-{session.pk}.json"'
        return response


class LogPages(pagination.CursorPagination):
    """Cursors as ever, before and after a row's id; the rows by ledger_pages."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1_000

    def rows(self, request, wanted: LogFilter) -> Sequence[UploadLog]:
        self.base_url = request.build_absolute_uri()
        cursor = self.decode_cursor(request)
        place = Place()
        if cursor is not None:
            if not (cursor.position or "").isdecimal() or len(cursor.position) > 18:
                raise NotFound(self.invalid_cursor_message)
            key = int(cursor.position)
            place = Place(before=key) if cursor.reverse else Place(after=key)
        self.page = ledger_page(request.user, wanted, place, size=self.get_page_size(request))
        return self.page.rows

    def get_next_link(self) -> str | None:
        return self._link(self.page.rows[-1:], is_backward=False) if self.page.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(self.page.rows[:1], is_backward=True) if self.page.has_previous else None

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
    def get(self, request):
        """Who uploaded what, newest first, or by name with name_prefix. csv and ndjson stream all of it, by session."""
        wanted = LogFilter(**read(LogFilterRequest, request.query_params))
        format_ = request.query_params.get("format", "json")
        if format_ == "csv":
            lines = exports.csv_lines(read_ledger(request.user, wanted))
            return _download(lines, "text/csv; charset=utf-8", "csv")
        if format_ == "ndjson":
            return _download(exports.ndjson_lines(read_ledger(request.user, wanted)), "application/x-ndjson", "ndjson")
        if format_ != "json":
            raise PortalError("The format is json, csv or ndjson.", code="invalid", fields={"format": ["Unknown."]})
        pages = LogPages()
        return pages.get_paginated_response([as_told(values_of(row)) for row in pages.rows(request, wanted)])


def _download(lines, content_type: str, extension: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="uploads.{extension}"'
    return response
