"""Whether a password is right. Every sign-in asks here: no more guesses are looked at than the lock-out allows."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.db import connection
from django.http import HttpRequest

from amiportal.accounts.models import User


def user_by_password(*, request: HttpRequest, username: str, password: str) -> User | None:
    """The active user whose password this is, or None; a wrong one counts towards the lock-out."""
    with _one_at_a_time(username):
        return authenticate(request=request, username=username, password=password)


class SignInForm(AuthenticationForm):
    """Django's; it asks for the password itself."""

    def clean(self) -> dict:
        with _one_at_a_time(self.cleaned_data.get("username", "")):
            return super().clean()


@contextmanager
def _one_at_a_time(username: str) -> Iterator[None]:
    """Tries for one account wait for each other: the lock-out counts a wrong one only after it was looked at.

    A lock of the session, not of a transaction, which a refusal would roll back together with its count.
    """
    turn = int.from_bytes(hashlib.sha256(f"sign-in {username}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [turn])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [turn])
