"""The language of the pages: each person's own, else the cookie's, else the browser's.

Machines are answered in English whatever they accept: texts of the API and of the old clients' calls are matched
by programs and pasted into reports. So is the admin, which is not translated.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from amiportal.accounts.models import User

ENGLISH_BENEATH = ("/api/", "/admin/")
COOKIE_AGE_S = 365 * 24 * 3600


class LanguageMiddleware:
    """Stands after the authentication, in the place of Django's LocaleMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_for_machines(request.path_info):
            with translation.override(settings.LANGUAGE_CODE):
                return self.get_response(request)
        language = language_of(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response


def language_of(request: HttpRequest) -> str:
    chosen = request.user.language if request.user.is_authenticated else ""
    # A language that the portal has given up since it was chosen counts as none.
    return chosen if chosen in dict(settings.LANGUAGES) else translation.get_language_from_request(request)


def _is_for_machines(path: str) -> bool:
    if path.startswith(ENGLISH_BENEATH):
        return True
    try:
        name = resolve(path).url_name
    except Resolver404:
        return False
    return (name or "").startswith("legacy-")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Keep the language chosen: with the account of whoever is signed in, and in this browser for the sign-in page."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=language)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = resolve_url("home")
    response = HttpResponseRedirect(back)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=COOKIE_AGE_S,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
