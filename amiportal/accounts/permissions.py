"""Who may look after whom."""

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.core.errors import Forbidden

# What a maintainer may give away: roles below the own.
GIVEN_BY_MAINTAINERS = (Role.PARTNERS, Role.SCRIPTS)


def check_may_look_after(*, actor: User | None, person: User | None = None, role: Role | None = None) -> None:
    """Raises Forbidden unless the actor maintains accounts, this person's and of this role among them.

    `actor` None is a management command.
    """
    if actor is None or (actor.is_superuser and actor.is_active):
        return
    if not actor.is_maintainer:
        raise Forbidden("Only maintainers may look after accounts.")
    if person is not None and person.is_superuser:
        raise Forbidden("Only superusers may look after superusers.")
    if role is not None and role not in GIVEN_BY_MAINTAINERS:
        raise Forbidden("Only superusers may make maintainers.")
