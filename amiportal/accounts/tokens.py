"""Tokens of scripts. The database keeps a hash: whoever made a token sees it once."""

from datetime import timedelta

from knox.models import AuthToken

from amiportal.accounts.models import User
from amiportal.errors import Forbidden


def make_token(*, actor: User | None, user: User, days: int | None = None) -> str:
    """A new token for `user`, valid for `days` or until it is revoked. `actor` None is a management command.

    Raises Forbidden unless the actor maintains accounts; for a superuser's token only a superuser may ask.
    """
    if actor is not None and not (actor.is_superuser or (actor.is_maintainer and not user.is_superuser)):
        raise Forbidden("Only maintainers may make tokens, and only superusers those of superusers.")
    _, token = AuthToken.objects.create(user=user, expiry=timedelta(days=days) if days else None)
    return token
