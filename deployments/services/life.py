"""The life of a deployment: retire it, bring it back, go on with the next season."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from amiportal.accounts.models import User
from amiportal.core.errors import Conflict
from deployments.domain.fields import STAYING
from deployments.models import Deployment, Status
from deployments.permissions import require_maintainer
from deployments.services import numbers
from deployments.services.deployments import (
    check,
    locked,
    mark_status_change,
    refuse_while_under_way,
    save,
    tidy,
)


def retire_deployment(*, actor: User | None, deployment: Deployment, reason: str, insist: bool = False) -> Deployment:
    """Close a deployment to uploads; its files and its rows stay. `reason` is kept for whoever looks later.

    Raises Conflict when it is inactive already, or (`upload_under_way`) while somebody uploads into it, unless
    insisted; ValidationError without a reason.
    """
    require_maintainer(actor)
    if not reason.strip():
        raise ValidationError({"reason": "Say why: whoever looks for this deployment later will want to know."})
    with transaction.atomic():
        deployment = locked(deployment)
        if not deployment.is_active:
            raise Conflict(f"{deployment.deployment_id} is inactive already.", code="already_inactive")
        refuse_while_under_way(deployment, insist=insist)
        deployment.status = Status.INACTIVE
        mark_status_change(deployment, actor=actor, reason=reason)
        check(deployment)
        save(deployment, actor=actor, why=reason)
    return deployment


def reactivate_deployment(*, actor: User | None, deployment: Deployment, why: str = "Reactivated") -> Deployment:
    """Open a deployment to uploads again; `why` goes into its history.

    Raises Conflict when it is open, or another holds its place and camera.
    """
    require_maintainer(actor)
    with transaction.atomic():
        deployment = locked(deployment)
        if deployment.is_active:
            raise Conflict(f"{deployment.deployment_id} is active already.", code="already_active")
        deployment.status = Status.ACTIVE
        mark_status_change(deployment, actor=actor, reason="")
        check(deployment)
        save(deployment, actor=actor, why=why)
    return deployment


def start_next_season(
    *,
    actor: User | None,
    deployment: Deployment,
    first_day: date,
    last_day: date | None = None,
    insist: bool = False,
    **changes: Any,
) -> Deployment:
    """The same site's next season: a new, active deployment; the old one is retired in the same transaction.

    `changes` names what is not as it was (such as camera_id). Raises Conflict when `deployment` has a next season,
    or (`upload_under_way`) while somebody uploads into it, unless insisted.
    """
    require_maintainer(actor)
    if unknown := changes.keys() - set(STAYING):
        raise TypeError(f"cannot be changed: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        old = locked(deployment)
        later = Deployment.objects.filter(previous_season=old).first()
        if later is not None:
            raise Conflict(
                f"{old.deployment_id} has a next season already: {later.deployment_id}.", code="has_next_season"
            )
        if old.first_day and first_day <= old.first_day:
            raise ValidationError({"first_day": f"The season before began on {old.first_day}: this one begins later."})
        if old.is_active:
            refuse_while_under_way(old, insist=insist)
        new = Deployment(
            **{name: getattr(old, name) for name in STAYING},
            status=Status.ACTIVE,
            first_day=first_day,
            last_day=last_day,
            previous_season=old,
            created_by=actor,
        )
        for name, value in changes.items():
            setattr(new, name, value)
        tidy(new)
        new.deployment_id = numbers.allocate_id()
        if old.is_active:
            old.status = Status.INACTIVE
            mark_status_change(old, actor=actor, reason=f"Next season: {new.deployment_id}")
            save(old, actor=actor, why=old.retire_reason)
        check(new)
        save(new, actor=actor, why=f"Next season of {old.deployment_id}")
    return new
