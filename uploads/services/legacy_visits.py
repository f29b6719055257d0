"""Who of the old clients' people asked for what: a visit that sends nothing leaves a session too.

These clients ask once per file. So a process remembers for some seconds which session a person's questions belong to,
and adds to its numbers with one statement.
"""

import hashlib
from datetime import timedelta
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.accounts.services.known_places import last_account_at
from deployments.models import Deployment
from uploads.models import UploadFailure, UploadLog, UploadSession
from uploads.services import sessions

NOTHING_SENT = "nothing_sent"
_REMEMBERED_S = sessions.SEEN_WITHIN.total_seconds()
_QUIET_FOR = timedelta(hours=1)  # then a visit is over: these clients ask many times a minute
_TOLD_FOR = timedelta(days=7)


class Visitor(NamedTuple):
    """One person's visit, as the calls name it."""

    account: User
    deployment: Deployment
    data_type: str
    uploader_name: str
    client: str
    address: str | None


def account_at(address: str | None) -> User | None:
    """The account that last signed in with its password from this address, for a call that names none."""
    if address is None:
        return None
    return cache.get_or_set(f"legacy-visitor-at:{address}", lambda: last_account_at(address), _REMEMBERED_S)


def note(visitor: Visitor, *, asked: int, taken: int) -> None:
    """That this person asked for so many names, of which so many were there; opens their session if need be."""
    name = hashlib.sha256(visitor.uploader_name.encode()).hexdigest()  # keys of the cache are plain and short
    key = f"legacy-visit:{visitor.account.pk}:{visitor.deployment.pk}:{visitor.data_type}:{name}"
    known = cache.get(key)
    if known is not None and _add(known, asked, taken):
        return
    session = sessions.legacy_session(
        actor=visitor.account,
        deployment=visitor.deployment,
        data_type=visitor.data_type,
        uploader_name=visitor.uploader_name,
        client=visitor.client,
        address=visitor.address,
    )
    cache.set(key, session.pk, _REMEMBERED_S)
    _add(session.pk, asked, taken)


def _add(session_pk: int, asked: int, taken: int) -> int:
    counts = {"names_asked": F("names_asked") + asked, "names_taken": F("names_taken") + taken}
    return UploadSession.objects.filter(pk=session_pk, finished_at__isnull=True).update(**counts)


def tell_of_visits_that_sent_nothing() -> int:
    """Tell maintainers of visits that are over, that asked for names alone and found them all taken; how many.

    Their files may be only on the card: other files of the same names are in the store.
    """
    now = timezone.now()
    rows = UploadLog.objects.filter(session=OuterRef("pk"))
    told = UploadFailure.objects.filter(session=OuterRef("pk"), code=NOTHING_SENT)
    over = UploadSession.objects.filter(
        is_legacy=True,
        names_taken__gt=0,
        names_taken=F("names_asked"),
        last_seen_at__lt=now - _QUIET_FOR,
        last_seen_at__gt=now - _TOLD_FOR,
    ).exclude(Exists(rows) | Exists(told))
    failures = [
        UploadFailure(
            account_id=session.account_id,
            session=session,
            deployment_id=session.deployment_id,
            client=session.client,
            step="check",
            code=NOTHING_SENT,
            message=f"{session.names_asked:,} files asked for, all names taken, nothing sent. If this was a card that "
            "was never uploaded before, its files are only on the card.",
        )
        for session in over
    ]
    UploadFailure.objects.bulk_create(failures)
    return len(failures)
