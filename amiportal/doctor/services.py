"""Look, remember, and tell the maintainers what has changed."""

import logging
import smtplib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.doctor.machine import MAIL_TIMEOUT_S, examine_machine
from amiportal.doctor.models import Finding
from amiportal.doctor.observations import Observation, State
from amiportal.doctor.store import examine_store
from amiportal.doctor.work import examine_work

logger = logging.getLogger(__name__)
_TOLD_LENGTH = Finding._meta.get_field("told").max_length


@dataclass(frozen=True, slots=True)
class Change:
    """A subject that came into another state; `before` is "" for one never seen."""

    before: str
    finding: Finding


def examine() -> Iterator[Observation]:
    """Every check, one after the other; some seconds at most, since each has a timeout. Writes no finding."""
    machine = list(examine_machine())
    yield from machine
    if any(seen.subject == "database" and seen.state == State.BAD for seen in machine):
        return  # all else stands on it
    yield from examine_store()
    yield from examine_work()


def record(observations: Iterable[Observation]) -> list[Change]:
    """Keep what was seen, forget subjects that were not looked at, and return what changed its state."""
    observations = list(observations)
    now = timezone.now()
    changes = []
    with transaction.atomic():
        known = {row.subject: row for row in Finding.objects.select_for_update()}
        for seen in observations:
            row = known.pop(seen.subject, None) or Finding(subject=seen.subject, state="", since=now)
            # What could not be looked at keeps its state: an outage of the store is one change, not one per bucket.
            state = row.state if seen.state == State.UNKNOWN and row.state else seen.state
            if row.state != state:
                changes.append(Change(row.state, row))
                row.state, row.since = state, now
            row.title, row.told, row.remedy = seen.title, seen.told[:_TOLD_LENGTH], seen.remedy[:_TOLD_LENGTH]
            row.checked_at = now
            row.save()
        Finding.objects.filter(pk__in=[row.pk for row in known.values()]).delete()
    return changes


def worth_telling(change: Change) -> bool:
    """Whatever breaks, needs a look, or recovers; that all is well at the first look is no news."""
    return change.finding.state != State.OK or change.before in (State.WARN, State.BAD)


def tell(changes: Iterable[Change]) -> int:
    """Mail the active maintainers what changed; to how many. A mail that cannot be sent is logged, not raised."""
    changes = [change for change in changes if worth_telling(change)]
    people = User.objects.filter(groups__name=Role.MAINTAINERS, is_active=True).exclude(email="")
    addresses = sorted(set(people.values_list("email", flat=True)))
    if not changes or not addresses or not settings.EMAIL_HOST:
        return 0
    worst = next((change for change in changes if change.finding.state == State.BAD), changes[0])
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    message = EmailMessage(
        subject=f"AMI Portal: {worst.finding.title} is {_WORDS[worst.finding.state]}{more}",
        body=_body(changes),
        bcc=addresses,
    )
    try:
        message.connection = get_connection(timeout=MAIL_TIMEOUT_S)
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        logger.error("the maintainers could not be told of %s changes: %s", len(changes), type(error).__name__)
        return 0
    return len(addresses)


_WORDS = {State.OK: "well again", State.WARN: "in need of a look", State.BAD: "broken", State.UNKNOWN: "unknown"}


def _body(changes: list[Change]) -> str:
    parts = []
    for change in changes:
        row = change.finding
        lines = [f"{row.title}: {_WORDS[row.state]}", row.told]
        if row.state != State.OK and row.remedy:
            lines.append(f"What to do: {row.remedy}")
        parts.append("\n".join(lines))
    address = settings.PORTAL_ORIGINS[0] + reverse("admin-health") if settings.PORTAL_ORIGINS else ""
    return "\n\n".join([*parts, address]).strip() + "\n"
