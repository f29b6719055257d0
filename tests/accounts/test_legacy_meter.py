"""What the old clients still use is counted cheaply; each call and each style can be switched off."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from amiportal.accounts.models import LegacyCount, LegacySwitch
from amiportal.accounts.services.tokens import make_token
from amiportal.core.errors import Forbidden
from amiportal.legacy import meter as meter_module
from amiportal.legacy.clients import client_class
from amiportal.legacy.meter import Meter, meter
from amiportal.legacy.protocol import CALLS
from amiportal.legacy.switches import turn
from amiportal.legacy.usage import uses
from tests.accounts.admin_pages import url
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
R = "libcurl/7.88.1 r-curl/5.2.0 httr/1.4.7"
REQUESTS = "python-requests/2.31.0"


@pytest.fixture(autouse=True)
def _a_new_process():
    meter.forget()
    yield
    meter.forget()


def counted() -> list[tuple]:
    meter.write()
    rows = LegacyCount.objects.order_by("call", "style", "client", "account")
    return list(rows.values_list("account", "call", "style", "client", "calls", "refused"))


def by_form(person, agent: str = R, path: str = "/get-deployments/"):
    credentials = {"username": person.username, "password": PASSWORD}
    return Client().post(path, credentials, headers={"User-Agent": agent})


def test_each_style_is_told_apart(colleague, maintainer, basic):
    token = {"Authorization": f"Token {make_token(actor=None, user=colleague)}"}
    browser = Client()
    browser.force_login(colleague)
    by_form(colleague)
    Client().get("/get-deployments/", headers=basic(colleague) | {"User-Agent": REQUESTS})
    Client().get("/get-deployments", headers=token)
    browser.post("/get-deployments/", headers={"User-Agent": "Mozilla/5.0"})
    given = {"username": maintainer.username, "password": PASSWORD}
    Client().post("/create-bucket/", given, content_type="application/json")
    assert counted() == [
        ("maintainer", "create-bucket", "json", "unnamed", 1, 0),
        ("colleague", "get-deployments", "basic", "Python (requests)", 1, 0),
        ("colleague", "get-deployments", "form", "R (httr)", 1, 0),
        ("colleague", "get-deployments", "session", "browser", 1, 0),
        ("colleague", "get-deployments", "token", "unnamed", 1, 0),
    ]


def test_strangers_are_not_counted(colleague):
    wrong = {"username": "colleague", "password": "wrong"}
    assert Client().post("/get-deployments/", wrong).status_code == 401
    assert Client().get("/get-deployments/").status_code == 401
    assert counted() == []


def test_the_first_of_a_day_is_written_at_once_and_the_others_together(colleague, django_assert_num_queries):
    for _ in range(50):
        meter.count(account="shared", call="check-file-exist", style="form", user_agent=R)
    assert LegacyCount.objects.get().calls == 1
    with django_assert_num_queries(0):
        meter.count(account="shared", call="check-file-exist", style="form", user_agent=R, refused=True)
    assert counted() == [("shared", "check-file-exist", "form", "R (httr)", 51, 1)]


def test_after_some_seconds_they_are_written_by_the_next_call(monkeypatch):
    monkeypatch.setattr(meter_module, "WRITTEN_EVERY_S", -1)
    for _ in range(3):
        meter.count(account="shared", call="logs", style="basic", user_agent="")
    assert LegacyCount.objects.get().calls == 3


def test_processes_add_up():
    for process in (Meter(), Meter()):
        process.count(account="shared", call="logs", style="basic", user_agent="curl/8.0")
    assert LegacyCount.objects.get().calls == 2


def test_a_database_that_refuses_fails_no_call_and_loses_no_number(monkeypatch, caplog):
    add = meter_module._add

    def refuse(rows):
        raise meter_module.Error("no")

    monkeypatch.setattr(meter_module, "_add", refuse)
    meter.count(account="shared", call="logs", style="basic", user_agent="")
    assert "could not be counted" in caplog.text
    monkeypatch.setattr(meter_module, "_add", add)
    assert counted() == [("shared", "logs", "basic", "unnamed", 1, 0)]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (R, "R (httr)"),
        ("httr2/1.0.0 r-curl/5.2.0 libcurl/8.5.0", "R (httr2)"),
        ("R (4.3.1 x86_64-pc-linux-gnu)", "R"),
        (REQUESTS, "Python (requests)"),
        ("Python/3.11 aiohttp/3.9.1", "Python (aiohttp)"),
        ("Python-urllib/3.10", "Python"),
        ("Mozilla/5.0 (X11; Linux)", "browser"),
        ("", "unnamed"),
        ("x" * 10_000, "other"),
    ],
)
def test_programs_by_their_user_agent(agent, name):
    assert client_class(agent) == name


def test_a_call_that_is_switched_off_is_refused_with_whom_to_ask(page, maintainer, colleague):
    turning = "/admin/accounts/legacyswitch/call/get-deployments/turn/?to=off"
    assert "Switch the call get-deployments off?" in page.get(turning).content.decode()
    assert page.post(turning, {"reason": ""}).status_code == 200
    assert by_form(colleague).status_code == 200
    page.post(turning, {"reason": "Nobody has called for months"})
    refused = by_form(colleague)
    assert refused.status_code == 403
    assert refused.json() == {
        "detail": "The call get-deployments has been switched off. "
        "Ask maintainer <maintainer@example.org> how to go on."
    }
    assert by_form(colleague, path="/check-file-exist/").status_code == 422  # the others go on
    assert ("colleague", "get-deployments", "form", "R (httr)", 2, 1) in counted()
    written = LegacySwitch.history.get()
    assert (written.history_user, written.history_change_reason) == (maintainer, "Nobody has called for months")
    page.post(turning.replace("to=off", "to=on"), {"reason": "One did"})
    assert by_form(colleague).status_code == 200


def test_a_style_that_is_switched_off_leaves_the_others(maintainer, colleague, basic):
    turn(actor=maintainer, kind=LegacySwitch.Kind.STYLE, name="form", is_on=False, reason="x")
    refused = by_form(colleague)
    assert refused.status_code == 403
    assert "user name and password as form fields" in refused.json()["detail"]
    assert Client().get("/get-deployments/", headers=basic(colleague)).status_code == 200


def test_whoever_has_no_right_learns_nothing_of_switches(maintainer, colleague):
    turn(actor=maintainer, kind=LegacySwitch.Kind.CALL, name="get-deployments", is_on=False, reason="x")
    assert Client().get("/get-deployments/").status_code == 401
    with pytest.raises(Forbidden):
        turn(actor=colleague, kind=LegacySwitch.Kind.CALL, name="get-deployments", is_on=True, reason="x")
    assert not LegacySwitch.objects.get().is_on


def test_a_switch_of_another_process_is_known_within_seconds(colleague):
    assert by_form(colleague).status_code == 200
    LegacySwitch.objects.create(kind="call", name="get-deployments", is_on=False)
    assert by_form(colleague).status_code == 200  # as this process remembers
    cache.delete("legacy-switches-off")  # as after KNOWN_FOR_S
    assert "a maintainer of the portal" in by_form(colleague).json()["detail"]


def test_what_is_safe_to_switch_off():
    today = date(2026, 11, 20)

    def add(ago: int, call: str, calls: int) -> None:
        day = today - timedelta(days=ago)
        LegacyCount.objects.create(day=day, account="a", call=call, style="form", client="R", calls=calls)

    add(100, "logs", 7)
    add(45, "create-bucket", 1)
    add(3, "get-deployments", 4)
    add(0, "get-deployments", 8)
    found = {use.name: use for use in uses(calls=CALLS, today=today)}
    busy, quiet, never = found["get-deployments"], found["create-bucket"], found["count-data"]
    assert (busy.calls, busy.unused_days, busy.is_safe) == (12, 0, False)
    assert [(bar.calls, bar.height) for bar in busy.bars if bar.calls] == [(4, 5.0), (8, 10.0)]
    assert len(busy.bars) == 30
    assert (quiet.calls, quiet.unused_days, quiet.is_safe) == (0, 45, True)
    assert (never.last, never.unused_days, never.is_safe) == (None, 100, True)
    assert not found["form"].is_safe


def test_nothing_is_safe_before_it_was_watched_for_a_month():
    day = timezone.now().date()
    LegacyCount.objects.create(day=day, account="a", call="logs", style="form", client="R", calls=1)
    assert not any(use.is_safe for use in uses(calls=CALLS, today=day))


def test_the_page(page, colleague, django_assert_max_num_queries):
    by_form(colleague)
    with django_assert_max_num_queries(16):
        shown = page.get(url("accounts_legacyswitch_changelist")).content.decode()
    for text in (*CALLS, "HTTP Basic header", "R (httr)", "colleague", "in use"):
        assert text in shown
    assert page.get("/admin/accounts/legacyswitch/call/no-such-call/turn/?to=off").status_code == 404
    assert page.get("/admin/accounts/legacyswitch/call/logs/turn/?to=sideways").status_code == 404


def test_the_page_is_for_maintainers(client, colleague):
    client.force_login(colleague)
    assert client.get(url("accounts_legacyswitch_changelist")).status_code == 302
    turned = client.post("/admin/accounts/legacyswitch/call/logs/turn/?to=off", {"reason": "x"})
    assert turned.status_code == 302
    assert not LegacySwitch.objects.exists()
