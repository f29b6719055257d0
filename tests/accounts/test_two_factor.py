"""With two-factor sign-in a password alone opens nothing: not the pages, not the admin, not the API."""

import pytest
from django.test import Client
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from amiportal.accounts.models import User
from amiportal.accounts.services.password_links import make_link
from amiportal.accounts.services.tokens import make_token
from amiportal.accounts.services.two_factor import has_two_factor
from tests.accounts.codes import code_of, enrol, forget_used_and_wrong_codes
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "/accounts/two-factor/"
ADMIN = "/admin/deployments/deployment/"


def password_given(username: str = "maintainer", to: str = ADMIN) -> Client:
    browser = Client()
    answer = browser.post(f"/accounts/login/?next={to}", {"username": username, "password": PASSWORD})
    browser.led_to = answer["Location"]
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/uploads/").status_code == 200


def test_the_password_then_the_code_then_where_one_wanted_to_go(page):
    key, _ = enrol(page)
    browser = password_given()
    assert browser.led_to.startswith("/accounts/login/code/?next=%2Fadmin%2F")
    assert not is_in(browser)
    assert browser.get(ADMIN).status_code == 302
    answer = browser.post(browser.led_to, {"code": code_of(key, steps_ahead=1)})
    assert answer["Location"] == ADMIN
    assert browser.get(ADMIN).status_code == 200


def test_setting_it_up_takes_a_code_of_the_very_key(page, maintainer):
    shown = page.get(PAGE)
    assert "no-store" in shown["Cache-Control"]
    assert "<svg" in shown.content.decode()
    key = shown.context["typed"]
    assert page.get(PAGE).context["typed"] == key  # a reload shows the same square
    for wrong in ("", "000000", "abcdef", "12345", code_of("AAAA BBBB CCCC DDDD")):
        assert page.post(PAGE, {"code": wrong}).context["wrong"]
    assert not has_two_factor(maintainer)
    page.post(PAGE, {"code": f" {code_of(key)[:3]} {code_of(key)[3:]} "})
    assert has_two_factor(maintainer)
    assert key.replace(" ", "") not in page.get(PAGE).content.decode().replace(" ", "")


def test_other_sessions_end_when_it_is_set_up_and_this_one_goes_on(page, maintainer):
    other = Client()
    other.force_login(maintainer)
    enrol(page)
    assert is_in(page)
    assert not is_in(other)


def test_a_code_is_good_once_and_wrong_ones_slow_down_the_next(page):
    key, _ = enrol(page)
    forget_used_and_wrong_codes()
    assert password_given().post("/accounts/login/code/", {"code": code_of(key)}).status_code == 302
    again = password_given()
    assert again.post("/accounts/login/code/", {"code": code_of(key)}).context["wrong"]
    # The right one, too soon after the wrong one, is not even looked at.
    early = again.post("/accounts/login/code/", {"code": code_of(key, steps_ahead=1)})
    assert early.status_code == 429
    assert early.context["wait_s"] >= 1
    assert not is_in(again)
    forget_used_and_wrong_codes()
    assert again.post("/accounts/login/code/", {"code": code_of(key)}).status_code == 302


def test_a_recovery_code_is_good_once_and_none_stands_in_the_database(page):
    _, codes = enrol(page)
    assert len(set(codes)) == 10
    kept = str(list(StaticToken.objects.values_list("token", flat=True)))
    assert not any(code in kept or code.replace("-", "") in kept.lower() for code in codes)
    assert password_given().post("/accounts/login/code/", {"code": codes[3].upper()})["Location"] == "/"
    assert StaticToken.objects.count() == 9
    assert password_given().post("/accounts/login/code/", {"code": codes[3]}).context["wrong"]
    forget_used_and_wrong_codes()
    assert password_given().post("/accounts/login/code/", {"code": codes[4].replace("-", " ")}).status_code == 302


def test_new_recovery_codes_end_the_old(page):
    key, old = enrol(page)
    assert page.post(f"{PAGE}codes/", {"password": "wrong", "code": code_of(key, steps_ahead=1)}).context["wrong"]
    new = page.post(f"{PAGE}codes/", {"password": PASSWORD, "code": code_of(key, steps_ahead=1)}).context["codes"]
    assert set(new) & set(old) == set()
    assert password_given().post("/accounts/login/code/", {"code": old[0]}).context["wrong"]
    forget_used_and_wrong_codes()
    assert password_given().post("/accounts/login/code/", {"code": new[0]}).status_code == 302


