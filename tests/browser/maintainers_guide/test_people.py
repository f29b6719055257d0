"""The guide's protocols about people: somebody comes, somebody goes."""

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from playwright.sync_api import expect

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.accounts.services.two_factor import has_two_factor
from tests.accounts.codes import code_of
from tests.accounts.links import link_in
from tests.browser.conftest import PASSWORD


@pytest.fixture
def sends_mail(settings, portal):
    settings.EMAIL_HOST = "mail.example.org"
    settings.PORTAL_ORIGINS = [portal.url]


def test_access(follow, portal, sends_mail, chromium_browser):
    with follow("access") as walk:
        walk.menu("People")
        walk.press("Invite a partner")
        walk.fill("First name", "Lucía")
        walk.fill("Last name", "Araya")
        walk.fill("Mail address", "lucia@example.org")
        walk.fill("Organisation", "Ridge Station")
        walk.fill("Country", "PAN")
        walk.tick("Panama (pan)")
        walk.picture("invite", "#content form", ring=["Send the invitation"])
        walk.press("Send the invitation")
        walk.see("The mail went to lucia@example.org.")
    (message,) = mail.outbox
    assert message.to == ["lucia@example.org"]

    theirs = chromium_browser.new_page()
    theirs.goto(portal.url + link_in(message.body))
    theirs.get_by_label("New password").fill(PASSWORD)
    theirs.get_by_label("The same again").fill(PASSWORD)
    theirs.get_by_role("button", name="Keep it and sign in").click()
    expect(theirs).to_have_url(re.compile("/upload/"))
    expect(theirs.get_by_role("radio", name=portal.deployment.deployment_id)).to_be_visible()
    theirs.close()
    person = User.objects.get(email="lucia@example.org")
    assert list(person.buckets.all()) == [portal.bucket]
    assert [group.name for group in person.groups.all()] == [Role.PARTNERS]


def test_handing_over(follow, portal, maintainer, sends_mail):
    chief = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    with follow("handing-over", person=chief) as walk:
        walk.menu("People")
        walk.press("Invite a partner")
        walk.fill("First name", "Noor")
        walk.fill("Last name", "Haddad")
        walk.fill("Mail address", "noor@example.org")
        walk.tick("Maintainer: this admin")
        walk.picture("invite-maintainer", walk.main.locator("fieldset").nth(1))
        walk.press("Send the invitation")
        walk.page.get_by_text("The mail went to").wait_for()
        walk.page.context.clear_cookies()
        walk.page.goto(portal.url + link_in(mail.outbox[0].body))
        walk.fill("New password", PASSWORD)
        walk.fill("The same again", PASSWORD)
        walk.press("Keep it and sign in")
        expect(walk.page).not_to_have_url(re.compile("password"))

        walk.page.goto(f"{portal.url}/accounts/two-factor/")
        walk.fill("Six digits", code_of(walk.page.locator("#key").inner_text()))
        walk.press("Turn it on")
        walk.press("I have kept them")
        walk.see("It is on")

        walk.page.goto(f"{portal.url}/admin/")
        walk.menu("Health")
        walk.press("Look now")
        walk.see("Everything was looked at just now.")
        walk.menu("People")
        walk.open("mara")
        walk.unfold("More")
        walk.press("Close the account")
        walk.fill("Reason", "Handed over to Noor Haddad")
        walk.press("Close the account")
        walk.see("The account of Mara Lindt is closed.")
    successor = User.objects.get(email="noor@example.org")
    assert successor.is_maintainer
    assert has_two_factor(successor)
    maintainer.refresh_from_db()
    assert not maintainer.is_active
    walk.page.context.clear_cookies()
    assert urlsplit(walk.page.goto(f"{portal.url}/admin/").url).path != "/admin/"
