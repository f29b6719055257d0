"""Where a person stands between being known and signing in."""

from typing import TYPE_CHECKING, Any, TypedDict

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from amiportal.accounts.models import PasswordLink, User

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


if TYPE_CHECKING:

    class Invited(TypedDict):
        """What PersonAdmin's queryset brings beside a person's row: invitations, the newest first."""

        invitations: list[PasswordLink]
        has_code: bool

    Listed = WithAnnotations[User, Invited]


def state_of(person: "Listed") -> str:
    if not person.is_active:
        return "closed"
    if person.has_usable_password():
        return "active"
    told = {PasswordLink.State.OPEN: "invited", PasswordLink.State.EXPIRED: "invitation expired"}
    return told.get(person.invitations[0].state, "contact") if person.invitations else "contact"


class StateFilter(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = ("active", "invited", "invitation expired", "contact", "closed")
        return [(name, name.capitalize()) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """The same decisions as `state_of`, in SQL; at most one invitation of a person is neither used nor revoked."""
        state = self.value()
        if state not in dict(self.lookup_choices):
            return queryset
        if state == "closed":
            return queryset.filter(is_active=False)
        no_password = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX) | Q(password="")
        if state == "active":
            return queryset.filter(is_active=True).exclude(no_password)
        waiting = PasswordLink.objects.filter(
            person=OuterRef("pk"), purpose=PasswordLink.Purpose.INVITATION, used_at=None, revoked_at=None
        )
        is_open = Exists(waiting.filter(expires_at__gt=timezone.now()))
        wanted = {"invited": is_open, "invitation expired": Exists(waiting) & ~is_open, "contact": ~Exists(waiting)}
        return queryset.filter(no_password, wanted[state], is_active=True)
