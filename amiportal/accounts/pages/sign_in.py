"""Signing in: a password, then for those who set it up a code; and the way into the admin."""

import time
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp import login as otp_login
from django_otp.middleware import is_verified

from amiportal.accounts.models import User
from amiportal.accounts.services.mail import mail_is_configured
from amiportal.accounts.services.passwords import SignInForm
from amiportal.accounts.services.two_factor import TooManyCodes, WrongCode, has_two_factor, verify

BACKEND = "django.contrib.auth.backends.ModelBackend"
SECOND_STEP_WITHIN_S = 600
_WAITING = "signing_in"  # key in the session: whose password was right, and when


def sign_in(request: HttpRequest, user: User, *, to: str) -> HttpResponse:
    """The one way to a session: signed in and led to `to`, or first asked for the code.

    Presupposes that the user's password, or a link in its place, was right.
    """
    if not has_two_factor(user):
        login(request, user, backend=BACKEND)
        return HttpResponseRedirect(to)
    request.session.flush()
    request.session[_WAITING] = {"user": user.pk, "hash": user.get_session_auth_hash(), "at": time.time()}
    return HttpResponseRedirect(f"{resolve_url('sign-in-code')}?{urlencode({'next': to})}")


class SignIn(LoginView):
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        return sign_in(self.request, form.get_user(), to=self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict:
        return super().get_context_data(**kwargs) | {"sends_mail": mail_is_configured()}


class CodeForm(forms.Form):
    code = forms.CharField(max_length=40)


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step. `?with=recovery` asks for a recovery code in words of its own; either field takes either."""
    user = _who_waits(request)
    to = _safe_next(request)
    if user is None:
        return redirect(f"{resolve_url('login')}?{urlencode({'next': to})}")
    form = CodeForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "next": to, "recovery": request.GET.get("with") == "recovery", "wait_s": 0, "wrong": False}
    if form.is_bound:
        try:
            if not form.is_valid():
                raise WrongCode("There is no code.")
            device = verify(user=user, code=form.cleaned_data["code"])
        except TooManyCodes as error:
            context["wait_s"] = error.wait_s
        except WrongCode:
            context["wrong"] = True
        else:
            del request.session[_WAITING]
            login(request, user, backend=BACKEND)
            otp_login(request, device)
            return HttpResponseRedirect(to)
    return render(request, "registration/code.html", context, status=429 if context["wait_s"] else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """In place of the admin's own form, which knows no second step."""
    to = _safe_next(request, default="admin:index")
    if not request.user.is_authenticated:
        return redirect(f"{resolve_url('login')}?{urlencode({'next': to})}")
    if not request.user.is_staff:
        raise PermissionDenied
    return HttpResponseRedirect(to)


class SecondStepMiddleware:
    """With REQUIRE_TWO_FACTOR the admin opens only to a session that a code has opened."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.REQUIRE_TWO_FACTOR and request.path_info.startswith("/admin/"):
            user = request.user
            if user.is_authenticated and user.is_staff and not is_verified(user):
                if has_two_factor(user):
                    return sign_in(request, user, to=request.get_full_path())
                return redirect("two-factor")
        return self.get_response(request)


def _who_waits(request: HttpRequest) -> User | None:
    """Whose password was right in this browser, shortly ago, and is still the one it was."""
    waiting = request.session.get(_WAITING)
    if not waiting or time.time() - waiting["at"] > SECOND_STEP_WITHIN_S:
        return None
    user = User.objects.filter(pk=waiting["user"], is_active=True).first()
    same = user is not None and constant_time_compare(waiting["hash"], user.get_session_auth_hash())
    return user if same else None


def _safe_next(request: HttpRequest, default: str = "home") -> str:
    """Where the sign-in was to lead, never out of the portal."""
    to = request.POST.get("next", request.GET.get("next", ""))
    if url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure()):
        return to
    return resolve_url(default)
