"""The log over the wire: what of it is asked for, and a row of it."""

from rest_framework import serializers

from deployments.domain.names import DataType
from uploads.models import UploadLog


class LogFilterRequest(serializers.Serializer):
    bucket = serializers.CharField(required=False, default="")
    deployment = serializers.CharField(required=False, default="")
    data_type = serializers.ChoiceField(choices=DataType.choices, required=False, default="")
    uploader = serializers.CharField(required=False, default="", help_text="The account's user name.")
    status = serializers.ChoiceField(choices=UploadLog.Status.choices, required=False, default="")
    name_prefix = serializers.CharField(required=False, default="")
    session = serializers.IntegerField(required=False, default=None)
    granted_from = serializers.DateField(required=False, default=None)
    granted_to = serializers.DateField(required=False, default=None, help_text="The whole of this day, UTC.")


class LogRow(serializers.Serializer):
    id = serializers.IntegerField()
    session = serializers.IntegerField()
    account = serializers.CharField()
    uploader_name = serializers.CharField()
    bucket = serializers.CharField()
    deployment = serializers.CharField()
    data_type = serializers.CharField()
    filename = serializers.CharField()
    path_on_card = serializers.CharField()
    size_bytes = serializers.IntegerField(allow_null=True)
    md5 = serializers.CharField()
    device_time = serializers.CharField(allow_null=True, help_text="As the device's clock had it, without a zone.")
    proven_by = serializers.ChoiceField(choices=["md5", "parts", ""])
    status = serializers.ChoiceField(choices=UploadLog.Status.choices)
    granted_at = serializers.DateTimeField(allow_null=True)
    stored_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    etag = serializers.CharField()
    error_code = serializers.CharField()
