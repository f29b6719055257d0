"""What other apps want done at a step of this one; they register in AppConfig.ready, and it imports none of them."""

from collections.abc import Callable

from amiportal.accounts.models import User

# Called with `actor` before an import writes, while no transaction of the import is open. One that raises a
# PortalError keeps the import from happening.
before_import: list[Callable[..., object]] = []


def run_before_import(*, actor: User | None) -> None:
    for hook in before_import:
        hook(actor=actor)