def test_removing_it_takes_password_and_code(page, maintainer):
    key, codes = enrol(page)
    code = code_of(key, steps_ahead=1)
    for given in ({"code": code}, {"password": PASSWORD}, {"password": "wrong", "code": code}, {}):
        assert page.post(f"{PAGE}remove/", given).context["wrong"]
    assert has_two_factor(maintainer)
    assert page.post(f"{PAGE}remove/", {"password": PASSWORD, "code": code})["Location"] == PAGE
    assert not has_two_factor(maintainer)
    assert not StaticToken.objects.exists()
    assert is_in(password_given())


def test_the_second_step_is_for_whoever_passed_the_first_and_shortly(page, maintainer, monkeypatch):
    key, _ = enrol(page)
    forget_used_and_wrong_codes()
    assert Client().post("/accounts/login/code/", {"code": code_of(key)})["Location"].startswith("/accounts/login/?")
    late = password_given()
    monkeypatch.setattr("amiportal.accounts.pages.sign_in.SECOND_STEP_WITHIN_S", -1)
    assert late.post("/accounts/login/code/", {"code": code_of(key)})["Location"].startswith("/accounts/login/?")
    monkeypatch.undo()
    closed = password_given()
    User.objects.filter(pk=maintainer.pk).update(is_active=False)
    closed.post("/accounts/login/code/", {"code": code_of(key)})
    assert not is_in(closed)


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "//elsewhere.example/"])
def test_neither_step_leads_out_of_the_portal(page, to):
    key, _ = enrol(page)
    browser = password_given(to=to)
    assert "elsewhere" not in browser.led_to
    answer = browser.post("/accounts/login/code/", {"code": code_of(key, steps_ahead=1), "next": to})
    assert answer["Location"] == "/"


def test_the_api_takes_a_token_and_no_password_alone(page, client, maintainer, basic):
    assert Client().get("/api/v1/deployments/", headers=basic(maintainer)).status_code == 200
    enrol(page)
    refused = Client().get("/api/v1/deployments/", headers=basic(maintainer))
    assert refused.status_code == 401
    assert refused.json()["code"] == "two_factor_required"
    token = {"Authorization": f"Token {make_token(actor=None, user=maintainer)}"}
    assert Client().get("/api/v1/deployments/", headers=token).status_code == 200


def test_the_old_calls_take_no_maintainers_password_alone(page, maintainer, colleague, basic):
    enrol(page)
    refused = Client().get("/get-deployments/", headers=basic(maintainer))
    assert refused.status_code == 401
    assert "use a token" in refused.json()["detail"]
    assert Client().get("/get-deployments/", headers=basic(colleague)).status_code == 200


def test_a_link_for_a_new_password_goes_not_past_the_code(page, maintainer, superuser):
    enrol(page)
    _, secret = make_link(actor=superuser, person=maintainer)
    browser = Client()
    good = "moths like warm nights"
    answer = browser.post(f"/accounts/password/{secret}/", {"password": good, "again": good})
    assert answer["Location"].startswith("/accounts/login/code/")
    assert not is_in(browser)


def test_partners_have_none(client, colleague):
    client.force_login(colleague)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"code": "123456"}).status_code == 403
    assert not TOTPDevice.objects.exists()


def test_no_history_admin_or_log_has_the_key(page, maintainer, superuser, caplog):
    key, codes = enrol(page)
    secret = TOTPDevice.objects.get().key
    page.post("/accounts/login/code/", {"code": codes[0]})
    client = Client()
    client.force_login(superuser)
    shown = client.get(f"/admin/accounts/user/{maintainer.pk}/change/").content.decode()
    assert "on, 10 recovery codes left" in shown
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404
    assert client.get("/admin/otp_static/staticdevice/").status_code == 404
    told = shown + caplog.text + str(list(User.history.values()))
    assert not any(text in told for text in (secret, key, key.replace(" ", ""), codes[0]))
