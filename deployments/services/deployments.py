"""One deployment at a time: make and change it. What ends and begins its seasons is in life.py."""

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.core.errors import Conflict
from amiportal.core.history import recorded
from deployments.domain.fields import GIVEN, TEXTS
from deployments.domain.names import deployment_number
from deployments.holdings import files_provider
from deployments.models import Bucket, Deployment, Status
from deployments.permissions import require_maintainer
from deployments.services import numbers

_ONE_ACTIVE = "one_active_per_bucket_place_camera"
RETIRED_BY_EDIT = "Set to inactive by editing."


def create_deployment(
    *,
    actor: User | None,
    bucket: Bucket,
    deployment_id: str | None = None,
    **given: Any,
) -> Deployment:
    """A new deployment with an id that was never given before, or with the `deployment_id` that it has already.

    given: values of the other fields of `deployments.domain.fields`, of which `location_name` at least.
    Raises Conflict when the id is taken or another active deployment has this bucket, place and camera;
    ValidationError for what the model refuses. Coordinates have at most six decimals.
    """
    number = None if deployment_id is None else deployment_number(deployment_id)
    if deployment_id is not None and number is None:
        raise ValidationError({"deployment_id": "Such as dep000127."})
    deployment = check_new(actor=actor, bucket=bucket, **given)
    with transaction.atomic():
        if deployment_id is None or number is None:
            deployment.deployment_id = numbers.allocate_id()
        else:
            if Deployment.objects.filter(deployment_id=deployment_id).exists():
                raise Conflict(f"{deployment_id} exists already.", code="deployment_exists")
            numbers.reserve_up_to(number)
            deployment.deployment_id = deployment_id
        save(deployment, actor=actor)
    return deployment


def check_new(*, actor: User | None, bucket: Bucket, **given: Any) -> Deployment:
    """What create_deployment would make of this, unsaved and without an id. Raises as it does.

    bucket: may be unsaved, for a deployment whose bucket is made with it.
    """
    require_maintainer(actor)
    _refuse_unknown(given)
    deployment = Deployment(bucket=bucket, created_by=actor, **given)
    tidy(deployment)
    check(deployment)
    return deployment


def update_deployment(
    *, actor: User | None, deployment: Deployment, insist: bool = False, why: str = "", **changes: Any
) -> Deployment:
    """Change some of what a deployment says of itself; ids, makers and the link of seasons never change.

    `status` may be among the changes: to inactive is a retirement without a reason given, with the same rule about
    uploads under way (`insist`: see refuse_while_under_way). Nothing is written when nothing differs. Raises as
    create_deployment does; Conflict, too, for another bucket once there were uploads.
    """
    require_maintainer(actor)
    _refuse_unknown(changes)
    with transaction.atomic():
        deployment = locked(deployment)
        before = {name: getattr(deployment, name) for name in GIVEN}
        for name, value in changes.items():
            setattr(deployment, name, value)
        tidy(deployment)
        if before["bucket"] != deployment.bucket:
            _refuse_move(deployment)
        if before["status"] != deployment.status:
            refuse_while_under_way(deployment, insist=insist or deployment.is_active)
            mark_status_change(deployment, actor=actor, reason=RETIRED_BY_EDIT)
        check(deployment)
        if any(before[name] != getattr(deployment, name) for name in GIVEN):
            save(deployment, actor=actor, why=why)
    return deployment


def _refuse_unknown(values: dict) -> None:
    if unknown := values.keys() - set(GIVEN):
        raise TypeError(f"not for people to give: {', '.join(sorted(unknown))}")


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


def refuse_while_under_way(deployment: Deployment, *, insist: bool) -> None:
    """Raise Conflict `upload_under_way` when a retirement would cut somebody off and nobody insists on it.

    A grant may still be made between this look and the retirement; the next one is refused then, as after it.
    """
    if insist:
        return
    uploads = files_provider().under_way([deployment]).get(deployment.pk)
    if uploads:
        raise Conflict(
            f"An upload into {deployment.deployment_id} is under way: {'; '.join(uploads)}. "
            "Wait until it is done, or insist: what is not sent by then is refused.",
            code="upload_under_way",
            fields={"insist": ["An upload is under way."]},
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


def tidy(deployment: Deployment) -> None:
    """Blanks at the ends go; composed letters (NFC), or one place spelt in two ways could be active twice."""
    for name in TEXTS:
        setattr(deployment, name, unicodedata.normalize("NFC", getattr(deployment, name).strip()))


def check(deployment: Deployment) -> None:
    """Raise Conflict for an active twin, ValidationError for what the model refuses."""
    if deployment.status == Status.ACTIVE and (other := active_twin(deployment)):
        raise _twin_conflict(other)
    try:
        deployment.full_clean(exclude={"deployment_id"} if deployment.bucket_id else {"deployment_id", "bucket"})
    except ValidationError:
        if deployment.status == Status.ACTIVE and (other := active_twin(deployment)):
            raise _twin_conflict(other) from None  # opened between the two looks
        raise


def _twin_conflict(other: Deployment) -> Conflict:
    return Conflict(
        f"{other.deployment_id} ({other.location_name}) is active with this bucket, place and camera. "
        "Retire it first, or start its next season.",
        code="another_is_active",
    )


@contextmanager
def _conflicts_named(deployment: Deployment) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        other = active_twin(deployment) if constraint == _ONE_ACTIVE else None
        if other is not None:
            raise _twin_conflict(other) from error
        raise Conflict("Somebody else changed this at the same time. Look again and repeat.") from error


def save(deployment: Deployment, *, actor: User | None, why: str = "") -> None:
    """Write it, with the beginning of `why` in its history. A race lost is a Conflict that names the winner."""
    with _conflicts_named(deployment), recorded(deployment, actor=actor, reason=why[:100] or None):
        deployment.save()


def locked(deployment: Deployment) -> Deployment:
    """The row as it is now, held against other tabs until the transaction ends."""
    return Deployment.objects.select_for_update(of=("self",)).select_related("bucket", "hardware").get(pk=deployment.pk)
