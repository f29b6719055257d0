"""People get in: by an invitation, by a code after the password, by a recovery code when the phone is lost.

PAGE_SHOTS=/some/folder keeps pictures of the pages, light and dark, on a desk and on a phone.
"""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from amiportal.accounts.models import LegacyCount, User
from amiportal.accounts.roles import Role
from amiportal.accounts.services.password_links import make_link
from tests.accounts.codes import code_of, forget_used_and_wrong_codes
from tests.accounts.links import link_in
from tests.browser.axe import violations
from tests.browser.conftest import PASSWORD

SHOTS = os.environ.get("PAGE_SHOTS", "")
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
GOOD = "moths like warm nights"


@pytest.fixture
def mara(transactional_db) -> User:
    person = User.objects.create_user(
        "mara", "mara@example.org", PASSWORD, first_name="Mara", last_name="Quist", is_staff=True
    )
    person.groups.add(Group.objects.get(name=Role.MAINTAINERS))
    return person


@pytest.fixture(autouse=True)
def _sends_mail(settings, portal):
    settings.EMAIL_HOST = "mail.example.org"
    settings.PORTAL_ORIGINS = [portal.url]


def give_password(page: Page, portal, name: str = "mara", to: str = "/admin/") -> None:
    page.goto(f"{portal.url}/accounts/login/?next={to}")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def look(page: Page, name: str, *, ours: bool = True) -> None:
    """Nothing for axe on the pages that are all ours, no sideways scrolling on a phone; pictures where asked for."""
    before = page.viewport_size
    if ours:
        assert violations(page) == [], name
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
        for scheme in ("light", "dark") if SHOTS else ():
            page.emulate_media(color_scheme=scheme)
            page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
            page.screenshot(path=Path(SHOTS) / f"{name}-{size}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.evaluate("document.documentElement.classList.remove('dark')")
    page.set_viewport_size(before)


def test_from_the_invitation_to_the_upload_page(page, portal, mara, chromium_browser):
    give_password(page, portal, to="/admin/accounts/user/")
    page.get_by_role("link", name="Invite a partner").click()
    look(page, "invite", ours=False)
    page.get_by_label("First name").fill("Ana")
    page.get_by_label("Last name").fill("Rojas")
    page.get_by_label("Mail address").fill("ana.rojas@example.org")
    page.get_by_label("Organisation").fill("Field institute")
    page.get_by_label("Country").fill("pan")
    page.get_by_label("Language").select_option("es")
    page.get_by_label("Panama").check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("The mail went to ana.rojas@example.org.")).to_be_visible()
    look(page, "person-invited", ours=False)

    visitor = chromium_browser.new_context(locale="es-PA")
    theirs = visitor.new_page()
    theirs.goto(portal.url + link_in(mail.outbox[0].body))
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Le damos la bienvenida, Ana Rojas")
    expect(theirs.get_by_text("ana.rojas", exact=True)).to_be_visible()
    look(theirs, "password-set")
    theirs.get_by_label("Contraseña nueva").fill("corta")
    theirs.get_by_label("La misma otra vez").fill("corta")
    theirs.get_by_role("button", name="Guardarla e iniciar sesión").click()
    expect(theirs.get_by_role("alert")).to_contain_text("10")
    look(theirs, "password-refused")
    theirs.get_by_label("Contraseña nueva").fill(GOOD)
    theirs.get_by_label("La misma otra vez").fill(GOOD)
    theirs.get_by_role("button", name="Guardarla e iniciar sesión").click()
    expect(theirs).to_have_url(portal.url + "/upload/")
    expect(theirs.locator("#deployment-list").get_by_role("radio")).to_have_count(2)
    theirs.goto(portal.url + link_in(mail.outbox[0].body))
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Este enlace ya no sirve")
    look(theirs, "link-closed")
    visitor.close()
    page.reload()
    expect(page.get_by_text("accepted")).to_be_visible()


