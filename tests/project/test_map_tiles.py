"""A tile server for the maps: none unless set, its origin alone may give pictures, and nonsense ends the start."""

import pytest

from amiportal import env
from amiportal.env import BadSetting
from tests.project.test_csp import policy_at
from tests.project.test_settings import production, settings_read_with

TILES = "https://tiles.example.org:8443/v1/{z}/{x}/{y}.png?key=a-b"


@pytest.mark.django_db
def test_the_origin_of_the_tiles_may_give_pictures_to_the_admin_alone(settings):
    settings.MAP_TILES_URL = TILES
    assert policy_at("/admin/login/")["img-src"] == ["'self'", "data:", "blob:", "https://tiles.example.org:8443"]
    assert policy_at("/accounts/login/")["img-src"] == ["'self'", "data:"]
    others = {name: values for name, values in policy_at("/admin/login/").items() if name != "img-src"}
    assert "tiles.example.org" not in str(others)


@pytest.mark.django_db
def test_without_a_tile_server_nothing_from_outside():
    assert policy_at("/admin/login/")["img-src"] == ["'self'", "data:", "blob:"]


@pytest.mark.parametrize("address", [TILES, "http://127.0.0.1:9000/{y}/{x}/{z}", ""])
def test_what_may_be_set(monkeypatch, address):
    monkeypatch.setenv("MAP_TILES_URL", address)
    assert env.tiles("MAP_TILES_URL") == address


@pytest.mark.parametrize(
    "address",
    [
        "tiles.example.org/{z}/{x}/{y}.png",
        "ftp://tiles.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}.png",
        "https://tiles.example.org/{z}/{x}/{-y}.png",
        "https://tiles.example.org/{z}/{x}/{y}/{r}.png",
        "https://{s}.tiles.example.org/{z}/{x}/{y}.png",
        "https://*.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org; script-src */{z}/{x}/{y}.png",
        "https://somebody:secret@tiles.example.org/{z}/{x}/{y}.png",
        "https:///{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}/{y} .png",
    ],
)
def test_what_may_not_be_set_is_refused_by_name(monkeypatch, address):
    monkeypatch.setenv("MAP_TILES_URL", address)
    with pytest.raises(BadSetting, match=r"^MAP_TILES_URL should be an address such as "):
        env.tiles("MAP_TILES_URL")


def test_a_bad_address_ends_the_start():
    ended = settings_read_with(production() | {"MAP_TILES_URL": "https://tiles.example.org/"})
    assert ended.returncode != 0
    assert ended.stderr.startswith("MAP_TILES_URL should be")
