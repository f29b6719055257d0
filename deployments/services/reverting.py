"""Back to what a deployment once said, by the rules of every other change."""

from typing import Any

from django.db import transaction

from amiportal.accounts.models import User
from deployments.models import Deployment, Status
from deployments.permissions import require_maintainer
from deployments.services.deployments import update_deployment
from deployments.services.life import reactivate_deployment, retire_deployment


def revert_deployment(*, actor: User | None, deployment: Deployment, values: dict[str, Any], why: str) -> Deployment:
    """Give fields the `values` they had, all or none; `why` goes into the history.

    A status among them is a retirement or a reactivation, with all that these refuse. Raises as they do and as
    update_deployment does. What a status brings with it makes an entry of the history beside that of the other fields.
    """
    require_maintainer(actor)
    others = dict(values)
    status = others.pop("status", None)
    with transaction.atomic():
        current = Deployment.objects.select_for_update(of=("self",)).get(pk=deployment.pk)
        changes_status = status is not None and status != current.status
        # An inactive deployment stands in nobody's way: it leaves its site before it is changed, and takes one after.
        if changes_status and status == Status.INACTIVE:
            current = retire_deployment(actor=actor, deployment=current, reason=why)
        if others:
            current = update_deployment(actor=actor, deployment=current, why=why, **others)
        if changes_status and status == Status.ACTIVE:
            current = reactivate_deployment(actor=actor, deployment=current, why=why)
    return current
