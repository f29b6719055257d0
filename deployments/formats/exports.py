"""Deployments in the formats of others, beside the table: Camtrap DP and GeoJSON."""

import json
from collections.abc import Iterable, Iterator

from deployments.formats.geojson import feature
from deployments.models import Deployment

CAMTRAP_FILENAME = "deployments.csv"  # the name that the standard gives the table
GEOJSON_FILENAME = "deployments.geojson"
GEOJSON_TYPE = "application/geo+json"  # RFC 7946, section 12


def write_geojson(deployments: Iterable[Deployment]) -> Iterator[bytes]:
    """A FeatureCollection in pieces, a feature per line. Presupposes bucket and hardware joined."""
    before = '{"type": "FeatureCollection", "features": [\n'
    for deployment in deployments:
        yield f"{before}{json.dumps(feature(deployment), ensure_ascii=False)}".encode()
        before = ",\n"
    yield b"\n]}\n" if before == ",\n" else f"{before}]}}\n".encode()
