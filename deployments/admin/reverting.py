"""The history of a deployment, and the way back, which the services allow or refuse."""

from django.http import HttpRequest

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import History
from deployments import services
from deployments.domain.fields import GIVEN
from deployments.models import Deployment


class DeploymentHistory(History):
    """All that is typed in goes back. The id stays; who retired it and why follows from the status."""

    revert_fields = GIVEN

    def go_back(self, request: HttpRequest, obj: Deployment, values: dict, why: str) -> None:
        services.revert_deployment(actor=actor_of(request), deployment=obj, values=values, why=why)
