"""Differences and plans as their pages show them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest

from amiportal.operations.snapshots.contents import Contents, Difference, differences
from amiportal.operations.snapshots.services.planning import INSERT, RETIRE, UPDATE, Effect, LeftAsIs, RestorePlan
from amiportal.operations.snapshots.tables import TABLES, Table

PER_PAGE = 50
_KINDS = {"added": "new since", "removed": "gone since", "changed": "changed"}
_DONE = {
    UPDATE: "Changed back",
    INSERT: "Brought back, under the old number",
    RETIRE: "Retired: made and opened since the snapshot",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One value: before and after; of a row that is on one side alone, one of them is None."""

    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row with what of it differs. key: "table:id", as a form posts it."""

    key: str
    table: str
    name: str
    kind: str
    word: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class TableTotal:
    table: Table
    added: int
    removed: int
    changed: int

    @property
    def total(self) -> int:
        return self.added + self.removed + self.changed


class Comparison:
    """Two contents side by side, the earlier one first: totals per table, and one page of rows."""

    def __init__(self, before: Contents, after: Contents, request: HttpRequest):
        self._before, self._after = before, after
        found = differences(before, after)
        self.totals = [_total(table, found.get(table.name, ())) for table in TABLES]
        self.total = sum(total.total for total in self.totals)
        wanted = request.GET.get("table", "")
        self.table = wanted if wanted in found else ""
        rows = [d for table in TABLES if self.table in ("", table.name) for d in found.get(table.name, ())]
        self.page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        self.pages = list(self.page.paginator.get_elided_page_range(self.page.number))

    @property
    def rows(self) -> Iterator[RowShown]:
        for d in self.page.object_list:
            row = d.after or d.row
            names = d.names or [name for name in d.table.names if name in row and name != "id"]
            lines = list(_lines(d.table, names, d.before, d.after, self._before, self._after))
            yield RowShown(
                f"{d.table.name}:{d.row_id}", d.table.title, d.table.name_of(row), d.kind, _KINDS[d.kind], lines
            )


def groups_of(plan: RestorePlan, *, at_most: int) -> list[tuple[str, int, list[RowShown]]]:
    """(what is done, to how many rows, the first `at_most` of them), for what is done at all."""
    groups = []
    for kind, title in _DONE.items():
        effects = [effect for effect in plan.effects if effect.kind == kind]
        if effects:
            groups.append((title, len(effects), [_effect(effect, plan) for effect in effects[:at_most]]))
    return groups


def kept_by_reason(kept: Iterable[LeftAsIs]) -> list[tuple[str, list[str]]]:
    """(why, what stays as it is for that reason)."""
    found: dict[str, list[str]] = {}
    for item in kept:
        what = f"{item.told}: {item.table.label(item.name)}" if item.name else item.told
        found.setdefault(item.why, []).append(what)
    return list(found.items())


def _effect(effect: Effect, plan: RestorePlan) -> RowShown:
    names = [name for name in effect.names if name in effect.after]
    lines = list(_lines(effect.table, names, effect.before, effect.after, plan.now, plan.then))
    return RowShown(
        f"{effect.table.name}:{effect.row_id}", effect.table.title, effect.told, effect.kind, effect.table.title, lines
    )


def _lines(
    table: Table, names: Iterable[str], before: dict | None, after: dict | None, old: Contents, new: Contents
) -> Iterator[Line]:
    for name in names:
        yield Line(
            table.label(name),
            None if before is None else old.shown(table, name, before.get(name)),
            None if after is None else new.shown(table, name, after.get(name)),
        )


def _total(table: Table, found: Iterable[Difference]) -> TableTotal:
    kinds = [difference.kind for difference in found]
    return TableTotal(table, *(kinds.count(kind) for kind in ("added", "removed", "changed")))
