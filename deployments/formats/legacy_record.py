"""A deployment in the legacy shape: eleven texts, never null, in the order of the table's columns."""

from deployments.formats.table import coordinate_text
from deployments.models import Deployment


def table_record(deployment: Deployment) -> dict[str, str]:
    """As the table has it: codes of countries in capitals, projects by the name of their bucket.

    Presupposes bucket and hardware joined, here and in wire_record.
    """
    return _record(deployment, country_code=deployment.bucket.country_code or deployment.bucket.name)


def wire_record(deployment: Deployment) -> dict[str, str]:
    """As the old clients read it: `country_code` is the bucket's name."""
    return _record(deployment, country_code=deployment.bucket.name)


def _record(deployment: Deployment, *, country_code: str) -> dict[str, str]:
    return {
        "country": deployment.bucket.title,
        "country_code": country_code,
        "location_name": deployment.location_name,
        "lat": coordinate_text(deployment.latitude),
        "lon": coordinate_text(deployment.longitude),
        "location_id": "",
        "camera_id": deployment.camera_id,
        "system_id": deployment.system_id,
        "hardware_id": str(deployment.hardware.number) if deployment.hardware else "",
        "deployment_id": deployment.deployment_id,
        "status": deployment.status,
    }
