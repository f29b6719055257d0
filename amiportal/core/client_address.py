"""Whose address a request came from, as far as that can be known."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The peer's address, or behind our own proxy the one that this proxy appended.

    Anything further left in X-Forwarded-For is the client's word and is never read.
    """
    if settings.BEHIND_TLS_PROXY:
        appended = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if appended:
            return appended[:45]
    return request.META.get("REMOTE_ADDR") or None
