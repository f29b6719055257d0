"""One deployment at a time: make, change, retire, bring back, go on with the next season."""

import unicodedata
from collections.abc import Iterable
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.errors import Conflict
from deployments.models import Bucket, Deployment, HardwareConfig, Status
from deployments.names import deployment_number
from deployments.permissions import require_maintainer
from deployments.services import numbers

_TEXTS = ("location_name", "time_zone", "system_id", "camera_id")
_CHANGEABLE = frozenset({"bucket", "latitude", "longitude", "hardware", "status", "first_day", "last_day", *_TEXTS})
# What a second season at the same site takes over from the first.
_KEPT_NEXT_SEASON = ("bucket", "latitude", "longitude", "hardware", *_TEXTS)
_ONE_ACTIVE = "one_active_per_bucket_place_camera"
RETIRED_BY_EDIT = "Set to inactive by editing."


def create_deployment(
    *,
    actor: User | None,
    bucket: Bucket,
    location_name: str,
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    time_zone: str = "",
    system_id: str = "",
    camera_id: str = "",
    hardware: HardwareConfig | None = None,
    status: str = Status.INACTIVE,
    first_day: date | None = None,
    last_day: date | None = None,
    deployment_id: str | None = None,
) -> Deployment:
    """A new deployment with an id that was never given before, or with the `deployment_id` that it has already.

    Raises Conflict when the id is taken or another active deployment has this bucket, place and camera;
    ValidationError for what the model refuses. Coordinates have at most six decimals.
    """
    require_maintainer(actor)
    if deployment_id is not None and deployment_number(deployment_id) is None:
        raise ValidationError({"deployment_id": "Such as dep000127."})
    deployment = Deployment(
        bucket=bucket,
        location_name=location_name,
        latitude=latitude,
        longitude=longitude,
        time_zone=time_zone,
        system_id=system_id,
        camera_id=camera_id,
        hardware=hardware,
        status=status,
        first_day=first_day,
        last_day=last_day,
        created_by=actor,
    )
    _tidy(deployment)
    _check(deployment)
    with transaction.atomic():
        if deployment_id is None:
            deployment.deployment_id = numbers.allocate_id()
        else:
            if Deployment.objects.filter(deployment_id=deployment_id).exists():
                raise Conflict(f"{deployment_id} exists already.", code="deployment_exists")
            numbers.reserve_up_to(deployment_number(deployment_id))
            deployment.deployment_id = deployment_id
        _save(deployment, actor=actor)
    return deployment


