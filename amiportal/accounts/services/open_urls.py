"""Until when the upload URLs that a person was given still work, which outlive the account.

Told by the app that gives them.
"""

from collections.abc import Callable
from datetime import datetime

from amiportal.accounts.models import User

EndOfUrls = Callable[[User], datetime | None]
_asked: list[EndOfUrls] = []


def register(ask: EndOfUrls) -> None:
    """Called once, by the app that gives URLs, when it is ready."""
    _asked.append(ask)


def urls_end_at(person: User) -> datetime | None:
    """When the last URL of this person runs out; None where none is alive."""
    return max((end for ask in _asked if (end := ask(person)) is not None), default=None)


def in_words(end: datetime | None) -> str:
    """A sentence for people, to be put behind another one; "" where no URL is alive."""
    if end is None:
        return ""
    return f" Upload URLs that are out already go on writing until {end:%H:%M} UTC; nobody can call them back."
