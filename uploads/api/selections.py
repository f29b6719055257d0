"""Calls about a selection, without a session: does it fit the place, is it stored, what went wrong before."""

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from amiportal.accounts.actor import actor_of
from amiportal.core.api import validated
from uploads.api.serializers import selections as serializers
from uploads.api.serializers.files import result_row
from uploads.api.serializers.sessions import FailuresResponse
from uploads.services.failures import ClientFailure, report_client_failures
from uploads.services.selection_survey import survey_selection
from uploads.services.selection_verify import verify_files


class SurveyView(APIView):
    @extend_schema(
        operation_id="survey_selection", request=serializers.SurveyRequest, responses=serializers.SurveyResponse
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Whether the times of a selection go with the deployment's season and its nights. Writes nothing."""
        asked = validated(serializers.SurveyRequest, request.data)
        survey = survey_selection(
            actor=actor_of(request),
            deployment_id=asked["deployment"],
            data_type=asked["data_type"],
            hours=asked["hours"],
            undated=asked["undated"],
        )
        return Response(serializers.SurveyResponse(survey).data)


class VerifyView(APIView):
    @extend_schema(operation_id="verify_files", request=serializers.VerifyRequest, responses=serializers.VerifyResponse)
    def post(self, request: Request) -> HttpResponseBase:
        """Whether the store holds exactly these files, one answer each in the order asked. Writes nothing."""
        asked = validated(serializers.VerifyRequest, request.data)
        results = verify_files(
            actor=actor_of(request),
            deployment_id=asked["deployment"],
            data_type=asked["data_type"],
            files=asked["files"],
        )
        return Response({"files": [result_row(result) for result in results]})


class ClientFailuresView(APIView):
    @extend_schema(
        operation_id="report_client_failures",
        request=serializers.ClientFailuresRequest,
        responses={201: FailuresResponse},
    )
    def post(self, request: Request) -> HttpResponseBase:
        """What the client could not do outside of any session; maintainers see it."""
        asked = validated(serializers.ClientFailuresRequest, request.data)
        recorded = report_client_failures(
            actor=actor_of(request),
            failures=[ClientFailure(**failure) for failure in asked["failures"]],
            deployment_id=asked["deployment"],
            client=asked["client"],
            user_agent=request.headers.get("User-Agent", ""),
        )
        return Response({"recorded": recorded}, status=201)
