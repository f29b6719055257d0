"""Mail the maintainers what changed. At least once: what could not be sent is tried again at the next round."""

import logging
import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.background.rounds import each_alone
from amiportal.operations.doctor import drift, failures
from amiportal.operations.doctor.machine import MAIL_TIMEOUT_S
from amiportal.operations.doctor.models import Finding
from amiportal.operations.doctor.observations import State

logger = logging.getLogger(__name__)
# A round takes place every five minutes: a state is told when two rounds in a row have seen it.
STANDS_AFTER = timedelta(minutes=4)
TOLD_APART = ("uploads", "drift")  # these have mails of their own, with names
# For people, on the health page.
ROUND = "Mails to maintainers"
ADDRESSES = "Addresses of maintainers"
_ILL = (State.WARN, State.BAD)
_WORDS: dict[str, str] = {State.OK: "well again", State.WARN: "in need of a look", State.BAD: "broken"}


def tell() -> int:
    """Mail what the maintainers do not know yet; how many mails left. A mail that cannot be sent is logged."""
    with _alone() as is_alone:
        if not is_alone or not settings.EMAIL_HOST:
            return 0
        addresses = maintainers_addresses()
        if not addresses:
            return 0
        now = timezone.now()
        mails = {"changed files": _tell_of_drift, "health": _tell_of_findings, "failed uploads": _tell_of_failures}
        return sum(each_alone(ROUND, mails, lambda name: mails[name](addresses, now), name_of=str))


def _tell_of_drift(addresses: Sequence[str], now: datetime) -> bool:
    news = drift.news(now)
    if not news or not _send(addresses, _subject_of_drift(news), _body_of_drift(news)):
        return False
    drift.told(news, at=now)
    return True


def _tell_of_findings(addresses: Sequence[str], now: datetime) -> bool:
    findings = news_of_findings(now)
    if not findings or not _send(addresses, _subject_of(findings), _body_of(findings)):
        return False
    for row in findings:
        Finding.objects.filter(pk=row.pk).update(reported_state=row.state)
    return True


def _tell_of_failures(addresses: Sequence[str], now: datetime) -> bool:
    news = failures.news(now)
    if not news or not _send(addresses, _subject_of_failures(news), _body_of_failures(news)):
        return False
    failures.told(news, at=now)
    return True


def maintainers_addresses() -> list[str]:
    people = User.objects.filter(groups__name=Role.MAINTAINERS, is_active=True).exclude(email="")
    return sorted(set(people.values_list("email", flat=True)))


def news_of_findings(now: datetime) -> list[Finding]:
    """Findings whose state the maintainers do not know, the worst first.

    A state that comes and goes within minutes is no news: it must have stood for STANDS_AFTER, unless it is certain.
    That all is well is news only to those who know otherwise.
    """
    news = []
    for row in Finding.objects.exclude(subject__in=TOLD_APART):
        is_news = row.state in _ILL or (row.state == State.OK and row.reported_state in _ILL)
        stands = (row.is_certain and row.state in _ILL) or now - row.since >= STANDS_AFTER
        if is_news and stands and row.state != row.reported_state:
            news.append(row)
    return sorted(news, key=lambda row: (row.state != State.BAD, row.state != State.WARN, row.pk))


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else is telling just now. A lock of the session: no transaction is open while mail is sent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('doctor.tell'))")
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('doctor.tell'))")


def _send(addresses: Sequence[str], subject: str, body: str) -> bool:
    """Whether it left, to whomever it can be sent to: an address that is none must not keep it from the others."""
    try:
        return _leaves(addresses, subject, body)
    except ValueError:
        return any(each_alone(ADDRESSES, addresses, lambda to: _leaves([to], subject, body), name_of=str))
    except (OSError, smtplib.SMTPException) as error:
        logger.error("a mail to the maintainers could not be sent and will be tried again: %s", type(error).__name__)
        return False


def _leaves(addresses: Sequence[str], subject: str, body: str) -> bool:
    message = EmailMessage(subject=subject, body=body, bcc=addresses)
    message.connection = get_connection(timeout=MAIL_TIMEOUT_S)
    return message.send() > 0


def _subject_of(findings: Sequence[Finding]) -> str:
    more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
    return f"AMI Portal: {findings[0].title} is {_WORDS[findings[0].state]}{more}"


def _body_of(findings: Sequence[Finding]) -> str:
    parts = []
    for row in findings:
        lines = [f"{row.title}: {_WORDS[row.state]} since {row.since:%Y-%m-%d %H:%M} UTC", row.told]
        if row.state != State.OK and row.remedy:
            lines.append(f"What to do: {row.remedy}")
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, _address(reverse("admin-health"))]) + "\n"


def _subject_of_failures(news: failures.News) -> str:
    first = news.groups[0]
    files = sum(group.files for group in news.groups)
    more = len(news.groups) - 1 + news.more
    others = f" and {more} more" if more else ""
    return f"AMI Portal: {files} failed uploads, by {first.who.partition(' <')[0]}{others}"


def _body_of_failures(news: failures.News) -> str:
    parts = ["These people may be waiting. Write to them before a card is posted or wiped."]
    for group in news.groups:
        codes = ", ".join(f"{code} ({times})" for code, times in group.codes)
        parts.append(
            f"{group.who}\nWhere: {group.where}\nWhat: {group.files} failures: {codes}\n"
            f"Last: {group.last_message}\n{_address(group.link)}"
        )
    if news.more:
        parts.append(f"And {news.more} more people or places.")
    return "\n\n".join([*parts, f"All: {_address(reverse('admin:uploads_uploadfailure_changelist'))}"]) + "\n"


def _subject_of_drift(news: drift.News) -> str:
    first = news.groups[0]
    more = len(news.groups) - 1 + news.more
    others = f" and {more} more uploads" if more else ""
    files = "1 stored file has" if news.files == 1 else f"{news.files:,} stored files have"
    return f"AMI Portal: {files} changed or vanished, of {first.who}{others}"


def _body_of_drift(news: drift.News) -> str:
    parts = [
        "These files were in the store and are no longer there as they were. Their receipts say so now. Ask the "
        "uploaders to keep the cards, if they still exist, before anything else."
    ]
    for group in news.groups:
        what = ", ".join(
            f"{number:,} {word}"
            for number, word in ((group.changed, "changed"), (group.vanished, "vanished"))
            if number
        )
        and_more = ", ..." if group.changed + group.vanished > len(group.names) else ""
        parts.append(
            f"{group.who}{f' <{group.email}>' if group.email else ''}\nWhere: {group.where}\n"
            f"What: {what}: {', '.join(group.names)}{and_more}\n"
            f"Session: {_address(group.session_link)}\nReceipt: {_address(group.receipt_link)}"
        )
    if news.more:
        parts.append(f"And {news.more:,} more uploads.")
    all_of_them = _address(reverse("admin:uploads_drift_changelist") + "?standing=open")
    guide = _address(reverse("admin-guide") + "#changed-files")
    parts.append(f"All, to look at, to download and to settle: {all_of_them}\nWhat to do: {guide}")
    return "\n\n".join(parts) + "\n"


def _address(path: str) -> str:
    return settings.PORTAL_ORIGINS[0] + path if settings.PORTAL_ORIGINS else path
