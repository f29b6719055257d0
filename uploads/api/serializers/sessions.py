"""What goes over the wire in the new API. A request and a response per step."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from deployments.domain.names import DataType
from uploads.domain import shared
from uploads.domain.batch import CardFile, FileResult, Outcome
from uploads.domain.shared import MAX_BATCH_FILES
from uploads.models import UploadSession
from uploads.services.sessions import Verdict


def read(serializer_class: type[serializers.Serializer], data: Any) -> dict:
    """What a request brought, checked. Raises ValidationError, which becomes a 400 that names the fields."""
    serializer = serializer_class(data=data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


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


class FileDescription(serializers.Serializer):
    """One file as its client describes it."""

    name = serializers.CharField(help_text="As it is to be stored.")
    size = serializers.IntegerField(min_value=1, help_text="Bytes.")
    md5 = serializers.RegexField(r"^[0-9a-f]{32}$", required=False, help_text="Of the whole file, in hex.")
    path = serializers.CharField(required=False, help_text="Where on the card it was found.")
    multipart_md5 = serializers.RegexField(
        r"^[0-9a-f]{32}-[0-9]+$",
        required=False,
        help_text="Of a large file: the MD5 of its parts' binary MD5s in hex, a hyphen, their number.",
    )


@extend_schema_field(FileDescription(many=True))
class FilesField(serializers.Field):
    """A batch of files, read by hand: a nested serializer takes longer over 1,000 files than all the rest of a call.

    What is wrong with one file (no MD5, a size that is no number) is left to the services, which answer per
    file; only what is no file at all fails the call.
    """

    def to_internal_value(self, data: Any) -> list[CardFile]:
        if not isinstance(data, list):
            raise serializers.ValidationError("A list of files is expected.")
        files, faults = [], {}
        for index, item in enumerate(data):
            if not isinstance(item, dict) or not isinstance(item.get("name"), str):
                faults[str(index)] = ["An object with a name is expected."]
                continue
            size, md5, path, multipart_md5 = map(item.get, ("size", "md5", "path", "multipart_md5"))
            files.append(
                CardFile(
                    item["name"],
                    size if type(size) is int and 0 <= size < 2**63 else None,
                    md5.lower() if isinstance(md5, str) else "",
                    _storable(path) if isinstance(path, str) else "",
                    multipart_md5=multipart_md5.lower() if isinstance(multipart_md5, str) else "",
                )
            )
        if faults:
            raise serializers.ValidationError(faults)
        return files

    def to_representation(self, value: Any) -> None:
        raise NotImplementedError("Files are read here, never written.")


_CONTROLS = dict.fromkeys([*range(32), 127], "\ufffd")


def _storable(path: str) -> str:
    """A path as the ledger takes it: it is told for people to find the file again, and never opened."""
    return path.translate(_CONTROLS).encode("utf-8", "replace").decode()[:4_096]


class FilesRequest(serializers.Serializer):
    files = FilesField(help_text=f"At most {MAX_BATCH_FILES}.")


class NamesRequest(serializers.Serializer):
    files = serializers.ListField(child=serializers.CharField(trim_whitespace=False), help_text="Names.")


class WarningSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class AskAgainField(serializers.DateTimeField):
    def __init__(self) -> None:
        super().__init__(required=False, help_text="With unsettled: nothing can be said yet; ask again then.")


class ProvenByField(serializers.ChoiceField):
    def __init__(self) -> None:
        told = "With stored and verified. parts: those of the file, while the portal has not read the whole."
        super().__init__(choices=["md5", "parts"], required=False, help_text=told)


class CheckedFile(serializers.Serializer):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["new", "exists", "stored", "conflict", "refused", "unsettled"])
    code = serializers.CharField()
    message = serializers.CharField()
    until = AskAgainField()
    proven_by = ProvenByField()
    warnings = WarningSerializer(many=True)


class UploadOfFile(serializers.Serializer):
    """A large file's way in."""

    id = serializers.IntegerField(help_text="To ask for its parts by.")
    part_size_bytes = serializers.IntegerField()
    parts = serializers.IntegerField(help_text="How many.")


class GrantedFile(serializers.Serializer):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["granted", "stored", "conflict", "refused", "unsettled"])
    code = serializers.CharField()
    message = serializers.CharField()
    until = AskAgainField()
    proven_by = ProvenByField()
    url = serializers.CharField(required=False, help_text="PUT the file's bytes here, with exactly these headers.")
    headers = serializers.DictField(child=serializers.CharField(), required=False)
    expires_at = serializers.DateTimeField(required=False)
    upload = UploadOfFile(required=False, help_text="In place of a URL: the file is to be sent in parts.")


class ConfirmedFile(serializers.Serializer):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["verified", "missing", "mismatch", "unsettled"])
    code = serializers.CharField()
    message = serializers.CharField()
    until = AskAgainField()
    proven_by = ProvenByField()


class CheckResponse(serializers.Serializer):
    files = CheckedFile(many=True)


class PresignResponse(serializers.Serializer):
    files = GrantedFile(many=True)


class ConfirmResponse(serializers.Serializer):
    files = ConfirmedFile(many=True)


def result_row(result: FileResult, *, with_warnings: bool = False) -> dict:
    """One file of a response, as CheckedFile, GrantedFile and ConfirmedFile describe it."""
    row: dict[str, Any] = {
        "name": result.name,
        "status": str(result.status),
        "code": result.code,
        "message": result.message,
    }
    if with_warnings:
        row["warnings"] = [{"code": warned.code, "message": warned.message} for warned in result.warnings]
    if result.proven_by:
        row["proven_by"] = str(result.proven_by)
    if result.until is not None:
        row["until"] = result.until.isoformat()
    if result.upload is not None:
        row["upload"] = asdict(result.upload)
    elif result.status == Outcome.GRANTED and result.expires_at is not None:
        row |= {"url": result.url, "headers": result.headers, "expires_at": result.expires_at.isoformat()}
    return row


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
