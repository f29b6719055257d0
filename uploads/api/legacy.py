"""The upload calls of the clients in the field. Their contract is fixed; see the services for the rules."""

import itertools
import json
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt

from amiportal.core.client_address import client_address
from amiportal.core.errors import NotFound, PortalError
from amiportal.legacy.protocol import LegacyCall, LegacyRefusal, answer, legacy_call, legacy_path
from deployments.domain.names import PLACE_SEPARATOR, DataType
from deployments.models import Deployment, Status
from deployments.selectors import deployments_visible_to
from uploads.domain.batch import CardFile
from uploads.domain.keys import is_hidden
from uploads.selectors import UploadedCount, uploaded_counts
from uploads.services import legacy_visits
from uploads.services.inventory_keys import count_objects, keys_of
from uploads.services.legacy_checks import which_exist
from uploads.services.legacy_grants import Granted, grant_to_legacy_client, refused_url
from uploads.services.legacy_visits import Visitor

_PLACED = ("name", "country", "deployment", "data_type")


@legacy_call(methods=["POST"], required=_PLACED, anonymous=True)
def check_file_exist(call: LegacyCall) -> HttpResponse:
    """Whether files of these names exist. The newest script in the field sends no credentials with this call alone."""
    deployment, data_type = _deployment(call), _data_type(call.fields["data_type"])
    joined = call.fields.get("filenames")
    names = [call.required_field("filename")] if joined is None else joined.split(",")
    with _errors_as_they_read_them():
        exists = which_exist(
            actor=call.user,
            deployment=deployment,
            data_type=data_type,
            uploader_name=call.fields["name"][:200],
            names=names,
        )
    _note_visit(call, deployment, data_type, exists)
    return answer({"exists": exists[names[0]]} if joined is None else {"results": exists})


def _note_visit(call: LegacyCall, deployment: Deployment, data_type: str, exists: dict[str, bool]) -> None:
    address = client_address(call.request)
    account = call.user or legacy_visits.account_at(address)
    if account is None:
        return
    data = [name for name in exists if not is_hidden(name)]
    visitor = Visitor(
        account=account,
        deployment=deployment,
        data_type=data_type,
        uploader_name=call.fields["name"][:200],
        client=call.request.headers.get("User-Agent", "")[:200],
        address=address,
    )
    legacy_visits.note(visitor, asked=len(data), taken=sum(exists[name] for name in data))


@legacy_call(methods=["POST"], required=_PLACED)
def generate_presigned_url(call: LegacyCall) -> HttpResponse:
    deployment, data_type = _deployment(call), _data_type(call.fields["data_type"])
    many = "filenames" in call.fields or "file_types" in call.fields
    if many:
        names = call.required_field("filenames").split(",")
        file_types = call.required_field("file_types").split(",")
        if len(names) != len(file_types):
            # A comma inside a name looks like this too; the singular form takes such a name.
            raise LegacyRefusal({"error": "Filenames and file_types count mismatch"}, 400)
    else:
        names, file_types = [call.required_field("filename")], [call.required_field("file_type")]
    asked = list(zip(names, file_types, strict=True))
    with _errors_as_they_read_them():
        granted = grant_to_legacy_client(
            actor=call.account,
            deployment=deployment,
            data_type=data_type,
            uploader_name=call.fields["name"][:200],
            files=[CardFile(name, None, content_type=file_type) for name, file_type in asked],
            client=call.request.headers.get("User-Agent", "")[:200],
            address=client_address(call.request),
        )
    call.failed = granted.beside + sum(refused.is_data for refused in granted.refused.values())
    if many:
        return answer({name: _url(granted, name, deployment, file_type) for name, file_type in asked})
    if refused := granted.refused.get(names[0]):
        raise LegacyRefusal({"error": f"{refused.message}"}, refused.http_status)
    return answer(granted.urls[names[0]])


def _url(granted: Granted, name: str, deployment: Deployment, file_type: str) -> str:
    """A name that was refused costs its neighbours nothing: its URL is one that the store refuses."""
    return granted.urls.get(name) or refused_url(deployment=deployment, content_type=file_type)


@legacy_call(methods=["GET"], required=("country_location_name", "data_type"))
def list_data(call: LegacyCall) -> HttpResponseBase:
    data_type = _data_type(call.fields["data_type"])
    deployments = _deployments_at(call, call.fields["country_location_name"])
    keys = keys_of(deployments=deployments, data_type=data_type)
    return StreamingHttpResponse(_json_list("files", _primed(keys)), content_type="application/json")


