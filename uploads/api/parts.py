"""The calls for large files that go in parts."""

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from amiportal.accounts.actor import actor_of
from amiportal.core.api import validated
from uploads.api.serializers import parts as serializers
from uploads.permissions import session_of
from uploads.services.parts import PartClaim, complete_upload, list_parts, sign_parts


class PartsView(APIView):
    @extend_schema(
        operation_id="list_parts", parameters=[serializers.UploadRequest], responses=serializers.PartsResponse
    )
    def get(self, request: Request, session_id: int) -> HttpResponseBase:
        """What the store holds of a file by now; asked, not remembered."""
        session = session_of(actor=actor_of(request), session_id=session_id)
        asked = validated(serializers.UploadRequest, request.query_params)
        found = list_parts(actor=actor_of(request), session=session, upload_id=asked["upload"])
        return Response(serializers.PartsResponse({"parts": found}).data)

    @extend_schema(
        operation_id="sign_parts", request=serializers.PartsRequest, responses=serializers.SignedPartsResponse
    )
    def post(self, request: Request, session_id: int) -> HttpResponseBase:
        """A URL for each part, good for the bytes of that MD5 alone. Prolongs the grant."""
        session = session_of(actor=actor_of(request), session_id=session_id)
        asked = validated(serializers.PartsRequest, request.data)
        claims = [PartClaim(**claim) for claim in asked["parts"]]
        signed = sign_parts(actor=actor_of(request), session=session, upload_id=asked["upload"], claims=claims)
        return Response(serializers.SignedPartsResponse({"parts": signed}).data)


class CompleteView(APIView):
    @extend_schema(
        operation_id="complete_upload",
        request=serializers.UploadRequest,
        responses=serializers.CompletionResponse,
    )
    def post(self, request: Request, session_id: int) -> HttpResponseBase:
        """Have the store make the file of its parts, if they are all there and the right ones. May be repeated."""
        session = session_of(actor=actor_of(request), session_id=session_id)
        asked = validated(serializers.UploadRequest, request.data)
        completion = complete_upload(actor=actor_of(request), session=session, upload_id=asked["upload"])
        return Response(serializers.CompletionResponse(completion).data)
