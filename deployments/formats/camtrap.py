"""Deployments as the table `deployments.csv` of Camtrap DP 1.0.

Source: https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0/deployments-table-schema.json. The standard requires
coordinates, start and end: what lacks one of them cannot be in the table, and is counted by `lacking` instead.
"""

import zoneinfo
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, tzinfo

from amiportal.sheets.csv_sheet import write_csv
from deployments.models import Deployment

COLUMNS = (
    "deploymentID",
    "locationID",
    "locationName",
    "latitude",
    "longitude",
    "coordinateUncertainty",
    "deploymentStart",
    "deploymentEnd",
    "setupBy",
    "cameraID",
    "cameraModel",
    "cameraDelay",
    "cameraHeight",
    "cameraDepth",
    "cameraTilt",
    "cameraHeading",
    "detectionDistance",
    "timestampIssues",
    "baitUse",
    "featureType",
    "habitat",
    "deploymentGroups",
    "deploymentTags",
    "deploymentComments",
)
_REQUIRED = {"coordinates": "latitude", "a first day": "first_day", "a last day": "last_day"}


def lacking(deployment: Deployment) -> list[str]:
    """What the standard requires and is not known, for people; empty for a deployment that the table can hold."""
    return [what for what, name in _REQUIRED.items() if getattr(deployment, name) is None]


def left_out(deployments: Iterable[Deployment]) -> tuple[int, dict[str, int]]:
    """How many cannot be in the table, and how many of them lack what; one may lack several."""
    missing = [found for deployment in deployments if (found := lacking(deployment))]
    return len(missing), dict(Counter(what for found in missing for what in found))


def write_camtrap(deployments: Iterable[Deployment]) -> Iterator[bytes]:
    """The file in pieces, without those that lack something. Presupposes bucket and hardware joined."""
    return write_csv(COLUMNS, (record(deployment) for deployment in deployments if not lacking(deployment)))


def record(deployment: Deployment) -> dict[str, object]:
    """A row of the table. Days are the season's own, from midnight to midnight at the place.

    Without a time zone they are taken as UTC, and the standard's mark for "unknown timezone" is set. Raises ValueError
    for a deployment that the format cannot hold: see left_out.
    """
    if deployment.first_day is None or deployment.last_day is None:
        raise ValueError("Camtrap DP wants both ends of a season.")
    zone = zoneinfo.ZoneInfo(deployment.time_zone) if deployment.time_zone else UTC
    hardware = deployment.hardware
    groups = [f"bucket:{deployment.bucket.name}"]
    if deployment.system_id:
        groups.append(f"system:{deployment.system_id}")
    known = {
        "deploymentID": deployment.deployment_id,
        "locationName": deployment.location_name,
        "latitude": deployment.latitude,
        "longitude": deployment.longitude,
        "deploymentStart": _moment(deployment.first_day, time.min, zone),
        "deploymentEnd": _moment(deployment.last_day, time(23, 59, 59), zone),
        "cameraID": deployment.camera_id,
        # The standard's form is manufacturer-model.
        "cameraModel": hardware.camera.replace(" ", "-", 1) if hardware else "",
        "timestampIssues": "false" if deployment.time_zone else "true",
        # The light attracts insects as bait does other animals; which light it is stands in the comments.
        "baitUse": "true" if hardware else "",
        "deploymentGroups": " | ".join(groups),
        "deploymentComments": f"Light trap, hardware {hardware}" if hardware else "",
    }
    return {**dict.fromkeys(COLUMNS, ""), **known}


def _moment(day: date, clock: time, zone: tzinfo) -> str:
    """As the standard wants it: YYYY-MM-DDThh:mm:ss±hh:mm, or Z."""
    text = datetime.combine(day, clock, tzinfo=zone).isoformat()
    return f"{text[:-6]}Z" if zone is UTC else text
