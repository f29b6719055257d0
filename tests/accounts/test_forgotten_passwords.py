"""Whoever forgot the password gets a link by mail; the page tells nobody which addresses have an account."""

import pytest
from django.core import mail
from procrastinate.contrib.django.models import ProcrastinateJob

from amiportal.accounts.models import PasswordLink, User
from amiportal.accounts.pages import passwords
from amiportal.accounts.services.password_links import accounts_of_address
from amiportal.accounts.tasks import mail_new_password_task
from tests.accounts.links import link_in
from tests.people import PASSWORD, make_person
from tests.smtpserver import SmtpServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_queue")]
PAGE = "/accounts/password/forgot/"
GOOD = "moths like warm nights"


@pytest.fixture(autouse=True)
def sends_mail(settings):
    settings.EMAIL_HOST = "mail.example.org"
    settings.PORTAL_ORIGINS = ["https://portal.example.org"]


def ordered() -> list[dict]:
    return list(ProcrastinateJob.objects.filter(task_name="accounts.mail_new_password").values_list("args", flat=True))


def forget(address: str) -> None:
    """As the page and the worker do it."""
    mail_new_password_task(accounts_of_address(address))


def visible(response) -> str:
    """The page without the form's own token."""
    token = response.context["csrf_token"]
    return response.content.decode().replace(str(token), "")


def test_the_same_answer_for_every_address(client, colleague):
    answers = [client.post(PAGE, {"email": address}) for address in (colleague.email, "nobody@example.org")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "If there is an account" in visible(answers[0])
    assert visible(answers[0]) == visible(answers[1])
    # The request does the same work for both: a worker mails, or has nobody to mail to.
    assert ordered() == [{"accounts": [colleague.pk]}, {"accounts": []}]
    assert not PasswordLink.objects.exists()
    assert mail.outbox == []


def test_the_mail_leads_to_a_new_password(client, colleague):
    forget(colleague.email.upper())
    (message,) = mail.outbox
    assert message.to == [colleague.email]  # as we know it, not as it was typed
    link = link_in(message.body)
    assert client.post(link, {"password": GOOD, "again": GOOD}).status_code == 302
    assert client.get("/uploads/").status_code == 200
    colleague.refresh_from_db()
    assert colleague.check_password(GOOD)


def test_who_gets_none(colleague, maintainer):
    contact = make_person("contact", "Partners")
    contact.set_unusable_password()
    contact.save()
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    User.objects.filter(pk=maintainer.pk).update(email="")
    for address in (contact.email, colleague.email, "", "nobody@example.org"):
        forget(address)
    assert mail.outbox == []
    assert not PasswordLink.objects.exists()


def test_each_account_of_an_address_gets_its_own(colleague, outsider):
    User.objects.filter(pk=outsider.pk).update(email=colleague.email)
    forget(colleague.email)
    assert sorted(name for message in mail.outbox for name in ("colleague", "outsider") if name in message.body) == [
        "colleague",
        "outsider",
    ]


def test_a_mailbox_is_not_flooded_and_the_newest_link_is_the_good_one(client, colleague):
    for _ in range(5):
        forget(colleague.email)
    assert len(mail.outbox) == 3
    good = [client.get(link_in(message.body)).status_code for message in mail.outbox]
    assert good == [410, 410, 200]


def test_a_machine_that_tries_lists_is_stopped(client, monkeypatch):
    monkeypatch.setattr(passwords, "MOST_ASKED_AN_HOUR", 2)
    answers = [client.post(PAGE, {"email": f"a{n}@example.org"}).status_code for n in range(4)]
    assert answers == [200, 200, 429, 429]
    assert len(ordered()) == 2


def test_it_opens_a_locked_account(client, colleague):
    for _ in range(10):
        client.post("/accounts/login/", {"username": "colleague", "password": "x"})
    assert client.post("/accounts/login/", {"username": "colleague", "password": PASSWORD}).status_code == 429
    forget(colleague.email)
    client.post(link_in(mail.outbox[0].body), {"password": GOOD, "again": GOOD})
    client.logout()
    signed_in = client.post("/accounts/login/", {"username": "colleague", "password": GOOD})
    assert signed_in.status_code == 302


@pytest.mark.parametrize("address", ["", "no address", "a@b", "x" * 300 + "@example.org"])
def test_what_is_no_address(client, address):
    refused = client.post(PAGE, {"email": address})
    assert "That is no mail address" in refused.content.decode()
    assert ordered() == []


def test_without_a_mail_server_it_says_whom_to_ask(client, settings, colleague):
    settings.EMAIL_HOST = ""
    assert "Ask a maintainer" in client.get(PAGE).content.decode()
    client.post(PAGE, {"email": colleague.email})
    assert ordered() == []
    assert PAGE not in client.get("/accounts/login/").content.decode()


def test_by_a_real_mail_server(settings, colleague, caplog):
    with SmtpServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        User.objects.filter(pk=colleague.pk).update(language="es")
        forget(colleague.email)
    (kept,) = server.mails
    message = kept.message
    assert message["To"] == colleague.email
    assert message["Subject"] == "Una contraseña nueva para el portal AMI"
    assert message["Auto-Submitted"] == "auto-generated"
    body = message.get_content()
    assert "si no fue usted" in body.lower()
    assert link_in(body) not in caplog.text
