"""A maintainer's own two-factor sign-in: set up, given new recovery codes, removed."""

from collections.abc import Callable
from typing import Any

import segno
from django import forms
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods
from django_otp import login as otp_login

from amiportal.accounts.actor import actor_of
from amiportal.accounts.services import two_factor
from amiportal.accounts.services.passwords import user_by_password
from amiportal.accounts.services.two_factor import TooManyCodes, WrongCode
from amiportal.core.errors import Conflict

_NEW_KEY = "two_factor_key"  # in the session, which only the server reads, until a code proves that the app has it


class ProofForm(forms.Form):
    """What shows that it is really them: with the password, where something is taken away."""

    code = forms.CharField(max_length=40)
    password = forms.CharField(required=False)


@sensitive_post_parameters()
@sensitive_variables("key", "typed", "form", "codes")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def two_factor_page(request: HttpRequest) -> HttpResponse:
    """Where it is not set up: the QR code, and by POST its confirmation. That answer alone shows the recovery codes."""
    enrolled = two_factor.has_two_factor(actor_of(request))
    if not enrolled and not two_factor.may_have_two_factor(actor_of(request)):
        raise PermissionDenied
    if enrolled:
        left = two_factor.recovery_codes_left(actor_of(request))
        return render(request, "accounts/two_factor.html", {"left": left, "removed": False})
    key = request.session.setdefault(_NEW_KEY, two_factor.new_key())
    form = ProofForm(request.POST if request.method == "POST" else None)
    wrong = False
    if form.is_bound:
        try:
            device, codes = two_factor.enrol(actor=actor_of(request), key=key, code=form.data.get("code", ""))
        except WrongCode:
            wrong = True
        except Conflict:
            return redirect("two-factor")
        else:
            del request.session[_NEW_KEY]
            update_session_auth_hash(request, actor_of(request))
            otp_login(request, device)
            return render(request, "accounts/two_factor_codes.html", {"codes": codes})
    address, typed = two_factor.provisioning(actor_of(request), key)
    # segno's own markup around nothing but modules of the code: no text of anybody's.
    qr = mark_safe(segno.make(address, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff"))
    return render(request, "accounts/two_factor_set_up.html", {"qr": qr, "typed": typed, "wrong": wrong})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Ten new codes against a code and the password."""
    return _proven(request, "codes", lambda: two_factor.new_recovery_codes(actor=actor_of(request)))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def remove_two_factor(request: HttpRequest) -> HttpResponse:
    return _proven(request, "remove", lambda: two_factor.remove(actor=actor_of(request)))


@sensitive_variables("form", "codes")
def _proven(request: HttpRequest, what: str, act: Callable[[], Any]) -> HttpResponse:
    """Ask for the password and a code, then do it."""
    if not two_factor.has_two_factor(actor_of(request)):
        return redirect("two-factor")
    form = ProofForm(request.POST if request.method == "POST" else None)
    context = {"what": what, "wrong": False, "wait_s": 0}
    if form.is_bound:
        try:
            if not form.is_valid() or not _password_is_right(request, form.cleaned_data["password"]):
                raise WrongCode("There is no code, or the password is wrong.")
            two_factor.verify(user=actor_of(request), code=form.cleaned_data["code"])
        except TooManyCodes as error:
            context["wait_s"] = error.wait_s
        except WrongCode:
            context["wrong"] = True
        else:
            codes = act()
            if codes is None:
                return redirect("two-factor")
            return render(request, "accounts/two_factor_codes.html", {"codes": codes})
    return render(request, "accounts/two_factor_proof.html", context, status=429 if context["wait_s"] else 200)


def _password_is_right(request: HttpRequest, password: str) -> bool:
    """By the way of the sign-in, so that guesses count towards the lock-out."""
    return user_by_password(request=request, username=request.user.get_username(), password=password) is not None
