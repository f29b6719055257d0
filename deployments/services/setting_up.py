"""A new deployment with all that it needs: its bucket in the store, and the people who may upload."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from amiportal.accounts.models import User
from amiportal.core.errors import PortalError
from deployments.models import Bucket, Deployment
from deployments.permissions import require_maintainer
from deployments.services.buckets import create_bucket, make_bucket_in_store, update_bucket
from deployments.services.deployments import check_new, create_deployment

_GIVEN = ("title", "country_code", "data_types", "is_test")


class BucketNotMade(PortalError):
    """The store did not make the bucket, so no deployment was made; `bucket` is the row that was noted."""

    code = "bucket_not_made"
    http_status = 502

    def __init__(self, bucket: Bucket, error: PortalError):
        self.bucket = bucket
        super().__init__(
            f"The deployment was not made, because the store has no bucket {bucket.name} yet: {error.message} "
            "The bucket is noted here. Save again when the store answers, and it goes on from there.",
            http_status=error.http_status,
        )


def set_up_deployment(
    *, actor: User | None, bucket: Bucket, uploaders: Iterable[User] = (), **deployment: Any
) -> Deployment:
    """Make `bucket` where it is not there yet, let `uploaders` in, and make the deployment, whose id comes last.

    bucket: may be unsaved, or noted before with other values than it has now. deployment: as create_deployment takes
    it. Everything is checked before the store is asked. Raises BucketNotMade, after which the same call may be
    repeated; else what create_bucket and create_deployment do.
    """
    require_maintainer(actor)
    check_new(actor=actor, bucket=bucket, **deployment)
    bucket = _in_store(actor, bucket)
    with transaction.atomic():
        allow_uploaders(actor=actor, bucket=bucket, people=uploaders)
        return create_deployment(actor=actor, bucket=bucket, **deployment)


def allow_uploaders(*, actor: User | None, bucket: Bucket, people: Iterable[User]) -> None:
    """Let `people` upload into `bucket`, beside those who may already."""
    require_maintainer(actor)
    bucket.uploaders.add(*people)


def _in_store(actor: User | None, bucket: Bucket) -> Bucket:
    if bucket.exists_in_store:
        return bucket
    given = {name: getattr(bucket, name) for name in _GIVEN}
    if bucket.pk is None:
        bucket = create_bucket(actor=actor, name=bucket.name, **given)
    else:
        noted = Bucket.objects.get(pk=bucket.pk)
        if changes := {name: value for name, value in given.items() if getattr(noted, name) != value}:
            bucket = update_bucket(actor=actor, bucket=noted, **changes)
    try:
        return make_bucket_in_store(actor=actor, bucket=bucket)
    except PortalError as error:
        raise BucketNotMade(bucket, error) from error
