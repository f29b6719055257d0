from amiportal.accounts.admin.people import PersonAdmin
from amiportal.accounts.admin.watch import LockedOutAdmin, TokenAdmin

__all__ = ["LockedOutAdmin", "PersonAdmin", "TokenAdmin"]
