from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
)

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.accounts.tokens import make_token
from amiportal.adminkit import History, Kept, ask, minute

# What a maintainer may give away: roles below the own.
_GIVEN_BY_MAINTAINERS = (Role.PARTNERS, Role.SCRIPTS)
_ROLE_LABELS = {Role.MAINTAINERS: "primary", Role.PARTNERS: "info", Role.SCRIPTS: "default", "superuser": "danger"}
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


class PersonAddForm(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = User
        fields = ["username", "first_name", "last_name", "email"]


@admin.register(User)
class PersonAdmin(Kept, History, UserAdmin, ModelAdmin):
    """Maintainers look after all but superusers. Nobody is deleted: the ledger names them."""

    form = UserChangeForm
    add_form = PersonAddForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "full_name", "organisation", "roles", "shown_buckets", "state", "seen"]
    list_display_links = ["username", "full_name"]
    list_filter = [
        ("groups", RelatedDropdownFilter),
        ("buckets", RelatedDropdownFilter),
        ("is_service_account", BooleanRadioFilter),
        ("is_active", BooleanRadioFilter),
    ]
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["username", "first_name", "last_name", "email", "organisation"]
    search_help_text = "Account, name, address or organisation"
    ordering = ["username"]
    autocomplete_fields = ["buckets"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined"]
    actions_detail = ["new_token"]
    _person = (
        "Person",
        {"fields": [("first_name", "last_name"), ("email", "organisation"), ("country", "language")]},
    )
    _access = ("Access", {"fields": ["groups", "buckets", ("is_active", "is_service_account")]})
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        _person,
        _access,
        ("Record", {"fields": [("last_login", "date_joined")]}),
    ]
    _superuser_only = ("Superuser", {"fields": [("is_staff", "is_superuser")]})
    add_fieldsets = [
        (None, {"fields": ["username", ("first_name", "last_name"), "email"]}),
        ("Password", {"fields": ["usable_password", "password1", "password2"]}),
    ]

    # --- Who may change whom ----------------------------------------------------------------------------------

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

    def formfield_for_manytomany(self, db_field, request: HttpRequest, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups":
            roles = Group.objects.filter(name__in=Role.values)
            if not request.user.is_superuser:
                roles = roles.filter(name__in=_GIVEN_BY_MAINTAINERS)
            field = forms.ModelMultipleChoiceField(
                roles, label="Roles", required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
            )
        return field

    def save_model(self, request: HttpRequest, obj: User, form, change: bool) -> None:
        """One row of the history for the whole form, roles and buckets included: written by `save_related`."""
        obj.skip_history_when_saving = True
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        """Whoever is a maintainer may sign in to the admin; is_staff says that and nothing else."""
        super().save_related(request, form, formsets, change)
        person = form.instance
        if person.is_superuser or person.groups.filter(name=Role.MAINTAINERS).exists():
            person.is_staff = True
        del person.skip_history_when_saving
        person.save()

    # --- What is shown ----------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        groups = Prefetch("groups", Group.objects.order_by("name"))
        return super().get_queryset(request).prefetch_related(groups, "buckets")

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

    @display(description="State", label={"active": "success", "closed": "danger", "contact": "default"})
    def state(self, person: User) -> str:
        if not person.is_active:
            return "closed"
        return "active" if person.has_usable_password() else "contact"

    # --- Tokens -----------------------------------------------------------------------------------------------

    def has_token_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        person = User.objects.filter(pk=object_id).first() if object_id else None
        return self.has_change_permission(request, person)

    @action(description="Make a token", icon="key", permissions=["token"])
    def new_token(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = get_object_or_404(User, pk=object_id)
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        form = TokenForm(request.POST if request.method == "POST" else None)
        back = reverse("admin:accounts_user_change", args=[person.pk])
        if not form.is_valid():
            return ask(
                self,
                request,
                title=f"Make a token for {person}",
                text="A script signs in with it in place of a password. It is shown once, on the next page.",
                form=form,
                button="Make the token",
                back=back,
            )
        token = make_token(actor=request.user, user=person, days=form.cleaned_data["days"])
        self.log_change(request, person, "Made a token.")
        messages.success(request, "The token is made. Copy it now: it is not shown again.")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Token for {person}",
            "opts": self.opts,
            "token": token,
            "back": back,
        }
        response = TemplateResponse(request, "admin/accounts/token.html", context)
        response["Cache-Control"] = "no-store"
        return response


admin.site.unregister(Group)  # roles are given on a person's page; which there are is decided by migrations
