from amiportal.accounts.admin.legacy import LegacySwitchAdmin
from amiportal.accounts.admin.people import PersonAdmin
from amiportal.accounts.admin.watch import LockedOutAdmin, TokenAdmin

__all__ = ["LegacySwitchAdmin", "LockedOutAdmin", "PersonAdmin", "TokenAdmin"]
