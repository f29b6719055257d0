"""Which time zone a place is in, as well as a short table can tell: a suggestion, which people confirm. Pure."""

import re
from dataclasses import dataclass
from functools import cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

from deployments.domain.countries import countries

_TABLE = Path(__file__).parents[1] / "data" / "zone.tab"
_COORDINATE = re.compile(r"([+-])(\d{2,3})(\d{2})(\d{2})?")


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone within a country, with its main place in degrees."""

    name: str
    alpha2: str
    latitude: float
    longitude: float


@cache
def zones() -> tuple[Zone, ...]:
    found = []
    for line in _TABLE.read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            alpha2, place, name, *_ = line.split("\t")
            latitude, longitude = (_degrees(match) for match in _COORDINATE.finditer(place))
            found.append(Zone(name, alpha2, latitude, longitude))
    return tuple(found)


def zones_of(country_code: str) -> list[str]:
    """The names of a country's zones, by its alpha-3 code, "" and unknown codes having none."""
    country = countries().get(country_code)
    return sorted(zone.name for zone in zones() if country and zone.alpha2 == country.alpha2)


def suggested_zone(*, latitude: float | None, longitude: float | None, country_code: str = "") -> str:
    """The zone of the country's whose main place lies nearest, or of all; "" where nothing tells.

    Right within a country of one zone; near the border between two it may be the neighbour's.
    """
    own = set(zones_of(country_code))
    if len(own) == 1:
        return own.pop()
    if latitude is None or longitude is None:
        return ""
    candidates = [zone for zone in zones() if not own or zone.name in own]
    return min(candidates, key=lambda zone: _distance(latitude, longitude, zone.latitude, zone.longitude)).name


def _degrees(match: re.Match) -> float:
    sign, degrees, minutes, seconds = match.groups()
    value = int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3600
    return -value if sign == "-" else value


def _distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Along a great circle, in radians."""
    a, b = radians(latitude), radians(other_latitude)
    across = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * asin(sqrt(across))
