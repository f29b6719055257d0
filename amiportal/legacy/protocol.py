"""What every call of the old clients shares: ways to say who one is, bodies in two forms, and their error shapes.

The wire contract is older than the portal and is not ours to improve; the services beneath are those of the new API.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from amiportal.accounts.authentication import PasswordAlone, user_for_credentials
from amiportal.accounts.models import User
from amiportal.core.call_rate import CallRate
from amiportal.core.client_address import client_address
from amiportal.core.errors import PortalError, StoreUnavailable
from amiportal.legacy.meter import meter
from amiportal.legacy.switches import refusal_of

BAD_CREDENTIALS = "Invalid username or password"
WITHOUT_CREDENTIALS = "none"
CALLS: list[str] = []  # every call by its name in the path, as `legacy_call` meets them
# A card is 100,000 calls, one by one, at some 50 a second; a house of ten such clients has one address.
ANONYMOUS_RATE = CallRate(per_second=1_000, at_once=20_000)


@dataclass
class LegacyCall:
    """One call, its account known and its required fields there (all values are text, as the wire has them).

    user: None for a call without credentials, where that is answered. failed: how many of its names were refused, or
    had to be kept beside another file's; the function of the call counts them, for the meter.
    """

    request: HttpRequest
    user: User | None
    fields: dict[str, str]
    failed: int = 0

    @property
    def account(self) -> User:
        """The account of a call that is not answered without one."""
        if self.user is None:
            raise LegacyRefusal({"detail": BAD_CREDENTIALS}, 401)
        return self.user

    def required_field(self, name: str) -> str:
        """A field that only some forms of a call need; raises the 422 of a missing one."""
        if name not in self.fields:
            raise LegacyRefusal({"detail": [_missing(name, self.request)]}, 422)
        return self.fields[name]


class _LegacyRequest(HttpRequest):
    is_legacy_call: bool


class LegacyRefusal(PortalError):
    """An error whose body the contract spells out: `body` is answered as it stands."""

    def __init__(self, body: dict, http_status: int):
        super().__init__(str(body), http_status=http_status)
        self.body = body


def legacy_path(name: str, view: Callable) -> URLPattern:
    """Both path forms at one view: a redirect to the other form would lose a POST's body."""
    return re_path(rf"^{name}/?$", view, name=f"legacy-{name}")


def answer(body: Any, http_status: int = 200) -> JsonResponse:
    """JSON as the old service wrote it: compact, and letters of any script as they are."""
    return JsonResponse(
        body,
        status=http_status,
        safe=False,
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
    )


def legacy_call(
    *, methods: Sequence[str], required: Sequence[str] = (), accepts_json: bool = False, anonymous: bool = False
) -> Callable[[Callable[[LegacyCall], HttpResponseBase]], Callable[[HttpRequest], HttpResponseBase]]:
    """Wrap a function of one LegacyCall as a Django view.

    Credentials come first, so that nobody learns from a 422 what a call is about. Then the body is read; required
    fields that are not there are a 422 in the shape of the old service. Errors of ours become {"detail": ...}.
    anonymous: the call is answered without any credentials too, at ANONYMOUS_RATE.
    """

    def decorate(function: Callable[[LegacyCall], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
        name = function.__name__.replace("_", "-")
        CALLS.append(name)

        @csrf_exempt
        @wraps(function)
        def view(request: HttpRequest) -> HttpResponseBase:
            cast(_LegacyRequest, request).is_legacy_call = True  # read by accounts.lockout
            if request.method not in methods:
                return _method_not_allowed(methods)
            if _is_of_another_page(request):
                return answer({"detail": "This call is not answered to pages of other sites"}, 403)
            try:
                fields = _fields(request, accepts_json=accepts_json)
            except ValueError:
                return answer({"detail": "The body cannot be read: a JSON object, or a form, without NUL"}, 400)
            try:
                user, style = _user(request, fields)
            except PasswordAlone as error:
                return _unauthorized(error.message)
            if user is None and not (anonymous and style == WITHOUT_CREDENTIALS):
                return _unauthorized(BAD_CREDENTIALS)
            if user is None and not ANONYMOUS_RATE.takes(client_address(request)):
                return _too_many()
            if user is not None:
                request.user = user  # the history of changes names who made them
            refusal = refusal_of(call=name, style=style)
            call = LegacyCall(request=request, user=user, fields=fields)
            try:
                if refusal is not None:
                    return answer({"detail": refusal}, 403)  # these clients stop at a 403, and show its detail
                return _answered(function, call, required)
            finally:
                meter.count(
                    account="" if user is None else user.get_username(),
                    call=name,
                    style=style,
                    user_agent=request.headers.get("User-Agent", ""),
                    refused=refusal is not None,
                    failed=call.failed,
                )

        return view

    return decorate


def _answered(
    function: Callable[[LegacyCall], HttpResponseBase], call: LegacyCall, required: Sequence[str]
) -> HttpResponseBase:
    missing = [name for name in required if name not in call.fields]
    if missing:
        return answer({"detail": [_missing(name, call.request) for name in missing]}, 422)
    try:
        return function(call)
    except LegacyRefusal as refusal:
        return answer(refusal.body, refusal.http_status)
    except PortalError as error:
        response = answer({"detail": error.message}, error.http_status)
        if isinstance(error, StoreUnavailable):
            response["Retry-After"] = "5"
        return response


def _is_of_another_page(request: HttpRequest) -> bool:
    """Whether a page of another origin sent this: no old client is one, and such a page acts as whoever opens it."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.get_host()}"
    return origin is not None and origin != own and origin not in settings.CSRF_TRUSTED_ORIGINS


def _too_many() -> HttpResponse:
    response = answer({"detail": "Too many calls from this address. Try again in a minute"}, 429)
    response["Retry-After"] = "60"
    return response


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

    Credentials that are there and wrong are never passed over for another style. A browser's session counts only with
    a CSRF token: its cookie alone comes with whatever any page makes the browser send. Raises PasswordAlone.
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
    if scheme:
        return None, "unknown"
    user = request.user
    if user.is_authenticated and user.is_active and _has_csrf_token(request):
        return user, "session"
    return None, WITHOUT_CREDENTIALS


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def _has_csrf_token(request: HttpRequest) -> bool:
    """Whether the request brings the token, too. One that needs none (GET) does not count as having it."""
    if request.method in ("GET", "HEAD"):
        return False
    check = _CsrfCheck(lambda request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, lambda request: HttpResponse(), (), {}) is None
