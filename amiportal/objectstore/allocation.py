"""The one row that says how much of the store is ours."""

from django.db import transaction

from amiportal.objectstore.models import Allocation

_CHANGEABLE = frozenset({"size_tb", "ends_on"})


def update_allocation(*, actor, why: str = "", **changes) -> Allocation:
    """Change size (in terabytes) or end. `actor` is a user, for the history. Raises ValidationError."""
    if unknown := changes.keys() - _CHANGEABLE:
        raise TypeError(f"cannot be changed: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        allocation = Allocation.objects.select_for_update().get(pk=Allocation.ONLY)
        for name, value in changes.items():
            setattr(allocation, name, value)
        allocation.full_clean()
        allocation._history_user = actor
        allocation._change_reason = why or None
        allocation.save()
    return allocation
