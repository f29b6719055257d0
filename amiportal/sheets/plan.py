"""What an import would do, and what keeps it from being done."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from django.db import IntegrityError, transaction

from amiportal.core.errors import Conflict, PortalError
from amiportal.sheets.common import Fault
from amiportal.sheets.signals import before_import


class SheetRefused(PortalError):
    """Some rows cannot be taken, so nothing was written. `faults` has them, in the order of the file."""

    code = "table_refused"

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(faults)
        super().__init__(f"{len(self.faults)} faults in the table: nothing was written.")


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row against the database, as texts by column; `before` is None for a new `record`."""

    line: int
    before: Mapping[str, str] | None
    after: Mapping[str, str]
    record: Any

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass
class SheetPlan:
    """What an import would do, or did. `notes` are for people; with any fault nothing is done."""

    rows: list[PlannedRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def created(self) -> list[PlannedRow]:
        return [row for row in self.rows if row.before is None]

    @property
    def updated(self) -> list[PlannedRow]:
        return [row for row in self.rows if row.before is not None and row.differs]

    @property
    def writes(self) -> bool:
        return any(row.differs for row in self.rows)

    @property
    def summary(self) -> str:
        unchanged = len(self.rows) - len(self.created) - len(self.updated)
        return f"{len(self.created)} new, {len(self.updated)} changed, {unchanged} unchanged."


class Planned(Protocol):
    faults: list[Fault]

    @property
    def writes(self) -> bool: ...


P = TypeVar("P", bound=Planned)


def carry_out(*, actor: object, plan: Callable[[bool], P], write: Callable[[P], object], busy: str) -> P:
    """All of an import or nothing: planned, and planned again on locked rows after `before_import` was sent.

    plan: takes whether to lock. busy: told when somebody else wrote at the same time. Where nothing would change the
    signal is not sent. Raises SheetRefused, Conflict, and what the signal's receivers and `write` do.
    """
    found = _without_faults(plan(False))
    if not found.writes:
        return found
    before_import.send(sender=carry_out, actor=actor)
    try:
        with transaction.atomic():
            found = _without_faults(plan(True))
            write(found)
    except IntegrityError as error:
        raise Conflict(busy) from error
    return found


def _without_faults(found: P) -> P:
    if found.faults:
        raise SheetRefused(found.faults)
    return found
