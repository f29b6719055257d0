"""What the old clients call about deployments and buckets; the wire contract is theirs, the services are ours."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse

from amiportal.core.errors import Conflict
from amiportal.legacy.protocol import LegacyCall, LegacyRefusal, answer, legacy_call, legacy_path
from deployments import selectors, services
from deployments.domain.countries import code_of
from deployments.formats.legacy_record import wire_record
from deployments.formats.table import COLUMNS, degrees, hardware_number
from deployments.models import Bucket, HardwareConfig, Status
from deployments.permissions import require_maintainer

_TO_CREATE = ("country", "country_code", "location_name", "lat", "lon", "camera_id", "hardware_id")
# Our names of fields in theirs, for the refusals.
_WIRE_NAMES = {"latitude": "lat", "longitude": "lon", "hardware": "hardware_id", "name": "bucket_name"}


@legacy_call(methods=["GET", "POST"])
def get_deployments(call: LegacyCall) -> HttpResponse:
    return answer([wire_record(deployment) for deployment in selectors.deployments_of_the_table(call.user)])


@legacy_call(methods=["POST"], required=_TO_CREATE, accepts_json=True)
def create_deployment(call: LegacyCall) -> HttpResponse:
    require_maintainer(call.user)
    status = call.fields.get("status") or Status.INACTIVE
    given = _given(call.fields | {"status": status})
    try:
        deployment = services.create_deployment(
            actor=call.user, bucket=_bucket(call.fields), system_id=call.fields.get("system_id", ""), **given
        )
    except ValidationError as error:
        raise _unprocessable(error) from error
    return answer(
        {"message": "Deployment created successfully", "deployment_id": deployment.deployment_id}, http_status=201
    )


@legacy_call(methods=["POST", "PUT"], required=COLUMNS, accepts_json=True)
def update_deployment(call: LegacyCall) -> HttpResponse:
    known = selectors.deployments_of_the_table(call.user).filter(deployment_id=call.fields["deployment_id"]).first()
    if known is None:
        raise LegacyRefusal({"message": "Deployment not found"}, 404)
    require_maintainer(call.user)
    try:
        services.update_deployment(
            actor=call.user,
            deployment=known,
            insist=True,  # these clients know of no refusal here, and could not insist
            bucket=_bucket(call.fields),
            system_id=call.fields["system_id"],
            **_given(call.fields),
        )
    except ValidationError as error:
        raise _unprocessable(error) from error
    return answer({"message": "Deployment updated successfully"})


@legacy_call(methods=["POST"], accepts_json=True)
def create_bucket(call: LegacyCall) -> HttpResponse:
    name = call.fields.get("bucket_name", call.request.GET.get("bucket_name"))
    if name is None:
        raise _refusal("bucket_name", "Field required", kind="missing", given=None)
    require_maintainer(call.user)
    name = name.strip().lower()
    try:
        services.open_bucket(actor=call.user, name=name, title=name, country_code=code_of(name))
    except Conflict as error:
        raise LegacyRefusal({"message": error.message}, 409) from error
    except ValidationError as error:
        raise _unprocessable(error) from error
    return answer({"message": f"Bucket '{name}' created successfully"})


def _bucket(fields: dict[str, str]) -> Bucket:
    """By `country_code`, which is the bucket's name in any case; some clients put that into `country`."""
    for text in (fields["country_code"], fields["country"]):
        bucket = Bucket.objects.filter(name=text.strip().lower()).first()
        if bucket is not None:
            return bucket
    raise LegacyRefusal({"message": f"Bucket '{fields['country_code'].strip().lower()}' not found"}, 404)


def _given(fields: dict[str, str]) -> dict:
    """The values of a deployment that creating and updating share, in our terms."""
    status = fields["status"].strip().lower()
    if status not in Status.values:
        raise _refusal("status", "Should be active or inactive", given=fields["status"])
    number = _parsed(fields, "hardware_id", hardware_number)
    hardware = None if number is None else HardwareConfig.objects.filter(number=number).first()
    if number is not None and hardware is None:
        raise _refusal("hardware_id", "There is no such hardware", given=fields["hardware_id"])
    return {
        "location_name": fields["location_name"],
        "latitude": _parsed(fields, "lat", lambda text: degrees(text, limit=90)),
        "longitude": _parsed(fields, "lon", lambda text: degrees(text, limit=180)),
        "camera_id": fields["camera_id"],
        "hardware": hardware,
        "status": status,
    }


def _parsed(fields: dict[str, str], name: str, parse: Callable) -> Any:
    try:
        return parse(fields[name])
    except ValueError as error:
        raise _refusal(name, str(error), given=fields[name]) from error


def _refusal(name: str, message: str, *, given: str | None, kind: str = "value_error") -> LegacyRefusal:
    """422 in the shape in which these clients know a missing field."""
    return LegacyRefusal({"detail": [{"type": kind, "loc": ["body", name], "msg": message, "input": given}]}, 422)


def _unprocessable(error: ValidationError) -> LegacyRefusal:
    by_field = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
    detail = [
        {"type": "value_error", "loc": ["body", *_location(name)], "msg": message, "input": None}
        for name, messages in by_field.items()
        for message in messages
    ]
    return LegacyRefusal({"detail": detail}, 422)


def _location(name: str) -> list[str]:
    return [] if name == "__all__" else [_WIRE_NAMES.get(name, name)]


urlpatterns = [
    legacy_path("get-deployments", get_deployments),
    legacy_path("create-deployment", create_deployment),
    legacy_path("update-deployment", update_deployment),
    legacy_path("create-bucket", create_bucket),
]
