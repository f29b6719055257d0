"""Whether a bucket keeps older versions of what is overwritten or deleted in it."""

from amiportal.accounts.models import User
from amiportal.core.errors import PortalError
from amiportal.objectstore import versions
from deployments.models import Bucket
from deployments.permissions import require_maintainer


def keep_versions(*, actor: User | None, bucket: Bucket) -> None:
    """Have the store keep older versions in this bucket from now on; may be repeated.

    Raises PortalError where it cannot, StoreError and its kin for faults.
    """
    require_maintainer(actor)
    if not versions.keep_versions(bucket.name):
        raise PortalError(
            f"The store cannot keep older versions in {bucket.name}: what is overwritten there is lost.",
            code="versions_not_kept",
            http_status=409,
        )
