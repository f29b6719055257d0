"""Mails to one person, in their language."""

import logging
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from amiportal.accounts.models import PasswordLink, User
from amiportal.accounts.services.password_links import GOOD_FOR
from amiportal.core.errors import PortalError

logger = logging.getLogger(__name__)
MAIL_TIMEOUT_S = 15


class MailFailed(PortalError):
    """The mail server did not take the mail."""

    code = "mail_failed"
    http_status = 502


def mail_is_configured() -> bool:
    """Whether this portal sends mail at all, and knows the address under which people reach it."""
    return bool(settings.EMAIL_HOST and settings.PORTAL_ORIGINS)


def mail_link(*, person: User, purpose: PasswordLink.Purpose, secret: str, sender: User | None = None) -> None:
    """Send the person the link; answers go to `sender`. Raises MailFailed. Never inside a transaction."""
    known = dict(settings.LANGUAGES)
    days = GOOD_FOR[purpose].days
    with translation.override(person.language if person.language in known else settings.LANGUAGE_CODE):
        context = {
            "person": person,
            "link": settings.PORTAL_ORIGINS[0] + reverse("password-set", args=[secret]),
            "portal": settings.PORTAL_ORIGINS[0] + reverse("home"),
            "days": days,
            "until": timezone.now() + GOOD_FOR[purpose],
            "sender": sender,
        }
        text = render_to_string(f"accounts/mail/{purpose}.txt", context)
    subject, _, body = text.strip().partition("\n")
    message = EmailMessage(
        subject=subject.strip(),
        body=body.strip() + "\n",
        to=[person.email],
        reply_to=[sender.email] if sender is not None and sender.email else None,
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        message.connection = get_connection(timeout=MAIL_TIMEOUT_S)
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        # The type alone: a server's refusal may quote the mail, and the mail holds the link.
        logger.error("a mail (%s) to account %s failed: %s", purpose, person.pk, type(error).__name__)
        raise MailFailed(f"The mail server did not take the mail ({type(error).__name__}).") from None
