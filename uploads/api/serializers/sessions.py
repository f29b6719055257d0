"""What goes over the wire about sessions: opened, listed, what failed, finished, the receipt."""

from rest_framework import serializers

from deployments.domain.names import DataType
from uploads.domain import shared
from uploads.domain.shared import MAX_BATCH_FILES
from uploads.models import UploadSession
from uploads.services.sessions import Verdict


class SessionRequest(serializers.Serializer):
    deployment = serializers.CharField(help_text="Such as dep000119.")
    data_type = serializers.ChoiceField(choices=DataType.choices)
    uploader_name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    client = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    files = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, allow_null=True, default=None)
    bytes = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False, allow_null=True, default=None)
    season_reason = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        default="",
        help_text="Why files from outside the deployment's season belong there; without it they are refused.",
    )


class SessionResponse(serializers.ModelSerializer):
    deployment = serializers.CharField(source="deployment.deployment_id")
    bucket = serializers.CharField(source="deployment.bucket.name")
    account = serializers.CharField(source="account.username")
    files = serializers.IntegerField(source="declared_files", allow_null=True)
    bytes = serializers.IntegerField(source="declared_bytes", allow_null=True)
    max_batch = serializers.SerializerMethodField(help_text="How many files one call takes.")
    multipart_above_bytes = serializers.SerializerMethodField(help_text="Larger files are sent in parts.")
    part_size_bytes = serializers.SerializerMethodField()

    class Meta:
        model = UploadSession
        fields = [
            "id",
            "account",
            "uploader_name",
            "bucket",
            "deployment",
            "data_type",
            "client",
            "started_at",
            "last_seen_at",
            "finished_at",
            "files",
            "bytes",
            "season_reason",
            "max_batch",
            "multipart_above_bytes",
            "part_size_bytes",
        ]
        read_only_fields = fields

    def get_max_batch(self, session: UploadSession) -> int:
        return MAX_BATCH_FILES

    def get_multipart_above_bytes(self, session: UploadSession) -> int:
        return shared.MULTIPART_ABOVE_BYTES

    def get_part_size_bytes(self, session: UploadSession) -> int:
        return shared.PART_SIZE_BYTES


class SessionFilterRequest(serializers.Serializer):
    state = serializers.ChoiceField(
        choices=["open", "finished"],
        required=False,
        default="",
        help_text="open: those that can be continued, which an old client's cannot.",
    )
    all = serializers.BooleanField(required=False, default=False, help_text="Everybody's; for maintainers.")


class SessionRow(SessionResponse):
    """A session and how it stands by the ledger; see session_row."""

    location_name = serializers.CharField(source="deployment.location_name")
    bucket_title = serializers.CharField(source="deployment.bucket.title")
    verified = serializers.IntegerField()
    stored_before = serializers.IntegerField(help_text="Were in the store already, with equal size and MD5.")
    unproven = serializers.IntegerField()
    unsettled = serializers.IntegerField(help_text="Of these, files whose keys an older program may still overwrite.")
    unsettled_until = serializers.DateTimeField(allow_null=True, help_text="They are compared again then.")
    refused = serializers.IntegerField(help_text="Answered with a conflict, and not proven under any name since.")
    safe_to_wipe = serializers.BooleanField(allow_null=True, help_text="null while the session is not finished.")

    class Meta(SessionResponse.Meta):
        fields = [
            *SessionResponse.Meta.fields,
            "is_legacy",
            "location_name",
            "bucket_title",
            "verified",
            "stored_before",
            "unproven",
            "unsettled",
            "unsettled_until",
            "refused",
            "safe_to_wipe",
        ]
        read_only_fields = fields


def session_row(verdict: Verdict) -> dict:
    """A session as SessionRow describes it."""
    session = verdict.session
    return SessionResponse(session).data | {
        "is_legacy": session.is_legacy,
        "location_name": session.deployment.location_name,
        "bucket_title": session.deployment.bucket.title,
        "verified": verdict.verified,
        "stored_before": verdict.stored_before,
        "unproven": verdict.unproven,
        "unsettled": verdict.unsettled,
        "unsettled_until": verdict.unsettled_until,
        "refused": verdict.refused,
        "safe_to_wipe": verdict.safe_to_wipe if session.finished_at else None,
    }


class FailureRequest(serializers.Serializer):
    name = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    code = serializers.CharField(max_length=40)
    message = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    http_status = serializers.IntegerField(min_value=0, max_value=999, required=False, allow_null=True, default=None)
    attempts = serializers.IntegerField(min_value=0, max_value=30_000, required=False, allow_null=True, default=None)
    step = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="What the client was at, such as send."
    )
    link = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="What it knew of its connection."
    )


class FailuresRequest(serializers.Serializer):
    failures = FailureRequest(many=True)


class FailuresResponse(serializers.Serializer):
    recorded = serializers.IntegerField()


class FinishRequest(serializers.Serializer):
    files = serializers.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        allow_null=True,
        default=None,
        help_text="How many the selection had in all.",
    )
    bytes = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, required=False, allow_null=True, default=None, help_text="Of all these files."
    )


class FinishResponse(serializers.Serializer):
    id = serializers.IntegerField()
    verified = serializers.IntegerField()
    stored_before = serializers.IntegerField(help_text="Were in the store already, with equal size and MD5.")
    unproven = serializers.IntegerField()
    unsettled = serializers.IntegerField(help_text="Of these, files whose keys an older program may still overwrite.")
    unsettled_until = serializers.DateTimeField(allow_null=True, help_text="They are compared again then.")
    refused = serializers.IntegerField(help_text="Answered with a conflict, and not proven under any name since.")
    comparing = serializers.IntegerField(
        help_text="Proven over an hour ago and not yet looked at once more: call again until it is 0."
    )
    safe_to_wipe = serializers.BooleanField(help_text="True only when every file of the selection is proven.")
    finished_at = serializers.DateTimeField()


class ReceiptResponse(serializers.Serializer):
    files = serializers.ListField(child=serializers.DictField())
    summary = serializers.DictField(
        help_text="version, portal, key_id, issued_at, whose upload and where, counts, safe_to_wipe, files_sha256."
    )
    signature = serializers.CharField(help_text="Ed25519 over the summary's canonical JSON, in base64.")
    public_key = serializers.CharField(help_text="32 bytes in base64.")