@legacy_call(methods=["GET"], required=("country_location_name", "data_type"))
def count_data(call: LegacyCall) -> HttpResponse:
    """A figure that is not of this moment says so in a header: the body has no place for it."""
    data_type = _data_type(call.fields["data_type"])
    deployments = _deployments_at(call, call.fields["country_location_name"])
    held = count_objects(deployments=deployments, data_type=data_type)
    response = answer({"count": held.objects})
    if held.as_of is not None:
        response["X-Counted-At"] = f"{held.as_of:%Y-%m-%dT%H:%M:%SZ}"
    return response


@legacy_call(methods=["GET"])
def logs(call: LegacyCall) -> HttpResponseBase:
    if not call.account.is_maintainer:
        return answer({"detail": "Only maintainers may read the log"}, 403)
    return StreamingHttpResponse(map(_log_line, uploaded_counts()), content_type="text/plain; charset=utf-8")


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    """The old way through the server. The body, which may be large, is not read."""
    if request.method != "POST":
        return redirect("upload")  # a person who left out the final slash
    message = "The portal carries no file bytes: ask /generate-presigned-url/ for a URL and PUT the file there"
    return answer({"detail": message}, 410)


@contextmanager
def _errors_as_they_read_them() -> Iterator[None]:
    """400 and 409 go out as {"error": ...}, which these clients print."""
    try:
        yield
    except PortalError as error:
        if error.http_status not in (400, 409):
            raise
        raise LegacyRefusal({"error": error.message}, error.http_status) from error


def _deployment(call: LegacyCall) -> Deployment:
    """The deployment named, if the account may see it and it lies in the bucket named (in any case).

    Without an account any active one: all that is told of it is whether a file of some name exists.
    """
    bucket, deployment_id = call.fields["country"].strip().lower(), call.fields["deployment"].strip()
    visible = (
        Deployment.objects.filter(status=Status.ACTIVE) if call.user is None else deployments_visible_to(call.user)
    )
    deployment = (
        visible.select_related(None)  # asked once per file by some clients: no more than is needed
        .select_related("bucket")
        .filter(deployment_id=deployment_id, bucket__name=bucket)
        .first()
    )
    if deployment is None:
        raise NotFound(f"There is no deployment {deployment_id} in {bucket} among yours")
    return deployment


def _data_type(value: str) -> str:
    if value not in DataType.values:
        raise LegacyRefusal({"error": f"data_type is one of {', '.join(DataType.values)}"}, 400)
    return value


def _deployments_at(call: LegacyCall, country_location_name: str) -> list[Deployment]:
    """The deployments at "COUNTRY - LOCATION"; split where the left part is a bucket's title, from the right."""
    visible = deployments_visible_to(call.account).select_related("bucket")
    split_at = country_location_name.rfind(PLACE_SEPARATOR)
    while split_at >= 0:
        title = country_location_name[:split_at]
        location = country_location_name[split_at + len(PLACE_SEPARATOR) :]
        found = list(visible.filter(bucket__title=title, location_name=location).order_by("deployment_id"))
        if found:
            return found
        split_at = country_location_name.rfind(PLACE_SEPARATOR, 0, split_at)
    raise LegacyRefusal({"message": f"No deployment is known at {country_location_name}"}, 404)


def _primed(items: Iterator) -> Iterator:
    """The same items, the first already fetched: a store that is down is then an error and not half an answer."""
    for first in items:
        return itertools.chain([first], items)
    return iter(())


def _json_list(name: str, pages: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f'{{"{name}":['
    separator = ""
    for page in pages:
        # One piece per page: a piece per key would cost a system call each.
        yield separator + json.dumps(page, ensure_ascii=False, separators=(",", ":"))[1:-1]
        separator = ","
    yield "]}"


def _log_line(uploaded: UploadedCount) -> str:
    stamp = f"{uploaded.at:%Y-%m-%d %H:%M:%S},{uploaded.at.microsecond // 1000:03d}"
    return (
        f"{stamp} - main - INFO - User {_printable(uploaded.uploader_name)} from {uploaded.bucket} uploaded "
        f"{uploaded.files} {uploaded.data_type} to deployment {uploaded.deployment_id}.\n"
    )


def _printable(text: str) -> str:
    """A name with a line break in it would forge a line of the log."""
    return "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text)


urlpatterns = [
    legacy_path("check-file-exist", check_file_exist),
    legacy_path("generate-presigned-url", generate_presigned_url),
    legacy_path("list-data", list_data),
    legacy_path("count-data", count_data),
    legacy_path("logs", logs),
    legacy_path("upload", upload),
]
