"""Reads of what stands where, scoped by who asks."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from deployments.models import Bucket, Deployment, HardwareConfig, Status


def buckets_visible_to(user: User | AnonymousUser) -> QuerySet[Bucket]:
    """All for maintainers, else the buckets that the account names; an empty list means none."""
    if not user.is_authenticated or not user.is_active:
        return Bucket.objects.none()
    if user.is_maintainer:
        return Bucket.objects.all()
    return Bucket.objects.filter(uploaders=user)


def buckets_open_for_upload(user: User | AnonymousUser) -> QuerySet[Bucket]:
    """The buckets into which this account may upload; a maintainer's empty list means all."""
    visible = buckets_visible_to(user)
    if user.is_authenticated and user.is_maintainer and user.buckets.exists():
        return visible.filter(uploaders=user)
    return visible


def deployments_visible_to(user: User | AnonymousUser) -> QuerySet[Deployment]:
    """All for maintainers, else those in the account's buckets, inactive ones too; bucket and hardware joined."""
    return _joined().filter(bucket__in=buckets_visible_to(user))


def deployments_open_for_upload(user: User | AnonymousUser) -> QuerySet[Deployment]:
    """Active deployments into which this account may upload now; bucket and hardware joined."""
    return _joined().filter(status=Status.ACTIVE, bucket__in=buckets_open_for_upload(user))


def neighbours_of(deployment: Deployment, user: User | AnonymousUser) -> QuerySet[Deployment]:
    """The other deployments at its place that `user` may see: other seasons, and systems beside it."""
    same_place = {"bucket": deployment.bucket_id, "location_name": deployment.location_name}
    return deployments_visible_to(user).filter(**same_place).exclude(pk=deployment.pk)


def search_deployments(deployments: QuerySet[Deployment], text: str) -> QuerySet[Deployment]:
    """Those that name `text`, in any case, as id, place, system, camera, or the bucket's name or title."""
    return deployments.filter(
        Q(deployment_id__icontains=text)
        | Q(location_name__icontains=text)
        | Q(system_id__icontains=text)
        | Q(camera_id__icontains=text)
        | Q(bucket__name__icontains=text)
        | Q(bucket__title__icontains=text)
    )


def deployments_of_the_table(user: User | AnonymousUser | None) -> QuerySet[Deployment]:
    """What the legacy list and table hold: every status, no trial bucket, by id. `user` None: not scoped."""
    deployments = _joined() if user is None else deployments_visible_to(user)
    return deployments.filter(bucket__is_test=False).order_by("deployment_id")


def people_who_may_upload(bucket: Bucket) -> QuerySet[User]:
    """The active accounts that name this bucket; maintainers without any bucket may, too, and are not among them."""
    return User.objects.filter(buckets=bucket, is_active=True).order_by("organisation", "last_name", "username")


def people_who_can_be_let_in() -> QuerySet[User]:
    """The active accounts whose bucket list decides where they upload: partners and scripts."""
    names_of_groups = [Role.PARTNERS, Role.SCRIPTS]
    people = User.objects.filter(is_active=True, groups__name__in=names_of_groups).distinct()
    return people.order_by("organisation", "last_name", "username")


def hardware_configs() -> QuerySet[HardwareConfig]:
    return HardwareConfig.objects.all()


def _joined() -> QuerySet[Deployment]:
    return Deployment.objects.select_related("bucket", "hardware", "previous_season")
