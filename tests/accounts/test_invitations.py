"""A partner is invited, chooses a password once, and is signed in; every other use of the link is refused."""

import pytest
from django.core import mail
from django.utils import timezone

from amiportal.accounts.models import PasswordLink, User
from amiportal.accounts.roles import Role
from amiportal.accounts.services.password_links import find_link, free_username, make_link, set_password_by_link
from amiportal.core.errors import Conflict, Forbidden
from tests.accounts.admin_pages import url
from tests.accounts.links import link_in
from tests.people import PASSWORD, make_person

pytestmark = pytest.mark.django_db
GOOD = "moths like warm nights"
NEWCOMER = {
    "first_name": "Ana",
    "last_name": "Rojas",
    "email": "ana.rojas@example.org",
    "organisation": "Field institute",
    "country": "pan",
    "language": "es",
    "role": Role.PARTNERS,
}


@pytest.fixture
def sends_mail(settings):
    settings.EMAIL_HOST = "mail.example.org"
    settings.PORTAL_ORIGINS = ["https://portal.example.org"]


def invite(page, **more):
    return page.post(url("accounts_user_invite"), NEWCOMER | more)


def choose(client, link: str, password: str = GOOD, again: str | None = None):
    return client.post(link, {"password": password, "again": password if again is None else again})


def test_from_the_invitation_to_the_upload_page(page, client, maintainer, panama, sends_mail):
    assert invite(page, buckets=[panama.pk]).status_code == 302
    person = User.objects.get(email="ana.rojas@example.org")
    assert (person.username, person.country, person.organisation) == ("ana.rojas", "PAN", "Field institute")
    assert list(person.buckets.all()) == [panama]
    assert [group.name for group in person.groups.all()] == [Role.PARTNERS]
    assert not person.has_usable_password()
    assert not person.is_staff
    (created,) = person.history.all()
    assert (created.history_type, created.history_user, created.history_change_reason) == ("+", maintainer, "Invited.")

    (message,) = mail.outbox
    assert message.to == ["ana.rojas@example.org"]
    assert message.reply_to == [maintainer.email]
    assert message.subject == "Su cuenta del portal AMI"
    assert "Hola, Ana Rojas:" in message.body
    assert "https://portal.example.org/accounts/password/" in message.body
    assert "ana.rojas" in message.body
    link = link_in(message.body)
    assert "invited" in page.get(url("accounts_user_changelist")).content.decode()

    client.logout()
    for _ in range(2):  # mail programs look too
        assert client.get(link).status_code == 200
    answer = choose(client, link)
    assert answer["Location"] == "/"
    assert client.get("/upload/").status_code == 200
    person.refresh_from_db()
    assert person.check_password(GOOD)
    assert PasswordLink.objects.get().state == "used"
    assert choose(client, link, "another good phrase").status_code == 410
    person.refresh_from_db()
    assert person.check_password(GOOD)


def test_the_database_holds_no_link(page, sends_mail):
    invite(page)
    secret = link_in(mail.outbox[0].body).split("/")[3]
    kept = PasswordLink.objects.values().get()
    assert secret not in str(kept)
    assert secret not in str(list(User.history.values()))


@pytest.mark.parametrize(
    ("password", "again"), [("short", "short"), (GOOD, "something else"), ("1234567890", "1234567890"), ("", "")]
)
def test_a_weak_or_mistyped_password_leaves_the_link_good(page, client, sends_mail, password, again):
    invite(page)
    link = link_in(mail.outbox[0].body)
    client.logout()
    refused = choose(client, link, password, again)
    assert refused.status_code == 200
    assert 'role="alert"' in refused.content.decode()
    assert not User.objects.get(email=NEWCOMER["email"]).has_usable_password()
    assert choose(client, link).status_code == 302


