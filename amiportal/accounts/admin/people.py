"""The admin's pages of people. What a page beside list and form does stands in the module that is named here."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.models import AuthToken
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from amiportal.accounts.actor import actor_of
from amiportal.accounts.admin import access, inviting, mailing
from amiportal.accounts.admin.states import StateFilter, state_of
from amiportal.accounts.models import PasswordLink, User
from amiportal.accounts.permissions import GIVEN_BY_MAINTAINERS
from amiportal.accounts.resources import PeopleTable
from amiportal.accounts.roles import Role
from amiportal.accounts.services.contacts import person_record
from amiportal.accounts.services.history import note
from amiportal.accounts.services.profile import AMENDABLE, amend
from amiportal.accounts.services.two_factor import recovery_codes_left
from amiportal.core.adminkit import minute
from amiportal.core.history import unrecorded
from amiportal.sheets.admin import SheetAdmin

if TYPE_CHECKING:
    from amiportal.accounts.admin.states import Listed

_ROLE_LABELS = {Role.MAINTAINERS: "primary", Role.PARTNERS: "info", Role.SCRIPTS: "default", "superuser": "danger"}
_STATE_LABELS = {
    "active": "success",
    "invited": "info",
    "invitation expired": "warning",
    "contact": "default",
    "closed": "danger",
}


class PersonAddForm(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = User
        fields = ["username", "first_name", "last_name", "email"]


@admin.register(User)
class PersonAdmin(UserAdmin, SheetAdmin):
    """Maintainers look after all but superusers. Nobody is deleted: the ledger names them."""

    # --- The list ---------------------------------------------------------------------------------------------

    list_display = ["username", "full_name", "organisation", "country", "roles", "shown_buckets", "state", "seen"]
    list_display_links = ["username", "full_name"]
    list_filter = [
        ("groups", RelatedDropdownFilter),
        ("buckets", RelatedDropdownFilter),
        StateFilter,
        ("is_service_account", BooleanRadioFilter),
    ]
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["username", "first_name", "last_name", "email", "organisation"]
    search_help_text = "Account, name, address or organisation"
    ordering = ["username"]
    actions = [
        admin.action(mailing.copy_addresses, description="Mail addresses of the chosen", permissions=["view"]),
    ]

    # --- The form ---------------------------------------------------------------------------------------------

    form = UserChangeForm
    add_form = PersonAddForm
    change_password_form = AdminPasswordChangeForm
    autocomplete_fields = ["buckets"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined", "state", "invitation", "second_factor", "tokens"]
    revert_fields = AMENDABLE
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": [("first_name", "last_name"), ("email", "organisation"), ("country", "language")]}),
        ("Access", {"fields": ["groups", "buckets", "is_service_account"]}),
        ("Signing in", {"fields": [("state", "second_factor"), "invitation", "tokens", ("last_login", "date_joined")]}),
    ]
    _superuser_only = ("Superuser", {"fields": [("is_staff", "is_superuser")]})
    add_fieldsets = [
        (None, {"fields": ["username", ("first_name", "last_name"), "email"]}),
        ("Password", {"fields": ["usable_password", "password1", "password2"]}),
    ]

    # --- Buttons and other pages: has_<permission>_permission decides who may open them ----------------------------

    actions_list = ["invite", "all_addresses"]
    actions_detail = [
        "send_invitation",
        "send_password_link",
        "new_token",
        {
            "title": "More",
            "icon": "more_horiz",
            "items": ["take_links_back", "reset_two_factor", "open_again", "close"],
        },
    ]
    invite = action(inviting.invite, description="Invite a partner", icon="person_add", permissions=["invite"])
    all_addresses = action(
        mailing.all_addresses, description="Mail addresses", icon="alternate_email", permissions=["view"]
    )
    send_invitation = action(
        inviting.send_invitation, description="Send the invitation", icon="mail", permissions=["look_after"]
    )
    send_password_link = action(
        inviting.send_password_link,
        description="Send a new-password link",
        icon="lock_reset",
        permissions=["look_after"],
    )
    take_links_back = action(
        inviting.take_links_back, description="Take the link back", icon="link_off", permissions=["look_after"]
    )
    new_token = action(access.new_token, description="Make a token", icon="key", permissions=["look_after"])
    close = action(
        access.close,
        description="Close the account",
        icon="block",
        permissions=["look_after"],
        variant=ActionVariant.DANGER,
    )
    open_again = action(
        access.open_again, description="Open the account again", icon="lock_open", permissions=["look_after"]
    )
    reset_two_factor = action(
        access.reset_two_factor,
        description="Reset two-factor sign-in",
        icon="phonelink_erase",
        permissions=["look_after"],
    )

    def has_invite_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_add_permission(request) and actor_of(request).is_maintainer

    def has_look_after_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Of people at all; whether of this one, each page asks by `looked_after`."""
        return self.has_change_permission(request)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        person = User.objects.filter(pk=object_id).first()
        if person is None or not self.has_change_permission(request, person):
            return []
        fits = access.fitting(person, actor=actor_of(request))
        return [button for button in super().get_actions_detail(request, object_id) if fits.get(button.path, True)]

    # --- Import and export: without anything that lets somebody in ----------------------------------------------

    resource_classes = [PeopleTable]

    def export_records(self, queryset: QuerySet[User]) -> Iterable[dict]:
        return map(person_record, queryset)

    # --- Who may change whom, and how it is saved -----------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> list:
        fieldsets = list(super().get_fieldsets(request, obj))
        return [*fieldsets, self._superuser_only] if obj and request.user.is_superuser else fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        if obj and not request.user.is_superuser and obj.is_maintainer:
            return [*self.readonly_fields, "groups"]
        return self.readonly_fields

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups":
            roles = Group.objects.filter(name__in=Role.values)
            if not request.user.is_superuser:
                roles = roles.filter(name__in=GIVEN_BY_MAINTAINERS)
            field = forms.ModelMultipleChoiceField(
                roles, label="Roles", required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
            )
        return field

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """One row of the history for the whole form, roles and buckets included: written by `save_related`."""
        with unrecorded(obj):
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Whoever is a maintainer may sign in to the admin; is_staff says that and nothing else."""
        person = form.instance
        with unrecorded(person):
            super().save_related(request, form, formsets, change)
        person.is_staff = person.is_superuser or person.groups.filter(name=Role.MAINTAINERS).exists()
        note(person, actor=actor_of(request), reason="", fields=["is_staff"], made=not change)

    def go_back(self, request: HttpRequest, obj: User, values: dict, why: str) -> None:
        amend(actor=actor_of(request), person=obj, changes=values, reason=why)

    # --- What is shown ----------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        groups = Prefetch("groups", Group.objects.order_by("name"))
        invitations = PasswordLink.objects.filter(purpose=PasswordLink.Purpose.INVITATION).order_by("-made_at")
        coded = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return (
            super()
            .get_queryset(request)
            .annotate(has_code=Exists(coded))
            .prefetch_related(
                groups, "buckets", Prefetch("password_links", invitations.select_related("made_by"), "invitations")
            )
        )

    @display(description="Name", ordering="last_name")
    def full_name(self, person: User) -> str:
        return person.get_full_name() or "–"

    @display(description="Role", label=_ROLE_LABELS)
    def roles(self, person: User) -> str:
        names = ["superuser"] if person.is_superuser else []
        return ", ".join([*names, *(group.name for group in person.groups.all())]) or "none"

    @display(description="Buckets")
    def shown_buckets(self, person: User) -> str:
        return ", ".join(bucket.name for bucket in person.buckets.all()) or "–"

    @display(description="Last login (UTC)", ordering="last_login")
    def seen(self, person: User) -> str:
        return minute(person.last_login)

    @display(description="State", label=_STATE_LABELS)
    def state(self, person: "Listed") -> str:
        return state_of(person)

    @display(description="Invitation")
    def invitation(self, person: "Listed") -> str:
        """The newest one, as a sentence."""
        if not person.invitations:
            return "never invited"
        link = person.invitations[0]
        sent = f"Invited {link.made_at:%Y-%m-%d %H:%M} UTC by {link.made_by or 'the server'}"
        ends = {
            PasswordLink.State.OPEN: f"the link is good until {link.expires_at:%Y-%m-%d %H:%M} UTC",
            PasswordLink.State.EXPIRED: f"the link expired {link.expires_at:%Y-%m-%d %H:%M} UTC",
        }
        if link.used_at:
            return f"{sent}; accepted {link.used_at:%Y-%m-%d %H:%M} UTC."
        if link.revoked_at:
            return f"{sent}; the link was taken back {link.revoked_at:%Y-%m-%d %H:%M} UTC."
        return f"{sent}; {ends[link.state]}."

    @display(description="Tokens")
    def tokens(self, person: User) -> SafeString | str:
        """How many there are, and the list in which they are revoked."""
        held = AuthToken.objects.filter(user=person).count()
        listed = f"{reverse('admin:knox_authtoken_changelist')}?user__id__exact={person.pk}"
        return (
            format_html('<a class="underline" href="{}">{}</a>', listed, f"{held}, look and revoke") if held else "none"
        )

    @display(description="Two-factor sign-in")
    def second_factor(self, person: "Listed") -> str:
        if not person.has_code:
            return "not set up"
        left = recovery_codes_left(person)
        return f"on, {left} recovery code{'' if left == 1 else 's'} left"


admin.site.unregister(Group)  # roles are given on a person's page; which there are is decided by migrations
