"""The one row that says how much of the store is ours."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from amiportal.core.history import recorded
from amiportal.objectstore.models import Allocation

_CHANGEABLE = frozenset({"size_tb", "ends_on"})


def update_allocation(*, actor: AbstractBaseUser | None, why: str = "", **changes: Any) -> Allocation:
    """Change size (in terabytes) or end. `actor` is a user, for the history. Raises ValidationError."""
    if unknown := changes.keys() - _CHANGEABLE:
        raise TypeError(f"cannot be changed: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        allocation = Allocation.objects.select_for_update().get(pk=Allocation.ONLY)
        for name, value in changes.items():
            setattr(allocation, name, value)
        allocation.full_clean()
        with recorded(allocation, actor=actor, reason=why or None):
            allocation.save()
    return allocation
