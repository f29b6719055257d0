"""Addresses from which an account has signed in: a stranger's wrong passwords do not stop it there.

One account is shared by a whole field of old clients. The lock-out counts all strangers together, ten tries an hour;
who signed in from an address before has a counter of that address alone, of ten too.
"""

import ipaddress
import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from amiportal.accounts.models import KnownPlace, User

KNOWN_FOR = timedelta(days=90)  # a card comes home every few weeks
WRONG_AT_MOST = 10  # an hour, as AXES_FAILURE_LIMIT
_WITHIN = timedelta(hours=1)
_NOTED_AGAIN_AFTER = timedelta(hours=1)  # these clients sign in with every call
_WAITS_S = 5.0
_POLLED_EVERY_S = 0.05

# A try is counted before the password is looked at, or guesses at once would all be looked at. Old tries are forgotten.
_BEGIN = """
UPDATE accounts_knownplace
SET wrong = CASE WHEN tried_at < %(since)s THEN 0 ELSE wrong END,
    under_way = CASE WHEN tried_at < %(since)s THEN 1 ELSE under_way + 1 END,
    tried_at = CASE WHEN tried_at IS NULL OR tried_at < %(since)s OR wrong + under_way = 0 THEN %(now)s
                    ELSE tried_at END
WHERE id = %(place)s AND (tried_at IS NULL OR tried_at < %(since)s OR wrong + under_way < %(most)s)
"""


def known_place(*, username: str, address: str | None) -> KnownPlace | None:
    """The place, if the active account of this name signed in from this address lately."""
    plain = _plain(address)
    if plain is None or not username:
        return None
    since = timezone.now() - KNOWN_FOR
    places = KnownPlace.objects.select_related("user")
    return places.filter(user__username=username, user__is_active=True, address=plain, proven_at__gt=since).first()


def begin_try(place: KnownPlace) -> bool:
    """Whether a password may be looked at for this place now; then `end_try` follows. Waits for others under way."""
    give_up_at = time.monotonic() + _WAITS_S
    now = timezone.now()
    given: dict[str, Any] = {"place": place.pk, "now": now, "since": now - _WITHIN, "most": WRONG_AT_MOST}
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_BEGIN, given)
            if cursor.rowcount:
                return True
        place.refresh_from_db(fields=["wrong"])
        if place.wrong >= WRONG_AT_MOST or time.monotonic() > give_up_at:
            return False
        time.sleep(_POLLED_EVERY_S)


def end_try(place: KnownPlace, *, is_right: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_knownplace SET under_way = greatest(under_way - 1, 0), "
            "wrong = CASE WHEN %(is_right)s THEN 0 ELSE wrong + 1 END, "
            "proven_at = CASE WHEN %(is_right)s THEN %(now)s ELSE proven_at END WHERE id = %(place)s",
            {"place": place.pk, "is_right": is_right, "now": timezone.now()},
        )


def note_place(*, user: User, address: str | None) -> None:
    """That the account signed in from this address, to within an hour."""
    plain = _plain(address)
    if plain is None:
        return
    now = timezone.now()
    place, is_new = KnownPlace.objects.get_or_create(user=user, address=plain, defaults={"proven_at": now})
    if not is_new and now - place.proven_at > _NOTED_AGAIN_AFTER:
        KnownPlace.objects.filter(pk=place.pk).update(proven_at=now)


def last_account_at(address: str) -> User | None:
    """The active account that signed in from this address last, within a day; None where there is none."""
    since = timezone.now() - timedelta(days=1)
    places = KnownPlace.objects.select_related("user").filter(user__is_active=True, proven_at__gt=since)
    newest = places.filter(address=_plain(address)).order_by("-proven_at").first()
    return newest.user if newest else None


def _plain(address: str | None) -> str | None:
    """The address as the database keeps it, or None for what is none."""
    try:
        return str(ipaddress.ip_address(address or ""))
    except ValueError:
        return None
