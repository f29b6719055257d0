"""/api/v1/: deployments, buckets, hardware. Parses, calls services and selectors, renders."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from amiportal.accounts.actor import actor_of
from amiportal.core.api import validated
from deployments import selectors, services
from deployments.api.serializers import (
    BucketCreateSerializer,
    BucketQuerySerializer,
    BucketSerializer,
    DeploymentQuerySerializer,
    DeploymentSerializer,
    DeploymentWriteSerializer,
    HardwareSerializer,
    NextSeasonSerializer,
    RetireSerializer,
)
from deployments.formats import camtrap
from deployments.formats.exports import CAMTRAP_FILENAME, GEOJSON_FILENAME, GEOJSON_TYPE, write_geojson
from deployments.formats.legacy_record import table_record
from deployments.formats.table import write_table
from deployments.models import Deployment
from deployments.permissions import require_maintainer

TABLE_FILENAME = "deployments_info.csv"


class DeploymentViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Those that the caller may see; anything else does not exist for the caller."""

    serializer_class = DeploymentSerializer
    lookup_field = "deployment_id"
    lookup_value_regex = "[^/.]+"

    def get_queryset(self) -> QuerySet[Any]:
        return selectors.deployments_visible_to(self.request.user)

    @extend_schema(
        parameters=[DeploymentQuerySerializer],
        responses={
            (200, "application/json"): DeploymentSerializer(many=True),
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Pages of deployments by id; with another `format` all of them in one file, but those for trials.

        Camtrap DP requires coordinates and both ends of the season: the header `X-Deployments-Left-Out` of its answer
        says how many deployments lack one of them and are not in it.
        """
        query = validated(DeploymentQuerySerializer, request.query_params)
        user = request.user
        deployments = selectors.deployments_open_for_upload(user) if query["open_for_upload"] else self.get_queryset()
        if "bucket" in query:
            deployments = deployments.filter(bucket__name=query["bucket"])
        if "status" in query:
            deployments = deployments.filter(status=query["status"])
        if "search" in query:
            deployments = selectors.search_deployments(deployments, query["search"])
        if query["format"] != "json":
            return _FILES[query["format"]](deployments.filter(bucket__is_test=False))
        page = self.paginate_queryset(deployments)
        return self.get_paginated_response(DeploymentSerializer(page, many=True).data)

    @extend_schema(request=DeploymentWriteSerializer, responses={201: DeploymentSerializer})
    def create(self, request: Request) -> Response:
        """A new deployment; the answer has its id. Maintainers."""
        require_maintainer(actor_of(request))
        given = validated(DeploymentWriteSerializer, request.data)
        deployment = services.create_deployment(actor=actor_of(request), **given)
        return Response(DeploymentSerializer(deployment).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=DeploymentWriteSerializer, responses=DeploymentSerializer)
    def partial_update(self, request: Request, deployment_id: str) -> Response:
        """Change the fields that are given. Maintainers."""
        deployment = self._maintained()
        changes = validated(DeploymentWriteSerializer, request.data, partial=True)
        deployment = services.update_deployment(actor=actor_of(request), deployment=deployment, **changes)
        return Response(DeploymentSerializer(deployment).data)

    @extend_schema(request=RetireSerializer, responses=DeploymentSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, deployment_id: str) -> Response:
        """Close it to uploads; the reason is kept. Maintainers."""
        deployment = self._maintained()
        given = validated(RetireSerializer, request.data)
        deployment = services.retire_deployment(actor=actor_of(request), deployment=deployment, **given)
        return Response(DeploymentSerializer(deployment).data)

    @extend_schema(request=NextSeasonSerializer, responses={201: DeploymentSerializer})
    @action(detail=True, methods=["post"], url_path="next-season")
    def next_season(self, request: Request, deployment_id: str) -> Response:
        """A new deployment at the same site, and this one retired, in one step. Maintainers."""
        deployment = self._maintained()
        given = validated(NextSeasonSerializer, request.data)
        new = services.start_next_season(actor=actor_of(request), deployment=deployment, **given)
        return Response(DeploymentSerializer(new).data, status=status.HTTP_201_CREATED)

    def _maintained(self) -> Deployment:
        """The deployment, 404 where the caller may not see it, 403 where it may be seen but not changed."""
        deployment = self.get_object()
        require_maintainer(actor_of(self.request))
        return deployment


class BucketViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    serializer_class = BucketSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return selectors.buckets_visible_to(self.request.user)

    @extend_schema(parameters=[BucketQuerySerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The buckets that the caller may see."""
        query = validated(BucketQuerySerializer, request.query_params)
        buckets = selectors.buckets_open_for_upload(request.user) if query["open_for_upload"] else self.get_queryset()
        return self.get_paginated_response(BucketSerializer(self.paginate_queryset(buckets), many=True).data)

    @extend_schema(request=BucketCreateSerializer, responses={201: BucketSerializer})
    def create(self, request: Request) -> Response:
        """A new bucket, here and in the store; may be repeated after a fault of the store. Maintainers."""
        require_maintainer(actor_of(request))
        given = validated(BucketCreateSerializer, request.data)
        bucket = services.open_bucket(actor=actor_of(request), **given)
        return Response(BucketSerializer(bucket).data, status=status.HTTP_201_CREATED)


class HardwareViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The known combinations of light, camera and microphones."""

    serializer_class = HardwareSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return selectors.hardware_configs()


def table_response(deployments: QuerySet[Deployment]) -> StreamingHttpResponse:
    """The legacy table as a download, streamed. Presupposes bucket and hardware joined."""
    pieces = write_table(table_record(deployment) for deployment in deployments.iterator())
    return _file(pieces, TABLE_FILENAME, "text/csv; charset=utf-8")


def _camtrap_response(deployments: QuerySet[Deployment]) -> StreamingHttpResponse:
    number, _ = camtrap.left_out(deployments.iterator())
    response = _file(camtrap.write_camtrap(deployments.iterator()), CAMTRAP_FILENAME, "text/csv; charset=utf-8")
    response["X-Deployments-Left-Out"] = str(number)
    return response


def _geojson_response(deployments: QuerySet[Deployment]) -> StreamingHttpResponse:
    return _file(write_geojson(deployments.iterator()), GEOJSON_FILENAME, GEOJSON_TYPE)


_FILES = {"csv": table_response, "camtrap": _camtrap_response, "geojson": _geojson_response}


def _file(pieces: Iterator[bytes], filename: str, content_type: str) -> StreamingHttpResponse:
    disposition = f'attachment; filename="{filename}"'
    return StreamingHttpResponse(pieces, content_type=content_type, headers={"Content-Disposition": disposition})
