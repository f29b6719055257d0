"""Deployments as GeoJSON (RFC 7946): longitude before latitude, in WGS 84; an unknown place is a null geometry."""

from collections.abc import Iterable

from deployments.models import Deployment


def features(deployments: Iterable[Deployment]) -> dict:
    """A FeatureCollection. Expects bucket and hardware to be joined."""
    return {"type": "FeatureCollection", "features": [feature(deployment) for deployment in deployments]}


def feature(deployment: Deployment) -> dict:
    """One Feature, whose id is the deployment's."""
    return {
        "type": "Feature",
        "id": deployment.deployment_id,
        "geometry": _point(deployment),
        "properties": {
            "deployment_id": deployment.deployment_id,
            "location_name": deployment.location_name,
            "bucket": deployment.bucket.name,
            "bucket_title": deployment.bucket.title,
            "country_code": deployment.bucket.country_code,
            "status": deployment.status,
            "first_day": deployment.first_day and deployment.first_day.isoformat(),
            "last_day": deployment.last_day and deployment.last_day.isoformat(),
            "time_zone": deployment.time_zone,
            "system_id": deployment.system_id,
            "camera_id": deployment.camera_id,
            "hardware": deployment.hardware and deployment.hardware.number,
        },
    }


def _point(deployment: Deployment) -> dict | None:
    if deployment.latitude is None or deployment.longitude is None:
        return None
    return {"type": "Point", "coordinates": [float(deployment.longitude), float(deployment.latitude)]}
