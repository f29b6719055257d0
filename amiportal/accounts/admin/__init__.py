from amiportal.accounts.admin.people import PersonAdmin
from amiportal.accounts.admin.watch import LockedOutAdmin, QueuedJobAdmin, TokenAdmin

__all__ = ["LockedOutAdmin", "PersonAdmin", "QueuedJobAdmin", "TokenAdmin"]