def test_an_app_is_enrolled_and_a_lost_phone_is_no_end(page, portal, mara):
    give_password(page, portal)
    page.goto(portal.url + "/accounts/two-factor/")
    look(page, "two-factor-set-up")
    key = page.locator("#key").inner_text()
    page.get_by_label("Six digits").fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("alert")).to_contain_text("not the code that the app shows")
    page.get_by_label("Six digits").fill(code_of(key))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    look(page, "two-factor-codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("You have 10 recovery codes left.")).to_be_visible()
    look(page, "two-factor-on")
    page.get_by_role("button", name="Sign out").click()

    forget_used_and_wrong_codes()
    give_password(page, portal, to="/admin/accounts/user/")
    expect(page.get_by_label("Six digits")).to_be_focused()
    look(page, "sign-in-code")
    page.keyboard.type(code_of(key))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/admin/accounts/user/$"))

    page.context.clear_cookies()
    give_password(page, portal, to="/admin/accounts/user/")
    page.get_by_role("link", name="No phone at hand? Use a recovery code").click()
    look(page, "sign-in-recovery")
    page.get_by_label("Recovery code").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/admin/accounts/user/$"))
    page.goto(portal.url + "/accounts/two-factor/remove/")
    look(page, "two-factor-remove")
    page.goto(portal.url + "/accounts/two-factor/")
    expect(page.get_by_text("You have 9 recovery codes left.")).to_be_visible()


def test_addresses_are_copied_in_one_click(page, portal, mara):
    User.objects.filter(pk=portal.partner.pk).update(email="ines@example.org")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=portal.url)
    give_password(page, portal, to=f"/admin/deployments/bucket/{portal.bucket.pk}/change/")
    page.get_by_role("button", name="Copy 1 mail address").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "ines@example.org"
    look(page, "bucket-addresses", ours=False)
    page.goto(f"{portal.url}/admin/people/addresses/?deployment={portal.deployment.pk}")
    # Where pages get no clipboard, as on plain http.
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Copy 1 address").click()
    expect(page.get_by_text("It is selected")).to_be_visible()
    assert (
        page.evaluate("document.activeElement.value.slice(document.activeElement.selectionStart)") == "ines@example.org"
    )
    look(page, "addresses", ours=False)


def test_the_pages_of_a_person_and_of_the_old_clients(page, portal, mara, settings):
    settings.EMAIL_HOST = ""
    give_password(page, portal, to="/admin/accounts/user/")
    expect(page.get_by_role("link", name="Invite a partner")).to_be_visible()
    look(page, "people", ours=False)
    page.goto(f"{portal.url}/admin/accounts/user/{portal.partner.pk}/change/")
    look(page, "person", ours=False)
    today = timezone.now().date()
    for ago in range(0, 40):
        for call, style, client, calls in (
            ("check-file-exist", "form", "R (httr)", 9_000 + 700 * (ago % 7)),
            ("generate-presigned-url", "form", "R (httr)", 8_000 if ago % 7 else 0),
            ("get-deployments", "basic", "Python (requests)", 3 if ago > 35 else 0),
        ):
            if calls:
                day = today - timedelta(days=ago)
                LegacyCount.objects.create(
                    day=day, account="field-laptops", call=call, style=style, client=client, calls=calls
                )
    page.goto(f"{portal.url}/admin/accounts/legacyswitch/")
    expect(page.get_by_text("safe to switch off").first).to_be_visible()
    page.get_by_role("link", name="Switch off: get-deployments").click()
    look(page, "switch", ours=False)
    page.get_by_label("Reason").fill("Nobody calls it")
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_role("link", name="Switch on: get-deployments")).to_be_visible()
    look(page, "old-clients", ours=False)


def test_the_pages_of_those_who_cannot_get_in(page, portal, mara):
    page.goto(portal.url + "/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    look(page, "forgot")
    page.get_by_label("Mail address of your account").fill("ines@example.org")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look at your mail")
    look(page, "forgot-asked")
    User.objects.filter(pk=portal.partner.pk).update(email="ines@example.org")
    portal.partner.refresh_from_db()
    _, secret = make_link(actor=mara, person=portal.partner)
    page.goto(f"{portal.url}/accounts/password/{secret}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("A new password")
    look(page, "new-password")
