"""The upload calls of the new API."""

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import pagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from amiportal.accounts.actor import actor_of
from amiportal.core.api import validated
from amiportal.core.client_address import client_address
from amiportal.core.errors import PortalError
from uploads.api.serializers import files as of_files
from uploads.api.serializers import sessions as serializers
from uploads.permissions import require_maintainer, session_of, session_visible_to
from uploads.selectors import sessions_visible_to
from uploads.services.checking import check_files
from uploads.services.confirming import confirm_files
from uploads.services.failures import ClientFailure, report_failures
from uploads.services.granting import grant_files
from uploads.services.receipts import receipt
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
    def get(self, request: Request) -> HttpResponseBase:
        """One's own sessions, newest first, with how each stands by the ledger."""
        asked = validated(serializers.SessionFilterRequest, request.query_params)
        if asked["all"]:
            require_maintainer(actor_of(request))
        sessions = sessions_visible_to(
            actor_of(request),
            of_everybody=asked["all"],
            is_finished=None if asked["state"] == "" else asked["state"] == "finished",
        )
        pages = SessionPages()
        verdicts = verdicts_of(pages.paginate_queryset(sessions, request, view=self) or [])
        return pages.get_paginated_response([serializers.session_row(verdict) for verdict in verdicts])

    @extend_schema(
        operation_id="open_session", request=serializers.SessionRequest, responses={201: serializers.SessionResponse}
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Open a session for one upload into one deployment and data type."""
        asked = validated(serializers.SessionRequest, request.data)
        session = open_session(
            actor=actor_of(request),
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
    def get(self, request: Request, session_id: int) -> HttpResponseBase:
        """A session as it stands. Its account may go on with it while it is not finished, from any computer."""
        session = session_visible_to(actor=actor_of(request), session_id=session_id)
        return Response(serializers.session_row(verdict_of(session)))


class CheckView(APIView):
    @extend_schema(operation_id="check_files", request=of_files.FilesRequest, responses=of_files.CheckResponse)
    def post(self, request: Request, session_id: int) -> HttpResponseBase:
        """What would become of these files, one answer each in the order asked. Writes nothing."""
        session = session_of(actor=actor_of(request), session_id=session_id)
        files = validated(of_files.FilesRequest, request.data)["files"]
        results = check_files(actor=actor_of(request), session=session, files=files)
        return Response({"files": [of_files.result_row(result, with_warnings=True) for result in results]})


class PresignView(APIView):
    @extend_schema(operation_id="presign_files", request=of_files.FilesRequest, responses=of_files.PresignResponse)
    def post(self, request: Request, session_id: int) -> HttpResponseBase:
        """A signed URL for each file that may be sent, and for each other one the reason why not."""
        session = session_of(actor=actor_of(request), session_id=session_id)
        files = validated(of_files.FilesRequest, request.data)["files"]
        results = grant_files(actor=actor_of(request), session=session, files=files)
        return Response({"files": [of_files.result_row(result) for result in results]})


class ConfirmView(APIView):
    @extend_schema(operation_id="confirm_files", request=of_files.NamesRequest, responses=of_files.ConfirmResponse)
    def post(self, request: Request, session_id: int) -> HttpResponseBase:
        """Have the portal compare what was sent, by size and MD5, with what the store has."""
        session = session_of(actor=actor_of(request), session_id=session_id)
        names = validated(of_files.NamesRequest, request.data)["files"]
        results = confirm_files(actor=actor_of(request), session=session, names=names)
        return Response({"files": [of_files.result_row(result) for result in results]})


class FailuresView(APIView):
    @extend_schema(
        operation_id="report_failures",
        request=serializers.FailuresRequest,
        responses={201: serializers.FailuresResponse},
    )
    def post(self, request: Request, session_id: int) -> HttpResponseBase:
        """What the client could not do; maintainers see it."""
        session = session_of(actor=actor_of(request), session_id=session_id)
        failures = [
            ClientFailure(**failure) for failure in validated(serializers.FailuresRequest, request.data)["failures"]
        ]
        recorded = report_failures(
            actor=actor_of(request),
            session=session,
            failures=failures,
            user_agent=request.headers.get("User-Agent", ""),
        )
        return Response({"recorded": recorded}, status=201)


class FinishView(APIView):
    @extend_schema(
        operation_id="finish_session", request=serializers.FinishRequest, responses=serializers.FinishResponse
    )
    def post(self, request: Request, session_id: int) -> HttpResponseBase:
        """End the session and learn whether the card may be wiped."""
        session = session_of(actor=actor_of(request), session_id=session_id)
        selected = validated(serializers.FinishRequest, request.data)
        verdict = finish_session(
            actor=actor_of(request),
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
    def get(self, request: Request, session_id: int) -> HttpResponseBase:
        """The signed receipt of a finished session: every file with size, MD5, key and when it was verified."""
        session = session_visible_to(actor=actor_of(request), session_id=session_id)
        if session.finished_at is None:
            raise PortalError("The session is still open; finish it first.", code="session_open", http_status=409)
        response = StreamingHttpResponse(receipt(session), content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="receipt-{session.pk}.json"'
        return response
