"""HTTP Basic, and the credentials that old clients send with every call.

A password hash costs some 100 ms, by design, and these clients send one file per request. A successful check is
therefore remembered for a few minutes, in this process alone. Failures never are: they all reach the lock-out.
"""

import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BasicAuthentication

from amiportal.accounts.models import User
from amiportal.accounts.services.known_places import begin_try, end_try, known_place, note_place
from amiportal.accounts.services.passwords import user_by_password
from amiportal.accounts.services.two_factor import has_two_factor
from amiportal.core.client_address import client_address
from amiportal.core.errors import PortalError

REMEMBERED_FOR_S = 300


class PasswordAlone(PortalError):
    """The password is right, and the account asks for a code besides: a script of its owner's uses a token."""

    code = "two_factor_required"
    http_status = 401

    def __init__(self) -> None:
        super().__init__("This account has two-factor sign-in, so its password opens nothing here: use a token.")


def user_for_credentials(*, request: HttpRequest, username: str, password: str) -> User | None:
    """The active user whom these credentials name, or None; counts failures towards a lock-out.

    A remembered success holds while the stored password hash is the one it was checked against and the account
    is active, so a changed password or a closed account ends it at once in every process. Raises PasswordAlone for
    a maintainer's account with two-factor sign-in.
    """
    user = _user_by_password(request=request, username=username, password=password)
    if user is not None and user.is_staff and has_two_factor(user):
        raise PasswordAlone
    return user


def _user_by_password(*, request: HttpRequest, username: str, password: str) -> User | None:
    remembered_as = _mac("credentials", username, password)
    known = cache.get(remembered_as)
    if known is not None:
        user_id, hash_mac = known
        user = User.objects.active_with_role(pk=user_id)
        if user is not None and hmac.compare_digest(hash_mac, _mac("hash", user.password)):
            return user
        cache.delete(remembered_as)
    user = _looked_at(request, username, password)
    if user is not None:
        cache.set(remembered_as, (user.pk, _mac("hash", user.password)), REMEMBERED_FOR_S)
    return user


def _looked_at(request: HttpRequest, username: str, password: str) -> User | None:
    """The user whose password this is. Where the account signed in before, strangers' failures do not count."""
    address = client_address(request)
    place = known_place(username=username, address=address)
    if place is None:
        user = user_by_password(request=request, username=username, password=password)
        if user is not None:
            note_place(user=user, address=address)
        return user
    if not begin_try(place):
        return None
    user = None
    try:
        user = ModelBackend().authenticate(request, username=username, password=password)
    finally:
        end_try(place, is_right=user is not None)
    return user


def _mac(purpose: str, *parts: str) -> str:
    """Neither the password nor anything it could be guessed from offline is kept in memory."""
    message = "\0".join((purpose, *parts)).encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


class RememberingBasicAuthentication(BasicAuthentication):
    www_authenticate_realm = "AMI Portal"

    def authenticate_credentials(self, userid: str, password: str, request: Any = None) -> tuple[User, None]:
        django_request = getattr(request, "_request", request)
        try:
            user = user_for_credentials(request=django_request, username=userid, password=password)
        except PasswordAlone as error:
            raise exceptions.AuthenticationFailed(error.message, code=error.code) from error
        if user is None:
            raise exceptions.AuthenticationFailed("Invalid username or password.")
        return (user, None)


class RememberingBasicScheme(OpenApiAuthenticationExtension):
    target_class = RememberingBasicAuthentication
    name = "basicAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "basic"}
