"""What a locked account is told, in the form that its client reads."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from amiportal.core.api import envelope

LOCKED = "Too many failed sign-ins. This account is locked for an hour; a maintainer can unlock it at once."


def respond(request: HttpRequest, response: HttpResponse | None, credentials: dict | None) -> HttpResponse:
    """Called by django-axes in place of the view's own answer (AXES_LOCKOUT_CALLABLE)."""
    if getattr(request, "is_legacy_call", False):
        # The old clients know one refusal of credentials; another status would make them retry.
        return JsonResponse({"detail": "Invalid username or password"}, status=401)
    if "/api/" in request.path:
        locked: HttpResponse = JsonResponse(envelope(code="locked", message=LOCKED), status=429)
    else:
        locked = render(request, "registration/locked.html", {"message": LOCKED}, status=429)
    locked["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    return locked
