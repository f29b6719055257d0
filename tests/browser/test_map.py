"""The world map of the admin: what is on it, how it is filtered, and what is told when something does not come."""

import re
from base64 import b64decode

import pytest
from playwright.sync_api import Page, expect

from deployments.models import Deployment
from tests.browser.admin import sign_in
from tests.browser.axe import violations
from tests.people import make_deployment

PHONE = {"width": 390, "height": 844}
TILES = "https://tiles.example.org/{z}/{x}/{y}.png"
PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
OF_THE_FRAMEWORK = ("landmark-one-main", "page-has-heading-one", "region")
HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture
def places(server, panama, kenya) -> dict[str, Deployment]:
    """Two seasons at one very place, one that stands alone, and one that nobody located."""
    ladera = {"latitude": "8.982110", "longitude": "-79.561044"}
    return {
        d.deployment_id: d
        for d in (
            make_deployment("dep000045", panama, "Ladera", camera_id="C1", status="active", **ladera),
            make_deployment("dep000044", panama, "Ladera", camera_id="C1", first_day="2024-04-01", **ladera),
            make_deployment("dep000007", kenya, HOSTILE, status="active", latitude="0.16", longitude="37.75"),
            make_deployment("dep000008", kenya, "Tea Edge"),
        )
    }


@pytest.fixture
def motion() -> str:
    """What the person's computer says of things that move; tests may override it by parametrisation."""
    return "reduce"


either_motion = pytest.mark.parametrize("motion", ["reduce", "no-preference"])


@pytest.fixture
def world(page, server, maintainer, places, motion) -> Page:
    """The map, with its deployments on it; the trial deployment of every portal has no place."""
    page.emulate_media(reduced_motion=motion)
    sign_in(page, server, maintainer).goto(f"{server}/admin/map/")
    expect(page.locator("#map-told")).to_have_text("5 deployments, 3 of them on the map")
    return page


def marker(page: Page, label: str | re.Pattern):
    return page.locator("#world-map").get_by_role("button", name=label)


def faults(page: Page) -> list[str]:
    """What axe finds in what is ours: the landmarks and headings of its page are the admin framework's."""
    return [line for line in violations(page) if not line.startswith(OF_THE_FRAMEWORK)]


def listed(page: Page) -> list[str]:
    return page.locator("#map-list li a").all_inner_texts()


@either_motion
def test_what_stands_at_one_place_is_all_within_reach(world):
    marker(world, "2 deployments, 1 of them active: show them apart").click()
    expect(marker(world, "dep000045 · Ladera, active")).to_be_visible()
    expect(marker(world, "dep000044 · Ladera, inactive")).to_be_visible()
    expect(world.locator(".leaflet-cluster-anim")).to_have_count(0)  # they fly apart: a click would miss one
    marker(world, "dep000044 · Ladera, inactive").click()
    expect(world.locator(".map-popup")).to_contain_text("2024-04-01 – …")


def test_a_cluster_clicked_as_soon_as_it_is_seen_is_shown_apart(page, server, maintainer, places):
    page.add_init_script(
        """new MutationObserver((_, observer) => {
            const cluster = document.querySelector('[aria-label^="2 deployments"]');
            if (cluster) { observer.disconnect(); cluster.click(); }
        }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-label"] })"""
    )
    sign_in(page, server, maintainer).goto(f"{server}/admin/map/")
    expect(marker(page, re.compile("dep000045"))).to_be_visible()


def test_active_and_inactive_differ_in_shape(world):
    marker(world, re.compile("^2 deployments")).click()
    expect(marker(world, re.compile("dep000045")).locator("circle")).to_have_count(1)
    expect(marker(world, re.compile("dep000044")).locator("path")).to_have_count(1)


def test_a_click_tells_what_is_known_and_leads_to_the_page(world, server, places):
    marker(world, re.compile("dep000007")).click()
    popup = world.locator(".map-popup")
    expect(popup).to_contain_text(HOSTILE)
    expect(popup).to_contain_text("Kenya (ken)")
    expect(popup).to_contain_text("dep000007, active")
    assert world.title() != "1"
    popup.get_by_role("link", name="Open dep000007").click()
    expect(world).to_have_url(f"{server}/admin/deployments/deployment/{places['dep000007'].pk}/change/")
    expect(world.get_by_role("heading", name=re.compile("dep000007"))).to_be_visible()


def test_by_keyboard_into_a_popup_and_out(world):
    marker(world, re.compile("dep000007")).focus()
    world.keyboard.press("Enter")
    expect(world.get_by_role("link", name="Open dep000007")).to_be_focused()
    world.keyboard.press("Escape")
    expect(world.locator(".map-popup")).to_have_count(0)
    expect(marker(world, re.compile("dep000007"))).to_be_focused()


@either_motion
def test_the_list_shows_a_deployment_on_the_map_out_of_its_cluster(world):
    world.get_by_role("button", name="Show dep000044 on the map").click()
    expect(world.locator(".map-popup")).to_contain_text("dep000044, inactive")
    expect(marker(world, re.compile("dep000044"))).to_be_visible()


