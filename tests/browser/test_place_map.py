"""The small map of a deployment's own page: it sets its coordinates, and follows them."""

import re

import pytest
from playwright.sync_api import Page, expect

from deployments.models import Deployment
from tests.browser.admin import sign_in
from tests.browser.axe import violations
from tests.people import make_deployment

SIX_DECIMALS = re.compile(r"^-?\d{1,3}\.\d{6}$")


@pytest.fixture
def ladera(panama) -> Deployment:
    return make_deployment("dep000045", panama, "Ladera", status="active", latitude="8.982110", longitude="-79.561044")


@pytest.fixture
def form(page, server, maintainer, ladera) -> Page:
    """The page of a deployment in Panama, with another beside it."""
    make_deployment("dep000046", ladera.bucket, "Isla Verde", latitude="10.101334", longitude="-84.203311")
    sign_in(page, server, maintainer).goto(f"{server}/admin/deployments/deployment/{ladera.pk}/change/")
    page.locator(".place-map").scroll_into_view_if_needed()
    expect(pin(page)).to_be_visible()
    return page


def pin(page: Page):
    return page.locator(".place-map").get_by_role("button", name="The place: the arrow keys move it")


def coordinates(page: Page) -> tuple[float, float]:
    typed = page.get_by_label("Latitude").input_value(), page.get_by_label("Longitude").input_value()
    assert all(SIX_DECIMALS.match(value) for value in typed), typed
    return float(typed[0]), float(typed[1])


def click_map(page: Page, dx: int, dy: int) -> None:
    """So many pixels right of and below the map's middle, where the place of the form is."""
    box = page.locator(".place-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2 + dy)


def test_a_click_sets_both_coordinates_and_they_are_saved(form, ladera):
    click_map(form, 100, 60)
    latitude, longitude = coordinates(form)
    assert 3 < latitude < 8.98
    assert -79.56 < longitude < -74
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form.locator("#result_list")).to_be_visible()
    ladera.refresh_from_db()
    assert (float(ladera.latitude), float(ladera.longitude)) == (latitude, longitude)


def test_typing_moves_the_marker(form):
    before = pin(form).bounding_box()
    form.get_by_label("Longitude").fill("-77.5")
    after = pin(form).bounding_box()
    assert after["x"] > before["x"] + 20
    assert after["y"] == pytest.approx(before["y"], abs=1)


@pytest.mark.parametrize("latitude", ["", "95", "-90.1", "1e3"])
def test_what_is_no_place_takes_the_marker_away_until_it_is_one(form, latitude):
    form.get_by_label("Latitude").fill(latitude)
    expect(pin(form)).to_have_count(0)
    form.get_by_label("Latitude").fill("9")
    expect(pin(form)).to_be_visible()


def test_half_typed_numbers_throw_nothing(form):
    field = form.get_by_label("Latitude")
    field.fill("")
    field.press_sequentially("-9.")
    field.press_sequentially("25")
    expect(pin(form)).to_be_visible()
    assert field.input_value() == "-9.25"


def test_by_keyboard_a_little_and_with_shift_more(form):
    start = coordinates(form)
    pin(form).focus()
    form.keyboard.press("ArrowRight")
    little = coordinates(form)
    assert little[1] > start[1]
    assert little[0] == pytest.approx(start[0], abs=0.03)
    form.keyboard.press("Shift+ArrowUp")
    more = coordinates(form)
    assert more[0] - little[0] > 5 * (little[1] - start[1])
    expect(pin(form)).to_be_focused()


def test_the_marker_can_be_dragged(form):
    start = coordinates(form)
    box = pin(form).bounding_box()
    form.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    form.mouse.down()
    form.mouse.move(box["x"] + 80, box["y"] + 60, steps=8)
    form.mouse.up()
    moved = coordinates(form)
    assert moved[0] < start[0]
    assert moved[1] > start[1]


def test_both_numbers_are_pasted_at_once(form):
    form.context.grant_permissions(["clipboard-read", "clipboard-write"])
    form.evaluate("navigator.clipboard.writeText('-17.801500, 178.912300')")
    form.get_by_label("Latitude").focus()
    form.keyboard.press("ControlOrMeta+V")
    expect(form.get_by_label("Latitude")).to_have_value("-17.801500")
    assert coordinates(form) == (-17.8015, 178.9123)


def test_east_of_the_date_line_is_west(form):
    form.get_by_label("Latitude").fill("-17.8")
    form.get_by_label("Longitude").fill("179.9")
    click_map(form, 150, 0)
    assert -180 <= coordinates(form)[1] < -170


def test_neighbours_are_shown_and_the_place_itself_once(form):
    expect(form.locator(".map-neighbour")).to_have_count(1)
    form.locator(".map-neighbour").hover()
    expect(form.get_by_role("tooltip")).to_have_text("dep000046 · Isla Verde")


def test_a_deployment_without_coordinates_gets_them_by_a_click(page, server, maintainer, panama):
    lost = make_deployment("dep000047", panama, "Nobody knows")
    sign_in(page, server, maintainer).goto(f"{server}/admin/deployments/deployment/{lost.pk}/change/")
    expect(page.locator(".place-map path.world-land")).not_to_have_count(0)
    expect(pin(page)).to_have_count(0)
    page.locator(".place-map").click()
    expect(pin(page)).to_be_visible()
    coordinates(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_gives_axe_nothing_to_find(form, scheme):
    form.emulate_media(color_scheme=scheme)
    assert [line for line in violations(form) if "leaflet" in line or "map" in line] == []
