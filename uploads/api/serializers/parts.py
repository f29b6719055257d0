"""What goes over the wire about the parts of large files."""

from typing import Any

from rest_framework import serializers

from uploads.services.parts import MAX_PARTS_PER_CALL, Wholeness


class UploadRequest(serializers.Serializer):
    upload = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Its id, as presigning gave it.")


class StoredPart(serializers.Serializer):
    number = serializers.IntegerField(help_text="From 1.")
    size = serializers.IntegerField(source="size_bytes", help_text="Bytes.")
    md5 = serializers.CharField(source="etag", help_text="As the store has it; elsewhere than on S3 it may be none.")


class PartsResponse(serializers.Serializer):
    parts = StoredPart(many=True, help_text="A part that was sent twice may stand here twice, the newest last.")


class PartClaim(serializers.Serializer):
    number = serializers.IntegerField(help_text="From 1.")
    md5 = serializers.RegexField(r"^[0-9a-f]{32}$", help_text="Of the part's bytes, in hex.")


class PartsRequest(UploadRequest):
    parts: "serializers.ListSerializer[Any]" = serializers.ListSerializer(
        child=PartClaim(), allow_empty=False, max_length=MAX_PARTS_PER_CALL
    )


class SignedPart(serializers.Serializer):
    number = serializers.IntegerField()
    url = serializers.CharField(help_text="PUT the part's bytes here, with exactly these headers.")
    headers = serializers.DictField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()


class SignedPartsResponse(serializers.Serializer):
    parts = SignedPart(many=True)


class CompletionResponse(serializers.Serializer):
    status = serializers.ChoiceField(choices=Wholeness.values)
    missing = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers of parts.")
    code = serializers.CharField()
    message = serializers.CharField()