def test_a_link_ends_when_it_expires_is_taken_back_or_followed_by_another(page, client, maintainer, sends_mail):
    invite(page)
    person = User.objects.get(email=NEWCOMER["email"])
    first = link_in(mail.outbox[0].body)
    page.post(url("accounts_user_send_invitation", person.pk))
    second = link_in(mail.outbox[1].body)
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    page.post(url("accounts_user_take_links_back", person.pk))
    assert choose(client, second).status_code == 410
    page.post(url("accounts_user_send_invitation", person.pk))
    third = link_in(mail.outbox[2].body)
    person.password_links.filter(used_at=None, revoked_at=None).update(expires_at=timezone.now())
    assert choose(client, third).status_code == 410
    assert "invitation expired" in page.get(url("accounts_user_changelist")).content.decode()
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_a_link_of_a_closed_account_opens_nothing(page, client, sends_mail):
    invite(page)
    person = User.objects.get(email=NEWCOMER["email"])
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert choose(client, link_in(mail.outbox[0].body)).status_code == 410


def test_nobody_guesses_a_link(client):
    assert client.get("/accounts/password/nobodys-link-of-some-length/").status_code == 410
    assert choose(client, "/accounts/password/x/").status_code == 410


def test_without_a_mail_server_the_link_is_shown_once(page, client):
    response = invite(page)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "EMAIL_HOST is not set" in response.content.decode()
    link = link_in(response.content.decode())
    assert mail.outbox == []
    person = User.objects.get(email=NEWCOMER["email"])
    assert link not in page.get(url("accounts_user_change", person.pk)).content.decode()
    client.logout()
    assert choose(client, link).status_code == 302


def test_a_mail_server_that_is_away_loses_nothing(page, sends_mail, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    response = invite(page)
    assert "The mail could not be sent" in response.content.decode()
    assert link_in(response.content.decode()) not in caplog.text
    assert User.objects.filter(email=NEWCOMER["email"]).exists()


def test_who_is_known_is_not_invited_twice(page, colleague, sends_mail):
    refused = invite(page, email=colleague.email.upper())
    assert "Somebody has this address already" in refused.content.decode()
    assert mail.outbox == []


def test_a_maintainer_invites_no_maintainer_and_a_partner_nobody(client, maintainer, colleague, superuser, sends_mail):
    client.force_login(maintainer)
    assert invite(client, role=Role.MAINTAINERS).status_code == 200
    assert not User.objects.filter(email=NEWCOMER["email"]).exists()
    with pytest.raises(Forbidden):
        make_link(actor=maintainer, person=superuser)
    with pytest.raises(Forbidden):
        make_link(actor=colleague, person=maintainer)
    client.force_login(superuser)
    assert invite(client, role=Role.MAINTAINERS).status_code == 302
    assert User.objects.get(email=NEWCOMER["email"]).is_maintainer


def test_a_person_with_a_password_gets_a_new_one(page, client, colleague, sends_mail):
    page.post(url("accounts_user_send_password_link", colleague.pk))
    (message,) = mail.outbox
    assert message.subject == "A new password for the AMI Portal"
    link = link_in(message.body)
    client.force_login(colleague)
    other = type(client)()
    assert choose(other, link).status_code == 302
    assert client.get("/uploads/").status_code == 302  # the session of before has ended
    assert other.get("/uploads/").status_code == 200


def test_two_who_come_at_once_by_one_link(colleague, maintainer):
    _, secret = make_link(actor=maintainer, person=colleague)
    link = find_link(secret)
    set_password_by_link(secret=secret, password=GOOD)
    link.refresh_from_db()
    with pytest.raises(Exception, match="not good any more"):
        set_password_by_link(secret=secret, password="another good phrase")
    colleague.refresh_from_db()
    assert colleague.check_password(GOOD)


def test_no_link_without_an_address(maintainer):
    contact = make_person("contact", Role.PARTNERS)
    User.objects.filter(pk=contact.pk).update(email="")
    contact.refresh_from_db()
    with pytest.raises(Conflict, match="no mail address"):
        make_link(actor=maintainer, person=contact)


def test_names_are_made_of_addresses(db):
    make_person("ana", Role.PARTNERS)
    make_person("ana2", Role.PARTNERS)
    assert free_username("Ana@example.org") == "ana3"
    assert free_username("bo+field@example.org") == "bo+field"
    assert free_username('"()"@example.org') == "person"


def test_contacts_never_sign_in(client, page):
    page.post(url("accounts_user_add"), {"username": "contact", "usable_password": "false"})
    client.logout()
    client.post("/accounts/login/", {"username": "contact", "password": PASSWORD})
    assert client.get("/uploads/").status_code == 302
