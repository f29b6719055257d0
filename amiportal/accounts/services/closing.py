"""Closing accounts and opening them again."""

from django.db import transaction
from django.db.models import F, Q
from knox.models import AuthToken

from amiportal.accounts.models import User
from amiportal.accounts.permissions import check_may_look_after
from amiportal.accounts.roles import Role
from amiportal.accounts.services.history import note
from amiportal.accounts.services.password_links import close_links
from amiportal.core.errors import Conflict


def close_account(*, actor: User | None, person: User, reason: str) -> User:
    """From now on nothing of this person's signs in: no password, session, token or link.

    Raises Forbidden for a superuser's account, Conflict for one's own, for the last active maintainer's, and for
    one that is closed already.
    """
    check_may_look_after(actor=actor, person=person)
    if actor is not None and actor.pk == person.pk:
        raise Conflict("You cannot close your own account: ask another maintainer.", code="own_account")
    with transaction.atomic():
        # All of them locked, or two who close each other's account at once would leave none.
        may_enter = Q(groups__name=Role.MAINTAINERS) | Q(is_superuser=True)
        maintainers = set(
            User.objects.select_for_update().filter(pk__in=User.objects.filter(may_enter, is_active=True).values("pk"))
        )
        if maintainers == {person}:
            raise Conflict("This is the last active maintainer. Make another one first.", code="last_maintainer")
        if not User.objects.filter(pk=person.pk, is_active=True).update(session_generation=F("session_generation") + 1):
            raise Conflict("This account is closed already.", code="account_closed")
        AuthToken.objects.filter(user=person).delete()
        close_links(person)
        person.refresh_from_db()
        person.is_active = False
        note(person, actor=actor, reason=f"Closed: {reason}", fields=["is_active"])
    return person


def open_account(*, actor: User | None, person: User, reason: str) -> User:
    """The person may sign in again, with the old password. The tokens stay deleted.

    Raises Forbidden for a superuser's account, Conflict for one that is open.
    """
    check_may_look_after(actor=actor, person=person)
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        if person.is_active:
            raise Conflict("This account is open.", code="account_open")
        person.is_active = True
        note(person, actor=actor, reason=f"Opened again: {reason}", fields=["is_active"])
    return person
