"""The health page while somebody looks at it: news come by themselves."""

from playwright.sync_api import Page, expect

from amiportal.operations.doctor.observations import Observation, State
from amiportal.operations.doctor.services import record
from tests.browser.admin import sign_in

EVERY_S = 60


def found(state: State, text: str) -> None:
    record([Observation("store", "Object store", state, text, "Ask its operator.")])


def opened(page: Page, server, maintainer) -> Page:
    page.clock.install()
    sign_in(page, server, maintainer).goto(f"{server}/admin/health/")
    return page


def test_what_breaks_is_shown_within_a_minute_and_so_is_its_recovery(page, server, maintainer):
    found(State.OK, "It answers.")
    opened(page, server, maintainer)
    expect(page.get_by_role("status").first).to_contain_text("All is well")
    found(State.BAD, "It is silent.")
    page.clock.run_for(EVERY_S * 1_000)
    expect(page.get_by_role("heading", name="Object store: Broken")).to_be_visible()
    expect(page.get_by_text("Ask its operator.")).to_be_visible()
    found(State.OK, "It answers.")
    page.clock.run_for(EVERY_S * 1_000)
    expect(page.get_by_role("status").first).to_contain_text("All is well")


def test_while_the_portal_is_away_the_page_stays_as_it_was(page, server, maintainer, watched):
    watched.expected.append("Failed to load resource")
    found(State.BAD, "It is silent.")
    opened(page, server, maintainer)
    page.route("**/admin/health/", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.clock.run_for(EVERY_S * 1_000)
    expect(page.get_by_role("heading", name="Object store: Broken")).to_be_visible()
    page.unroute("**/admin/health/")
    found(State.OK, "It answers.")
    page.clock.run_for(EVERY_S * 1_000)
    expect(page.get_by_role("status").first).to_contain_text("All is well")


def test_a_link_with_the_keyboards_focus_is_not_taken_away(page, server, maintainer):
    found(State.BAD, "It is silent.")
    opened(page, server, maintainer)
    page.evaluate("document.getElementById('health-findings').tabIndex = -1")
    page.locator("#health-findings").focus()
    found(State.OK, "It answers.")
    page.clock.run_for(EVERY_S * 1_000)
    expect(page.locator("#health-findings")).to_be_focused()
    expect(page.get_by_role("heading", name="Object store: Broken")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    page.clock.run_for(EVERY_S * 1_000)
    expect(page.get_by_role("status").first).to_contain_text("All is well")
