"""What goes over the wire about the files of a batch: as they are described, and what became of each."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from uploads.domain.batch import CardFile, FileResult, Outcome
from uploads.domain.shared import DAMAGE, MAX_BATCH_FILES


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
    damage = serializers.ChoiceField(
        list(DAMAGE),
        required=False,
        help_text="Why its content cannot be right, as the client read it. It is stored as it is.",
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
            size, md5, path, multipart_md5, damage = map(item.get, ("size", "md5", "path", "multipart_md5", "damage"))
            files.append(
                CardFile(
                    item["name"],
                    size if type(size) is int and 0 <= size < 2**63 else None,
                    md5.lower() if isinstance(md5, str) else "",
                    _storable(path) if isinstance(path, str) else "",
                    multipart_md5=multipart_md5.lower() if isinstance(multipart_md5, str) else "",
                    damage=damage if isinstance(damage, str) and damage in DAMAGE else "",
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
