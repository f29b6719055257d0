"""Changes of a person from elsewhere than the form: going back to what the history says."""

from typing import Any

from django.db import transaction

from amiportal.accounts.models import User
from amiportal.accounts.permissions import GIVEN_BY_MAINTAINERS, check_may_look_after
from amiportal.accounts.roles import Role
from amiportal.accounts.services.history import note
from amiportal.core.errors import Forbidden
from amiportal.core.history import unrecorded

# Not the account's name, which the ledger speaks of, nor whether it is open, which `closing` decides.
AMENDABLE = ("first_name", "last_name", "email", "organisation", "country", "language", "buckets", "groups")
_MANY = ("buckets", "groups")


def amend(*, actor: User, person: User, changes: dict[str, Any], reason: str) -> User:
    """Give the person these values, all of them or none. Raises Forbidden, and ValidationError for what is refused.

    Roles below the actor's own alone change hands; nobody becomes, or ceases to be, a maintainer by a maintainer.
    """
    check_may_look_after(actor=actor, person=person)
    if unknown := changes.keys() - set(AMENDABLE):
        raise TypeError(f"cannot be changed: {', '.join(sorted(unknown))}")
    if "groups" in changes and not actor.is_superuser:
        moved = {group.name for group in changes["groups"]} ^ set(person.groups.values_list("name", flat=True))
        if not moved <= set(GIVEN_BY_MAINTAINERS):
            raise Forbidden("Only superusers may make maintainers, or take that role away.")
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        with unrecorded(person):
            for name in changes.keys() & set(_MANY):
                getattr(person, name).set(changes[name])
        for name in changes.keys() - set(_MANY):
            setattr(person, name, changes[name])
        person.is_staff = person.is_superuser or person.groups.filter(name=Role.MAINTAINERS).exists()
        person.full_clean()
        note(person, actor=actor, reason=reason, fields=["is_staff", *(changes.keys() - set(_MANY))])
    return person
