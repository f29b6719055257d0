"""A person's own tokens: made, shown once, revoked."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from amiportal.accounts.actor import actor_of
from amiportal.accounts.services.tokens import make_own_token, own_token, own_tokens, revoke_own_token
from amiportal.core.errors import Conflict, NotFound


class OwnTokenForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("Valid for"), coerce=int, choices=[(30, _("30 days")), (365, _("1 year"))], initial=365
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """The list; a POST makes one, which this answer alone shows."""
    form = OwnTokenForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "token": "", "too_many": False}
    if form.is_valid():
        try:
            context["token"] = make_own_token(actor=actor_of(request), days=form.cleaned_data["days"])
        except Conflict:
            context["too_many"] = True
    context["tokens"] = list(own_tokens(actor_of(request)))
    return render(request, "accounts/tokens.html", context, status=409 if context["too_many"] else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def revoke(request: HttpRequest, token_key: str) -> HttpResponse:
    """GET asks, POST does."""
    try:
        token = own_token(actor=actor_of(request), token_key=token_key)
        if request.method == "POST":
            revoke_own_token(actor=actor_of(request), token_key=token_key)
            return redirect("tokens")
    except NotFound as error:
        raise Http404 from error
    return render(request, "accounts/token_revoke.html", {"token": token})
