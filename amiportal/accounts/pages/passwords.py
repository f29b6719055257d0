"""Setting a password by a link, and asking for such a link."""

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from amiportal.accounts.models import PasswordLink
from amiportal.accounts.pages.sign_in import sign_in
from amiportal.accounts.services.mail import mail_is_configured
from amiportal.accounts.services.password_links import LinkClosed, accounts_of_address, find_link, set_password_by_link
from amiportal.accounts.tasks import mail_new_password_task
from amiportal.core.client_address import client_address
from amiportal.core.errors import NotFound

# Of one network address and process: an institute's fifty people share one, a machine that tries lists does not stop.
MOST_ASKED_AN_HOUR = 30


class NewPasswordForm(forms.Form):
    password = forms.CharField(strip=False, max_length=4_096)
    again = forms.CharField(strip=False, max_length=4_096)

    def clean(self) -> dict:
        super().clean()
        given = self.cleaned_data
        if not self.errors and given["password"] != given["again"]:
            raise ValidationError(_("The two passwords are not the same."))
        return given


class AddressForm(forms.Form):
    email = forms.EmailField(max_length=get_user_model()._meta.get_field("email").max_length)


@sensitive_post_parameters()
@sensitive_variables("secret", "form")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def password_set(request: HttpRequest, secret: str) -> HttpResponse:
    """Looking uses nothing up, since mail programs look too: the POST does, and signs in."""
    try:
        link = find_link(secret)
        form = NewPasswordForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                person = set_password_by_link(secret=secret, password=form.cleaned_data["password"])
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return sign_in(request, person, to=resolve_url("home"))
    except NotFound:
        return _closed(request, "unknown")
    except LinkClosed as error:
        return _closed(request, error.code)
    context = {
        "form": form,
        "person": link.person,
        "invited": link.purpose == PasswordLink.Purpose.INVITATION,
        "rules": password_validators_help_texts(),
    }
    return render(request, "registration/password_set.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def password_forgot(request: HttpRequest) -> HttpResponse:
    """The same answer for every address, in the same time: whether somebody has it is for the mail alone to tell."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "sends_mail": mail_is_configured(), "asked": False, "too_often": False}
    if context["sends_mail"] and form.is_valid():
        if _asks_too_often(request):
            context["too_often"] = True
        else:
            # Also for nobody, and never by the address as it was typed: what strangers type is not kept.
            mail_new_password_task.defer(accounts=accounts_of_address(form.cleaned_data["email"]))
            context["asked"] = True
    return render(request, "registration/password_forgot.html", context, status=429 if context["too_often"] else 200)


def _asks_too_often(request: HttpRequest) -> bool:
    counted_as = f"password-forgot-{client_address(request)}"
    cache.add(counted_as, 0, 3_600)
    return cache.incr(counted_as) > MOST_ASKED_AN_HOUR


def _closed(request: HttpRequest, why: str) -> HttpResponse:
    context = {"why": why, "sends_mail": mail_is_configured()}
    return render(request, "registration/link_closed.html", context, status=410)
