"""What a person's page does about signing in: tokens, closing and opening, two-factor sign-in reset."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from amiportal.accounts.actor import actor_of
from amiportal.accounts.admin.looked_after import looked_after
from amiportal.accounts.models import User
from amiportal.accounts.services import open_urls
from amiportal.accounts.services.closing import close_account, open_account
from amiportal.accounts.services.tokens import make_token
from amiportal.accounts.services.two_factor import has_two_factor, reset_for
from amiportal.core.admin_bases import PortalAdmin
from amiportal.core.adminkit import EXPLAINED, ask, explanation

_LONGEST_TOKEN_DAYS = 3_650


class TokenForm(forms.Form):
    days = forms.IntegerField(
        label="Valid for days",
        required=False,
        min_value=1,
        max_value=_LONGEST_TOKEN_DAYS,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="Empty: until it is revoked.",
    )


class WhyForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="For the history: whoever comes after you reads it.",
    )


def fitting(person: User, *, actor: User) -> dict[str, bool]:
    """By name, which pages here and in inviting.py fit the person's state. The services refuse the others anyway."""
    own = person.pk == actor.pk
    invited = person.is_active and not person.has_usable_password()
    return {
        "send_invitation": invited,
        "send_password_link": person.is_active and not invited,
        "new_token": person.is_active,
        "take_links_back": person.password_links.filter(used_at=None, revoked_at=None).exists(),
        "reset_two_factor": not own and has_two_factor(person),
        "open_again": not person.is_active,
        "close": person.is_active and not own,
    }


def new_token(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that makes a token for this person, and shows it once."""
    person, back = looked_after(model_admin, request, object_id)
    form = TokenForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return ask(
            model_admin,
            request,
            title=f"Make a token for {person}",
            text="A script signs in with it in place of a password. It is shown once, on the next page.",
            form=form,
            button="Make the token",
            back=back,
        )
    token = make_token(actor=actor_of(request), user=person, days=form.cleaned_data["days"])
    model_admin.log_change(request, person, "Made a token.")
    messages.success(request, "The token is made. Copy it now: it is not shown again.")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"Token for {person}",
        "opts": model_admin.opts,
        "token": token,
        "back": back,
    }
    response = TemplateResponse(request, "admin/accounts/token.html", context)
    response["Cache-Control"] = "no-store"
    return response


def close(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that closes this account, with a reason."""
    return _with_reason(
        model_admin,
        request,
        object_id,
        close_account,
        title="Close the account of {}?",
        text="From this moment on nothing of this person's signs in: no password, open page, token or link. "
        "What they uploaded stays, under their name. The account can be opened again; its tokens stay deleted.",
        button="Close the account",
        done="The account of {} is closed.",
        danger=True,
        tells_of_urls=True,
    )


def open_again(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that opens this closed account again, with a reason."""
    return _with_reason(
        model_admin,
        request,
        object_id,
        open_account,
        title="Open the account of {} again?",
        text="The person signs in with the old password, and has the same roles and buckets as before.",
        button="Open the account",
        done="The account of {} is open again.",
    )


def reset_two_factor(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that takes this person's second factor away, with a reason."""
    return _with_reason(
        model_admin,
        request,
        object_id,
        reset_for,
        title="Reset the two-factor sign-in of {}?",
        text="For somebody who lost both phone and recovery codes. Be sure that it is they who ask: call them. "
        "Until they set it up again their password alone signs in; whoever is signed in as them is signed out.",
        button="Reset it",
        done="The two-factor sign-in of {} is reset.",
        danger=True,
    )


def _with_reason(
    model_admin: PortalAdmin,
    request: HttpRequest,
    object_id: str,
    service: Callable[..., Any],
    *,
    title: str,
    text: str,
    button: str,
    done: str,
    danger: bool = False,
    tells_of_urls: bool = False,
) -> HttpResponse:
    person, back = looked_after(model_admin, request, object_id)
    alive = open_urls.in_words(open_urls.urls_end_at(person)) if tells_of_urls else ""
    form = WhyForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return ask(
            model_admin,
            request,
            title=title.format(person),
            text=text + alive,
            form=form,
            button=button,
            back=back,
            danger=danger,
        )
    try:
        service(actor=actor_of(request), person=person, reason=form.cleaned_data["reason"])
    except EXPLAINED as error:
        messages.error(request, explanation(error))
    else:
        model_admin.log_change(request, person, done.format(person))
        messages.success(request, done.format(person) + alive)
    return HttpResponseRedirect(back)
