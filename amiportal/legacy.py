"""What every call of the field clients shares: credentials in four styles, bodies in two, and their error shapes.

The wire contract is older than the portal and is not ours to improve; the services beneath are those of the new API.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from amiportal.accounts.authentication import PasswordAlone, user_for_credentials
from amiportal.accounts.legacy_meter import meter
from amiportal.accounts.legacy_switches import refusal_of
from amiportal.accounts.models import User
from amiportal.errors import PortalError, StoreUnavailable

BAD_CREDENTIALS = "Invalid username or password"
CALLS: list[str] = []  # every call by its name in the path, as `legacy_call` meets them


@dataclass(frozen=True)
class LegacyCall:
    """One call, its account known and its required fields there (all values are text, as the wire has them)."""

    request: HttpRequest
    user: User
    fields: dict[str, str]

    def required_field(self, name: str) -> str:
        """A field that only some forms of a call need; raises the 422 of a missing one."""
        if name not in self.fields:
            raise LegacyRefusal({"detail": [_missing(name, self.request)]}, 422)
        return self.fields[name]


class LegacyRefusal(PortalError):
    """An error whose body the contract spells out: `body` is answered as it stands."""

    def __init__(self, body: dict, http_status: int):
        super().__init__(str(body), http_status=http_status)
        self.body = body


def legacy_path(name: str, view: Callable):
    """Both path forms at one view: a redirect to the other form would lose a POST's body."""
    return re_path(rf"^{name}/?$", view, name=f"legacy-{name}")


def answer(body, http_status: int = 200) -> JsonResponse:
    """JSON as the old service wrote it: compact, and letters of any script as they are."""
    return JsonResponse(
        body,
        status=http_status,
        safe=False,
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
    )


def legacy_call(*, methods: Sequence[str], required: Sequence[str] = (), accepts_json: bool = False):
    """Wrap a function of one LegacyCall as a Django view.

    Credentials come first, so that nobody learns from a 422 what a call is about. Then the body is read; required
    fields that are not there are a 422 in the shape of the old service. Errors of ours become {"detail": ...}.
    """

    def decorate(function: Callable[[LegacyCall], HttpResponse]):
        name = function.__name__.replace("_", "-")
        CALLS.append(name)

        @csrf_exempt
        @wraps(function)
        def view(request: HttpRequest) -> HttpResponse:
            request.is_legacy_call = True  # read by accounts.lockout
            if request.method not in methods:
                return _method_not_allowed(methods)
            try:
                fields = _fields(request, accepts_json=accepts_json)
            except ValueError:
                return answer({"detail": "The body cannot be read: a JSON object, or a form, without NUL"}, 400)
            try:
                user, style = _user(request, fields)
            except PasswordAlone as error:
                return _unauthorized(error.message)
            if user is None:
                return _unauthorized(BAD_CREDENTIALS)
            request.user = user  # the history of changes names who made them
            refusal = refusal_of(call=name, style=style)
            meter.count(
                account=user.get_username(),
                call=name,
                style=style,
                user_agent=request.headers.get("User-Agent", ""),
                refused=refusal is not None,
            )
            if refusal is not None:
                return answer({"detail": refusal}, 403)  # these clients stop at a 403, and show its detail
            missing = [name for name in required if name not in fields]
            if missing:
                return answer({"detail": [_missing(name, request) for name in missing]}, 422)
            try:
                return function(LegacyCall(request=request, user=user, fields=fields))
            except LegacyRefusal as refusal:
                return answer(refusal.body, refusal.http_status)
            except PortalError as error:
                response = answer({"detail": error.message}, error.http_status)
                if isinstance(error, StoreUnavailable):
                    response["Retry-After"] = "5"
                return response

        return view

    return decorate


def _unauthorized(detail: str) -> HttpResponse:
    refusal = answer({"detail": detail}, 401)
    refusal["WWW-Authenticate"] = 'Basic realm="AMI Portal"'
    return refusal


def _method_not_allowed(methods: Sequence[str]) -> HttpResponse:
    response = answer({"detail": "Method Not Allowed"}, 405)
    response["Allow"] = ", ".join(methods)
    return response


def _missing(name: str, request: HttpRequest) -> dict:
    place = "query" if request.method == "GET" else "body"
    return {"type": "missing", "loc": [place, name], "msg": "Field required", "input": None}


def _fields(request: HttpRequest, *, accepts_json: bool) -> dict[str, str]:
    """The call's fields as text: of the query for GET, else of the body. Raises ValueError for what is none."""
    if request.method == "GET":
        fields = request.GET.dict()
    elif accepts_json and request.content_type == "application/json":
        body = json.loads(request.body)  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        if not isinstance(body, dict):
            raise ValueError
        fields = {name: "" if value is None else str(value) for name, value in body.items()}
    else:
        fields = request.POST.dict()
    text = "".join(fields.values())
    text.encode()  # half a surrogate pair is a UnicodeEncodeError, hence a ValueError
    if "\0" in text:
        raise ValueError  # PostgreSQL has no such text
    return fields


def _user(request: HttpRequest, fields: dict[str, str]) -> tuple[User | None, str]:
    """The account by form or JSON fields, HTTP Basic, token or session, in this order, and which; None when wrong.

    Credentials that are there and wrong are never passed over for another style. Raises PasswordAlone.
    """
    # Never from a query: addresses end up in logs.
    if request.method != "GET" and ("username" in fields or "password" in fields):
        username, password = fields.get("username", ""), fields.get("password", "")
        style = "json" if request.content_type == "application/json" else "form"
        return user_for_credentials(request=request, username=username, password=password), style
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            username, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None, "basic"
        return user_for_credentials(request=request, username=username, password=password), "basic"
    if scheme.lower() == "token":
        try:
            return TokenAuthentication().authenticate_credentials(value.strip().encode())[0], "token"
        except AuthenticationFailed:
            return None, "token"
    user = request.user
    return user if user.is_authenticated and user.is_active else None, "session"
