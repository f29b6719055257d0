"""Who may change what stands where. What people may see and use is a matter of selectors.py."""

from amiportal.accounts.models import User
from amiportal.core.errors import Forbidden


def may_maintain(actor: User | None) -> bool:
    """Maintainers; and None, which is whoever runs a management command on the server."""
    return actor is None or bool(getattr(actor, "is_maintainer", False))


def require_maintainer(actor: User | None) -> None:
    """Raise Forbidden unless `actor` may create and change buckets and deployments."""
    if not may_maintain(actor):
        raise Forbidden("Only maintainers may create or change buckets and deployments.")
