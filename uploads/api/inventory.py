"""What the store holds of a deployment, over the new API: the figures, each with the time at which it was taken."""

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from amiportal.accounts.actor import actor_of
from deployments.domain.names import DataType
from uploads.permissions import deployment_visible_to


class InventoryRow(serializers.Serializer):
    data_type = serializers.ChoiceField(choices=DataType.choices)
    objects = serializers.IntegerField(source="objects_count")
    size_bytes = serializers.IntegerField()
    first_device_time = serializers.DateTimeField(
        allow_null=True, help_text="As the device's clock had it; UTC is a mere label."
    )
    last_device_time = serializers.DateTimeField(allow_null=True)
    undated = serializers.IntegerField(help_text="Objects whose names tell no time, or one that cannot be true.")
    taken_at = serializers.DateTimeField(help_text="What came or went later is not in the figures.")


class InventoryView(APIView):
    @extend_schema(operation_id="deployment_inventory", responses=InventoryRow(many=True))
    def get(self, request: Request, deployment_id: str) -> HttpResponseBase:
        """What the store was last counted to hold, by data type; empty before the first count.

        Counted every night. For the count of this moment, list the bucket.
        """
        deployment = deployment_visible_to(actor=actor_of(request), deployment_id=deployment_id)
        taken = deployment.inventories.filter(taken_at__isnull=False).order_by("data_type")
        return Response(InventoryRow(taken, many=True).data)