def test_one_filter_over_map_and_list(world):
    everything = listed(world)
    assert len(everything) == 5
    world.get_by_label("Status").select_option("active")
    expect(world.locator("#map-told")).to_have_text("3 of 5 deployments, 2 of them on the map")
    expect(marker(world, "dep000045 · Ladera, active")).to_be_visible()
    expect(marker(world, re.compile("^2 deployments"))).to_have_count(0)
    world.get_by_label("Bucket").select_option("pan")
    expect(world.locator("#map-told")).to_have_text("1 of 5 deployments")
    assert listed(world) == ["dep000045 · Ladera"]
    world.reload()
    expect(world.locator("#map-told")).to_have_text("1 of 5 deployments")
    assert world.get_by_label("Status").input_value() == "active"
    world.get_by_role("button", name="Clear").click()
    expect(world.locator("#map-told")).to_have_text("5 deployments, 3 of them on the map")
    assert listed(world) == everything


def test_a_search_that_finds_nothing_says_what_to_do(world):
    world.get_by_label("Search").fill("TEA")
    expect(world.locator("#map-told")).to_have_text("1 of 5 deployments, 0 of them on the map")
    expect(world.locator("#map-list")).to_contain_text("no coordinates")
    world.get_by_label("Search").fill("nowhere")
    expect(world.locator("#map-nothing")).to_be_visible()
    assert listed(world) == []


def test_a_list_of_many_comes_in_portions(page, server, maintainer, panama):
    for number in range(150):
        make_deployment(f"dep{number + 1000:06d}", panama, f"Place {number}")
    sign_in(page, server, maintainer).goto(f"{server}/admin/map/?q=Place")
    expect(page.locator("#map-told")).to_contain_text("150 of 151")
    expect(page.locator("#map-list li")).to_have_count(100)
    page.get_by_role("button", name="Show more: 50 are left").click()
    expect(page.locator("#map-list li")).to_have_count(150)
    expect(page.get_by_role("link", name="dep001100 · Place 100")).to_be_focused()
    expect(page.locator("#map-more")).to_be_hidden()


def test_without_the_countries_the_places_are_shown_all_the_same(page, server, maintainer, places, watched):
    watched.expected.append("Failed to load resource")
    page.route("**/countries-50m.json", lambda route: route.abort())
    sign_in(page, server, maintainer).goto(f"{server}/admin/map/")
    expect(page.locator(".world-notice")).to_contain_text("The countries could not be loaded.")
    expect(marker(page, re.compile("dep000007"))).to_be_visible()


def test_without_the_deployments_the_page_says_so_and_tries_again(page, server, maintainer, places, watched):
    watched.expected.append("Failed to load resource")
    page.route("**/deployments.geojson", lambda route: route.fulfill(status=503, body=""))
    sign_in(page, server, maintainer).goto(f"{server}/admin/map/")
    expect(page.locator("#map-told")).to_contain_text("The deployments could not be loaded.")
    page.unroute("**/deployments.geojson")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#map-told")).to_have_text("5 deployments, 3 of them on the map")


def test_nothing_is_asked_of_anybody_else(page, server, maintainer, places):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, server, maintainer).goto(f"{server}/admin/map/")
    expect(marker(page, re.compile("dep000007"))).to_be_visible()
    expect(page.locator("path.world-land")).not_to_have_count(0)
    assert [url for url in asked if not url.startswith((server, "data:"))] == []
    expect(page.locator(".leaflet-control-attribution")).to_have_text("Leaflet | Natural Earth")


def test_tiles_of_a_server_that_is_set(page, server, maintainer, places, settings):
    settings.MAP_TILES_URL, settings.MAP_TILES_ATTRIBUTION = TILES, "© <b>Mappers</b>"
    asked = []
    tiles = re.compile(r"https://tiles\.example\.org/\d+/\d+/\d+\.png")
    page.route(tiles, lambda route: route.fulfill(body=PIXEL, content_type="image/png"))
    page.on("request", lambda request: tiles.fullmatch(request.url) and asked.append(request.url))
    sign_in(page, server, maintainer).goto(f"{server}/admin/map/")
    expect(page.locator("img.leaflet-tile-loaded")).not_to_have_count(0)
    assert asked
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("© <b>Mappers</b>")
    expect(page.locator(".world-notice")).to_be_hidden()


def test_a_tile_server_that_fails_leaves_the_plain_map(page, server, maintainer, places, settings, watched):
    watched.expected.append("Failed to load resource")
    settings.MAP_TILES_URL = TILES
    page.route("https://tiles.example.org/**", lambda route: route.abort())
    sign_in(page, server, maintainer).goto(f"{server}/admin/map/")
    expect(page.locator(".world-notice")).to_contain_text("The tile server does not answer")
    expect(page.locator("path.world-land")).not_to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_for_axe_to_find(world, scheme):
    world.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    world.reload()
    expect(marker(world, re.compile("dep000007"))).to_be_visible()
    assert faults(world) == []
    marker(world, re.compile("dep000007")).click()
    expect(world.locator(".map-popup")).to_be_visible()
    assert faults(world) == []
    world.set_viewport_size(PHONE)
    assert not world.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert faults(world) == []
