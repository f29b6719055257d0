"""Bringing people in: the invitation's form, its mail, and the link where no mail can be sent."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from amiportal.accounts.actor import actor_of
from amiportal.accounts.admin.looked_after import looked_after
from amiportal.accounts.models import PasswordLink, User
from amiportal.accounts.permissions import GIVEN_BY_MAINTAINERS
from amiportal.accounts.roles import Role
from amiportal.accounts.services.mail import MailFailed, mail_is_configured, mail_link
from amiportal.accounts.services.password_links import GOOD_FOR, make_link, revoke_links
from amiportal.accounts.services.password_links import invite as invite_person
from amiportal.core.admin_bases import PortalAdmin
from amiportal.core.adminkit import EXPLAINED, ask, explanation, faults_of, field_of

_ROLE_TOLD = {
    Role.PARTNERS: "Partner: uploads files",
    Role.SCRIPTS: "Script: uploads by a token",
    Role.MAINTAINERS: "Maintainer: this admin",
}


def _model_field(name: str, **more: Any) -> forms.Field:
    return _column(name).formfield(widget=UnfoldAdminTextInputWidget(), **more)


def _column(name: str) -> Any:
    return User._meta.get_field(name)


class InvitationForm(forms.Form):
    first_name = _model_field("first_name", required=True)
    last_name = _model_field("last_name", required=True)
    email = forms.EmailField(max_length=254, label="Mail address", widget=UnfoldAdminEmailInputWidget())
    organisation = _model_field("organisation")
    country = forms.CharField(
        required=False,
        max_length=3,
        widget=UnfoldAdminTextInputWidget(attrs={"autocapitalize": "characters"}),
        help_text="Where they work: three letters of ISO 3166, such as PAN.",
        validators=[RegexValidator(r"^[A-Za-z]{3}\Z", "Three letters of ISO 3166, such as PAN.")],
    )
    language = forms.ChoiceField(
        required=False,
        choices=[],
        widget=UnfoldAdminSelectWidget(),
        help_text="Of the invitation and the pages.",
    )
    role = forms.ChoiceField(choices=[], initial=Role.PARTNERS, widget=UnfoldAdminRadioSelectWidget())
    buckets: "forms.ModelMultipleChoiceField[Any]" = forms.ModelMultipleChoiceField(
        queryset=None,
        required=False,
        label="May upload into",
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="Without any they can sign in, and are told to ask.",
    )
    username = _model_field("username", required=False)

    sections = (
        ("Who", "How you and they know each other.", ("first_name", "last_name", "email", "organisation", "country")),
        ("What they may do", "It can be changed at any time on their page.", ("role", "buckets")),
        ("How they are greeted", "", ("language", "username")),
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = list(Role) if actor.is_superuser else GIVEN_BY_MAINTAINERS
        field_of(self, "role", forms.ChoiceField).choices = [(role.value, _ROLE_TOLD[role]) for role in roles]
        field_of(self, "language", forms.ChoiceField).choices = [
            ("", "English, until they choose"),
            *_column("language").choices,
        ]
        buckets = _column("buckets").related_model.objects.order_by("title")
        field_of(self, "buckets", forms.ModelMultipleChoiceField).queryset = buckets
        self.fields["username"].help_text = "Empty: the part of the address before the @."

    def clean_country(self) -> str:
        return self.cleaned_data["country"].upper()

    def shown(self) -> list[tuple[str, str, list]]:
        return [(title, text, [self[name] for name in names]) for title, text, names in self.sections]


def invite(model_admin: PortalAdmin, request: HttpRequest) -> HttpResponse:
    """The page that makes an account and sends its invitation."""
    form = InvitationForm(request.POST if request.method == "POST" else None, actor=actor_of(request))
    if form.is_valid():
        with faults_of(form):
            person, secret = invite_person(actor=actor_of(request), **form.cleaned_data)
            model_admin.log_addition(request, person, "Invited.")
            return _deliver(model_admin, request, person, PasswordLink.Purpose.INVITATION, secret)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Invite a partner",
        "opts": model_admin.opts,
        "form": form,
        "sends_mail": mail_is_configured(),
        "days": GOOD_FOR[PasswordLink.Purpose.INVITATION].days,
        "back": reverse("admin:accounts_user_changelist"),
    }
    return TemplateResponse(request, "admin/accounts/invite.html", context)


def send_invitation(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that sends this person a new invitation."""
    return _send(model_admin, request, object_id, "invitation", "Earlier invitations of this person end.")


def send_password_link(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that sends this person a link for a new password."""
    return _send(model_admin, request, object_id, "link for a new password", "Until it is used the old password stays.")


def take_links_back(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that ends the open link of this person."""
    person, back = looked_after(model_admin, request, object_id)
    if request.method != "POST":
        return ask(
            model_admin,
            request,
            title=f"Take {person}'s link back?",
            text="The invitation, or the link for a new password, that was sent opens nothing any more.",
            button="Take it back",
            back=back,
            danger=True,
        )
    try:
        taken = revoke_links(actor=actor_of(request), person=person)
    except EXPLAINED as error:
        messages.error(request, explanation(error))
    else:
        model_admin.log_change(request, person, "Took a link back.")
        messages.success(request, "The link is taken back." if taken else "There was no open link.")
    return HttpResponseRedirect(back)


def _send(model_admin: PortalAdmin, request: HttpRequest, object_id: str, what: str, text: str) -> HttpResponse:
    person, back = looked_after(model_admin, request, object_id)
    if request.method != "POST":
        where = f"It goes to {person.email}." if mail_is_configured() else "This portal sends no mail: you get it."
        return ask(
            model_admin,
            request,
            title=f"{person}: {what}",
            text=f"{where} {text}",
            button="Send it" if mail_is_configured() else "Make it",
            back=back,
        )
    try:
        purpose, secret = make_link(actor=actor_of(request), person=person)
    except EXPLAINED as error:
        messages.error(request, explanation(error))
        return HttpResponseRedirect(back)
    model_admin.log_change(request, person, f"Made a link: {purpose.label}.")
    return _deliver(model_admin, request, person, purpose, secret)


def _deliver(
    model_admin: PortalAdmin, request: HttpRequest, person: User, purpose: PasswordLink.Purpose, secret: str
) -> HttpResponse:
    """By mail; where that cannot be, on this one page."""
    back = reverse("admin:accounts_user_change", args=[person.pk])
    if mail_is_configured():
        try:
            mail_link(person=person, purpose=purpose, secret=secret, sender=actor_of(request))
        except MailFailed as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"The mail went to {person.email}.")
            return HttpResponseRedirect(back)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"Link for {person}",
        "opts": model_admin.opts,
        "person": person,
        "purpose": purpose,
        "link": request.build_absolute_uri(reverse("password-set", args=[secret])),
        "days": GOOD_FOR[purpose].days,
        "sends_mail": mail_is_configured(),
        "back": back,
    }
    response = TemplateResponse(request, "admin/accounts/link.html", context)
    response["Cache-Control"] = "no-store"
    return response
