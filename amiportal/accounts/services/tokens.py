"""Tokens of scripts. The database keeps a hash: whoever made a token sees it once."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from knox.models import AuthToken

from amiportal.accounts.models import User
from amiportal.core.errors import Conflict, Forbidden, NotFound

MOST_OWN_TOKENS = 20  # a person who needs more has lost track of them


def make_token(*, actor: User | None, user: User, days: int | None = None) -> str:
    """A new token for `user`, valid for `days` or until it is revoked. `actor` None is a management command.

    Raises Forbidden unless the actor maintains accounts; for a superuser's token only a superuser may ask.
    """
    if actor is not None and not (actor.is_superuser or (actor.is_maintainer and not user.is_superuser)):
        raise Forbidden("Only maintainers may make tokens, and only superusers those of superusers.")
    _, token = AuthToken.objects.create(user=user, expiry=timedelta(days=days) if days else None)
    return token


def make_own_token(*, actor: User, days: int) -> str:
    """A token for the actor's own scripts. It can do what its owner can, so it always ends by itself.

    Raises Conflict when the actor has too many.
    """
    if own_tokens(actor).count() >= MOST_OWN_TOKENS:
        raise Conflict(f"You have {MOST_OWN_TOKENS} tokens. Revoke those that no script uses.", code="too_many_tokens")
    _, token = AuthToken.objects.create(user=actor, expiry=timedelta(days=days))
    return token


def own_tokens(actor: User) -> QuerySet[AuthToken]:
    """The actor's tokens that still open something, newest first."""
    unexpired = Q(expiry__isnull=True) | Q(expiry__gt=timezone.now())
    return AuthToken.objects.filter(unexpired, user=actor).order_by("-created")


def own_token(*, actor: User, token_key: str) -> AuthToken:
    """The actor's token that begins with `token_key`; anybody else's is NotFound."""
    token = own_tokens(actor).filter(token_key=token_key).first()
    if token is None:
        raise NotFound("There is no such token of yours.", code="token_unknown")
    return token


def revoke_own_token(*, actor: User, token_key: str) -> None:
    """From now on the token opens nothing. Raises NotFound as `own_token` does."""
    own_token(actor=actor, token_key=token_key).delete()
