"""What the API takes and gives: a request and a response serializer per step."""

from typing import Any

from rest_framework import serializers

from deployments.domain.fields import GIVEN
from deployments.domain.names import DataType
from deployments.models import Bucket, Deployment, HardwareConfig, Status

_INSIST = "Retire it although an upload is under way; without it that is refused as `upload_under_way`."


class BucketSerializer(serializers.ModelSerializer):
    """`exists_in_store` and `cors_ok` are what the store last said, null while it was not asked."""

    data_types = serializers.ListField(child=serializers.ChoiceField(DataType.choices), read_only=True)

    class Meta:
        model = Bucket
        fields = ["name", "title", "country_code", "data_types", "is_test", "exists_in_store", "cors_ok"]
        read_only_fields = fields


class BucketCreateSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=63)
    title = serializers.CharField(max_length=100)
    country_code = serializers.CharField(max_length=3, required=False, allow_blank=True, default="")
    data_types = serializers.ListField(
        child=serializers.ChoiceField(DataType.choices), required=False, allow_empty=False
    )
    is_test = serializers.BooleanField(required=False, default=False)


class HardwareSerializer(serializers.ModelSerializer):
    class Meta:
        model = HardwareConfig
        fields = ["number", "attractant_light", "camera", "camera_lights", "microphone", "used_by"]
        read_only_fields = fields


class DeploymentBucketSerializer(serializers.ModelSerializer):
    """As much of a bucket as choosing a deployment and a data type needs."""

    data_types = serializers.ListField(child=serializers.ChoiceField(DataType.choices), read_only=True)

    class Meta:
        model = Bucket
        fields = ["name", "title", "data_types"]
        read_only_fields = fields


class DeploymentSerializer(serializers.ModelSerializer):
    """Coordinates are decimal degrees with six decimals; what is not known is null, or "" for texts."""

    bucket = DeploymentBucketSerializer(read_only=True)
    latitude = serializers.FloatField(read_only=True, allow_null=True)
    longitude = serializers.FloatField(read_only=True, allow_null=True)
    hardware = serializers.IntegerField(source="hardware.number", read_only=True, allow_null=True, default=None)
    previous_season = serializers.CharField(
        source="previous_season.deployment_id", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Deployment
        fields = ["deployment_id", *GIVEN, "previous_season"]
        read_only_fields = fields


class SiteSerializer(serializers.Serializer):
    """What stands at a place, as given by a maintainer. The model's own rules are checked by the services."""

    location_name = serializers.CharField(max_length=100)
    latitude = serializers.DecimalField(max_digits=8, decimal_places=6, required=False, allow_null=True)
    longitude = serializers.DecimalField(max_digits=9, decimal_places=6, required=False, allow_null=True)
    time_zone = serializers.CharField(max_length=60, required=False, allow_blank=True)
    system_id = serializers.CharField(max_length=60, required=False, allow_blank=True)
    camera_id = serializers.CharField(max_length=60, required=False, allow_blank=True)
    hardware = serializers.SlugRelatedField(
        slug_field="number", queryset=HardwareConfig.objects.all(), required=False, allow_null=True
    )
    first_day = serializers.DateField(required=False, allow_null=True)
    last_day = serializers.DateField(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        """Refuse fields that are not known: a misspelt one would be dropped without a word."""
        values = super().to_internal_value(data)
        unknown = set(data) - set(self.fields)
        if unknown:
            raise serializers.ValidationError({name: ["There is no such field here."] for name in sorted(unknown)})
        return values


class DeploymentWriteSerializer(SiteSerializer):
    bucket = serializers.SlugRelatedField(slug_field="name", queryset=Bucket.objects.all())
    status = serializers.ChoiceField(Status.choices, required=False)


class NextSeasonSerializer(SiteSerializer):
    """Only what differs from the season before needs to be given, and the first day."""

    location_name = serializers.CharField(max_length=100, required=False)
    first_day = serializers.DateField()
    insist = serializers.BooleanField(required=False, default=False, help_text=_INSIST)


class RetireSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=300)
    insist = serializers.BooleanField(required=False, default=False, help_text=_INSIST)


class DeploymentQuerySerializer(serializers.Serializer):
    bucket = serializers.CharField(required=False, help_text="The bucket's name.")
    status = serializers.ChoiceField(Status.choices, required=False)
    search = serializers.CharField(
        required=False, max_length=100, help_text="Part of an id, place, system, camera or bucket, in any case."
    )
    open_for_upload = serializers.BooleanField(
        required=False, default=False, help_text="Only those into which the caller may upload now."
    )
    format = serializers.ChoiceField(
        ["json", "csv", "geojson", "camtrap"],
        required=False,
        default="json",
        help_text="csv: all of them, in the legacy table's shape. geojson: RFC 7946. "
        "camtrap: the table deployments.csv of Camtrap DP 1.0.",
    )


class BucketQuerySerializer(serializers.Serializer):
    open_for_upload = serializers.BooleanField(
        required=False, default=False, help_text="Only those into which the caller may upload."
    )
