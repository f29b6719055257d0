"""The history of a person, for changes that no form makes."""

from collections.abc import Sequence

from amiportal.accounts.models import User
from amiportal.core.history import recorded


def note(person: User, *, actor: User | None, reason: str, fields: Sequence[str] = (), made: bool = False) -> None:
    """Save these fields of the person (none: only a row of the history), with who did it and why.

    `made`: it is the first row, of an account just made with its roles and buckets.
    """
    with recorded(person, actor=actor, reason=reason):
        # An empty update_fields would save nothing and tell nobody; the name stays what it is.
        person.save(update_fields=list(fields) or ["username"])
    if made:
        person.history.update(history_type="+")
