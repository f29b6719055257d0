"""Background work of this app. Each task may be killed anywhere and run again."""

from amiportal.accounts.models import PasswordLink
from amiportal.accounts.services.mail import MailFailed, mail_link
from amiportal.accounts.services.password_links import links_for_forgotten
from amiportal.background.jobs import job


@job(name="accounts.mail_new_password", retry=False)
def mail_new_password_task(accounts: list[int]) -> None:
    """Mail each of these accounts a link for a new password.

    Here and not in the request, so that the page takes as long for an address that nobody has. Not retried: whoever
    waits asks again, and a link that was made and not mailed is ended by the next one.
    """
    for person, secret in links_for_forgotten(accounts):
        try:
            mail_link(person=person, purpose=PasswordLink.Purpose.RESET, secret=secret)
        except MailFailed:
            continue  # logged where it happened; the other accounts get theirs