def update_deployment(*, actor: User | None, deployment: Deployment, why: str = "", **changes) -> Deployment:
    """Change some of what a deployment says of itself; ids, makers and the link of seasons never change.

    `status` may be among the changes: to inactive is a retirement without a reason given. Nothing is written when
    nothing differs. Raises as create_deployment does; Conflict, too, for another bucket once there were uploads.
    """
    require_maintainer(actor)
    if unknown := changes.keys() - _CHANGEABLE:
        raise TypeError(f"cannot be changed: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        deployment = _locked(deployment)
        before = {name: getattr(deployment, name) for name in _CHANGEABLE}
        for name, value in changes.items():
            setattr(deployment, name, value)
        _tidy(deployment)
        if before["bucket"] != deployment.bucket:
            _refuse_move(deployment)
        if before["status"] != deployment.status:
            mark_status_change(deployment, actor=actor, reason=RETIRED_BY_EDIT)
        _check(deployment)
        if any(before[name] != getattr(deployment, name) for name in _CHANGEABLE):
            _save(deployment, actor=actor, why=why)
    return deployment


def retire_deployment(*, actor: User | None, deployment: Deployment, reason: str) -> Deployment:
    """Close a deployment to uploads; its files and its rows stay. `reason` is kept for whoever looks later.

    Raises Conflict when it is inactive already, ValidationError without a reason.
    """
    require_maintainer(actor)
    if not reason.strip():
        raise ValidationError({"reason": "Say why: whoever looks for this deployment later will want to know."})
    with transaction.atomic():
        deployment = _locked(deployment)
        if not deployment.is_active:
            raise Conflict(f"{deployment.deployment_id} is inactive already.", code="already_inactive")
        deployment.status = Status.INACTIVE
        mark_status_change(deployment, actor=actor, reason=reason)
        _check(deployment)
        _save(deployment, actor=actor, why=reason)
    return deployment


def reactivate_deployment(*, actor: User | None, deployment: Deployment, why: str = "Reactivated") -> Deployment:
    """Open a deployment to uploads again. Raises Conflict when it is open, or another holds its place and camera."""
    require_maintainer(actor)
    with transaction.atomic():
        deployment = _locked(deployment)
        if deployment.is_active:
            raise Conflict(f"{deployment.deployment_id} is active already.", code="already_active")
        deployment.status = Status.ACTIVE
        mark_status_change(deployment, actor=actor, reason="")
        _check(deployment)
        _save(deployment, actor=actor, why=why)
    return deployment


def start_next_season(
    *, actor: User | None, deployment: Deployment, first_day: date, last_day: date | None = None, **changes
) -> Deployment:
    """The same site's next season: a new, active deployment; the old one is retired in the same transaction.

    `changes` names what is not as it was (such as camera_id). Raises Conflict when `deployment` has a next season.
    """
    require_maintainer(actor)
    if unknown := changes.keys() - set(_KEPT_NEXT_SEASON):
        raise TypeError(f"cannot be changed: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        old = _locked(deployment)
        later = Deployment.objects.filter(previous_season=old).first()
        if later is not None:
            raise Conflict(
                f"{old.deployment_id} has a next season already: {later.deployment_id}.", code="has_next_season"
            )
        if old.first_day and first_day <= old.first_day:
            raise ValidationError({"first_day": f"The season before began on {old.first_day}: this one begins later."})
        new = Deployment(
            **{name: getattr(old, name) for name in _KEPT_NEXT_SEASON},
            status=Status.ACTIVE,
            first_day=first_day,
            last_day=last_day,
            previous_season=old,
            created_by=actor,
        )
        for name, value in changes.items():
            setattr(new, name, value)
        _tidy(new)
        new.deployment_id = numbers.allocate_id()
        if old.is_active:
            old.status = Status.INACTIVE
            mark_status_change(old, actor=actor, reason=f"Next season: {new.deployment_id}")
            _save(old, actor=actor, why=old.retire_reason)
        _check(new)
        _save(new, actor=actor)
    return new


def active_twin(deployment: Deployment) -> Deployment | None:
    """The other active deployment of the same bucket, place and camera, which bars this one from being active."""
    return (
        Deployment.objects.filter(
            bucket=deployment.bucket_id,
            location_name=deployment.location_name,
            camera_id=deployment.camera_id,
            status=Status.ACTIVE,
        )
        .exclude(pk=deployment.pk)
        .first()
    )


def mark_status_change(deployment: Deployment, *, actor: User | None, reason: str) -> None:
    """Fill or clear who retired it, when and why, to go with the status it now has. Presupposes that it changed."""
    retired = deployment.status == Status.INACTIVE
    deployment.retired_at = timezone.now() if retired else None
    deployment.retired_by = actor if retired else None
    deployment.retire_reason = reason.strip() if retired else ""


def _refuse_move(deployment: Deployment) -> None:
    """What was uploaded lies in the old bucket, and every ledger row would point to where nothing is."""
    if deployments_with_uploads([deployment.deployment_id]):
        raise Conflict(
            f"{deployment.deployment_id} has uploads: its bucket cannot be changed any more.", code="has_uploads"
        )


def deployments_with_uploads(deployment_ids: Iterable[str]) -> set[str]:
    """Those of these ids into which anybody ever opened an upload."""
    with_uploads = Deployment.objects.filter(deployment_id__in=deployment_ids, upload_sessions__isnull=False)
    return set(with_uploads.distinct().values_list("deployment_id", flat=True))


def _tidy(deployment: Deployment) -> None:
    """Blanks at the ends go; composed letters (NFC), or one place spelt in two ways could be active twice."""
    for name in _TEXTS:
        setattr(deployment, name, unicodedata.normalize("NFC", getattr(deployment, name).strip()))


def _check(deployment: Deployment) -> None:
    if deployment.status == Status.ACTIVE and (other := active_twin(deployment)):
        raise _twin_conflict(other)
    deployment.full_clean(exclude={"deployment_id"})


def _twin_conflict(other: Deployment) -> Conflict:
    return Conflict(
        f"{other.deployment_id} ({other.location_name}) is active with this bucket, place and camera. "
        "Retire it first, or start its next season.",
        code="another_is_active",
    )


@contextmanager
def _conflicts_named(deployment: Deployment):
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        other = active_twin(deployment) if constraint == _ONE_ACTIVE else None
        if other is not None:
            raise _twin_conflict(other) from error
        raise Conflict("Somebody else changed this at the same time. Look again and repeat.") from error


def _save(deployment: Deployment, *, actor: User | None, why: str = "") -> None:
    deployment._history_user = actor
    deployment._change_reason = why[:100] or None
    with _conflicts_named(deployment):
        deployment.save()


def _locked(deployment: Deployment) -> Deployment:
    """The row as it is now, held against other tabs until the transaction ends."""
    return Deployment.objects.select_for_update(of=("self",)).select_related("bucket", "hardware").get(pk=deployment.pk)
