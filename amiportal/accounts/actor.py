"""Who acts: the account behind a request that no page or call answers without one."""

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from amiportal.accounts.models import User

if TYPE_CHECKING:
    from rest_framework.request import Request


def actor_of(request: "HttpRequest | Request") -> User:
    """The account, as services take it. Raises PermissionDenied for nobody, whom the page should have sent away."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user
