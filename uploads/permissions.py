"""Who may upload where, and see which sessions."""

from amiportal.accounts.models import User
from amiportal.core.errors import Forbidden, NotFound
from amiportal.objectstore.own_files import is_own
from deployments.models import Deployment
from deployments.selectors import buckets_open_for_upload, deployments_visible_to
from uploads.models import UploadSession
from uploads.selectors import sessions_visible_to


def deployment_for_upload(*, actor: User, deployment_id: str, data_type: str) -> Deployment:
    """The active deployment that `actor` may upload `data_type` into; its bucket comes with it.

    Raises NotFound for one that the actor may not even see, Forbidden for a retired one or a wrong data type.
    """
    deployment = deployment_visible_to(actor=actor, deployment_id=deployment_id)
    check_may_upload(actor=actor, deployment=deployment, data_type=data_type)
    return deployment


def deployment_to_compare(*, actor: User, deployment_id: str, data_type: str) -> Deployment:
    """As `deployment_for_upload`, a retired one too: to hold a card against what is there, not to add to it."""
    deployment = deployment_visible_to(actor=actor, deployment_id=deployment_id)
    _check_bucket(actor=actor, deployment=deployment, data_type=data_type)
    return deployment


def deployment_visible_to(*, actor: User, deployment_id: str) -> Deployment:
    """Any deployment that `actor` may see, its bucket with it; else NotFound."""
    visible = deployments_visible_to(actor).select_related("bucket")
    deployment = visible.filter(deployment_id=deployment_id).first()
    if deployment is None:
        raise NotFound(
            f"There is no deployment {deployment_id} among yours.",
            code="deployment_unknown",
            fields={"deployment": ["Unknown, or in a bucket that you have no access to."]},
        )
    return deployment


def check_may_upload(*, actor: User, deployment: Deployment, data_type: str) -> None:
    """Asked at every grant and not only at the start: a deployment may be retired, a right withdrawn, meanwhile."""
    if not deployment.is_active:
        raise Forbidden(
            f"Deployment {deployment.deployment_id} is not active: it takes no more files. "
            "Choose this season's deployment, or ask a maintainer.",
            code="deployment_inactive",
        )
    _check_bucket(actor=actor, deployment=deployment, data_type=data_type)


def _check_bucket(*, actor: User, deployment: Deployment, data_type: str) -> None:
    # No such row can be made, but the setting may name later what was a bucket of uploads before.
    if is_own(deployment.bucket.name):
        raise Forbidden(
            f"Bucket {deployment.bucket.name} holds the portal's own files and takes no uploads. Tell a maintainer.",
            code="bucket_reserved",
        )
    if data_type not in deployment.bucket.data_types:
        raise Forbidden(
            f"Bucket {deployment.bucket.name} takes no {data_type}, only {', '.join(deployment.bucket.data_types)}.",
            code="data_type_not_allowed",
        )
    if not buckets_open_for_upload(actor).filter(pk=deployment.bucket_id).exists():
        raise Forbidden(
            f"You may not upload into bucket {deployment.bucket.name}. Ask a maintainer for access.",
            code="bucket_not_allowed",
        )


def session_of(*, actor: User, session_id: int) -> UploadSession:
    """The actor's own session, with deployment and bucket; anybody else's is NotFound, for maintainers too."""
    session = UploadSession.objects.select_related("deployment__bucket").filter(pk=session_id, account=actor).first()
    if session is None:
        raise NotFound(f"There is no upload session {session_id} of yours.", code="session_unknown")
    return session


def require_maintainer(actor: User) -> None:
    if not actor.is_maintainer:
        raise Forbidden("Only maintainers may look at everybody's uploads.")


def session_visible_to(*, actor: User, session_id: int) -> UploadSession:
    """As `session_of`, but a maintainer may look at everybody's."""
    session = sessions_visible_to(actor, of_everybody=actor.is_maintainer).filter(pk=session_id).first()
    if session is None:
        raise NotFound(f"There is no upload session {session_id} of yours.", code="session_unknown")
    return session
