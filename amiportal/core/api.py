"""What every call of the API shares: the error envelope and the pages."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError
from django.http import Http404
from rest_framework import exceptions, pagination, serializers, status
from rest_framework.response import Response
from rest_framework.settings import api_settings

from amiportal.core.errors import PortalError, StoreUnavailable

logger = logging.getLogger(__name__)
RETRY_AFTER_S = 5  # long enough for a store's short fault, short enough for a person who watches


class Pages(pagination.PageNumberPagination):
    """Numbered pages for short tables; the ledger has cursor pages of its own."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1_000


def validated(serializer_class: type[serializers.Serializer], data: Any, *, partial: bool = False) -> dict:
    """What a request brought, checked. Raises ValidationError, which becomes a 400 that names the fields."""
    serializer = serializer_class(data=data, partial=partial)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def envelope(*, code: str, message: str, fields: dict[str, list[str]] | None = None) -> dict:
    """The one shape of every error: a stable code, a sentence for people, and messages per input field."""
    return {"code": code, "message": message, "fields": fields or {}}


def exception_handler(exc: Exception, context: dict) -> Response | None:
    """Turn what was raised into the envelope. What we did not foresee stays a 500 with its traceback logged."""
    if isinstance(exc, PortalError):
        headers = {"Retry-After": str(RETRY_AFTER_S)} if isinstance(exc, StoreUnavailable) else {}
        body = envelope(code=exc.code, message=exc.message, fields=exc.fields)
        return Response(body, status=exc.http_status, headers=headers)
    if isinstance(exc, ModelValidationError):
        return Response(_from_model_validation(exc), status=status.HTTP_400_BAD_REQUEST)
    if isinstance(exc, IntegrityError):
        # A race that the services' own checks cannot see; the constraint has kept the data whole.
        logger.warning("constraint refused a write: %s", type(exc.__cause__).__name__)
        body = envelope(code="conflict", message="Somebody else changed this at the same time. Look again and repeat.")
        return Response(body, status=status.HTTP_409_CONFLICT)
    if isinstance(exc, DataError):
        # What no field's own check caught and no column takes: a NUL in a name to look up, a number out of range.
        logger.warning("the database took an input for no value of its type: %s", type(exc.__cause__).__name__)
        body = envelope(code="invalid", message="Some of the input holds characters or numbers that cannot be kept.")
        return Response(body, status=status.HTTP_400_BAD_REQUEST)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if not isinstance(exc, exceptions.APIException):
        return None
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait_s := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait_s))
    if isinstance(exc, exceptions.ValidationError):
        body = envelope(
            code="invalid",
            message="Some of the input cannot be used: see fields.",
            fields=_flatten(exc.detail),
        )
    else:
        body = envelope(code=str(exc.get_codes()), message=str(exc.detail))
    return Response(body, status=exc.status_code, headers=headers)


def _from_model_validation(exc: ModelValidationError) -> dict:
    fields = exc.message_dict if hasattr(exc, "error_dict") else {"__all__": exc.messages}
    fields = {(api_settings.NON_FIELD_ERRORS_KEY if name == "__all__" else name): m for name, m in fields.items()}
    return envelope(
        code="invalid", message=" ".join(m for messages in fields.values() for m in messages), fields=fields
    )


def _flatten(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """DRF's nested details as one level: {"files.3.md5": ["..."]}."""
    if isinstance(detail, dict):
        flat: dict[str, list[str]] = {}
        for name, inner in detail.items():
            flat |= _flatten(inner, f"{prefix}.{name}" if prefix else str(name))
        return flat
    if isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        flat = {}
        for index, inner in enumerate(detail):
            if inner:
                flat |= _flatten(inner, f"{prefix}.{index}" if prefix else str(index))
        return flat
    messages = detail if isinstance(detail, list) else [detail]
    return {prefix or api_settings.NON_FIELD_ERRORS_KEY: [str(message) for message in messages]}
