"""What a page with a map loads. For a form or a ModelAdmin: `media = super().media + PlaceMap()`."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms.widgets import Script

_LEAFLET_CSS = "deployments/map/vendor/leaflet-1.9.4/leaflet.css"
_MAP_CSS = "deployments/map/map.css"


def _module(path: str) -> Any:
    """Media takes objects beside paths, of which its stubs do not know."""
    return Script(path, type="module")


class PlaceMap(forms.Media):
    """For templates/admin/deployments/_place_map.html."""

    def __init__(self) -> None:
        super().__init__(css={"all": [_LEAFLET_CSS, _MAP_CSS]}, js=[_module("deployments/map/place-map.js")])


class WorldMap(forms.Media):
    """For templates/admin/deployments/map.html."""

    def __init__(self) -> None:
        clusters = "deployments/map/vendor/leaflet.markercluster-1.5.3/MarkerCluster.css"
        css: dict[str, Sequence[str]] = {"all": [_LEAFLET_CSS, clusters, _MAP_CSS, "deployments/map/world-page.css"]}
        super().__init__(css=css, js=[_module("deployments/map/world-page.js")])
