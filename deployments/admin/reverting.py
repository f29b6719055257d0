"""The history of a deployment, and the way back, which the services allow or refuse."""

from django.http import HttpRequest

from amiportal.core.adminkit import History
from deployments import services
from deployments.models import Deployment


class DeploymentHistory(History):
    """All that is typed in goes back. The id stays; who retired it and why follows from the status."""

    revert_fields = (
        "bucket",
        "location_name",
        "latitude",
        "longitude",
        "time_zone",
        "system_id",
        "camera_id",
        "hardware",
        "status",
        "first_day",
        "last_day",
    )

    def go_back(self, request: HttpRequest, obj: Deployment, values: dict, why: str) -> None:
        services.revert_deployment(actor=request.user, deployment=obj, values=values, why=why)
