"""All tables at one moment, from a file or from the database, as values that compare and can be written back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field

from amiportal.operations.snapshots.fileformat import Content, NotASnapshot, read_line
from amiportal.operations.snapshots.tables import BY_NAME, TABLES, Row, Table, current_lines


@dataclass(frozen=True)
class Contents:
    """rows: table -> id -> {name: value}; every table is there. names: what each table's rows have of Table.names.

    notes: for people: what the file has and this portal has not, or the other way round.
    """

    rows: dict[str, dict[int, Row]] = field(repr=False)
    names: dict[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()

    def told(self, table: Table, row_id: int) -> str:
        """The name of a row for people, "" where there is none of this id."""
        row = self.rows[table.name].get(row_id)
        return table.name_of(row) if row else ""

    def shown(self, table: Table, name: str, value: Any) -> str:
        """A value for people: other rows by their names, as they were at that moment."""
        if value is None or value == "" or value == []:
            return "–"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ", ".join(map(str, value))
        target = table.refers_to(name)
        if target is not None:
            return self.told(target, value) or f"no. {value}, which is not there"
        return f"{value:%Y-%m-%d %H:%M} UTC" if hasattr(value, "hour") else str(value)


def current_contents() -> Contents:
    rows: dict[str, dict[int, Row]] = {table.name: {} for table in TABLES}
    for name, line in current_lines():
        row = _typed(BY_NAME[name], read_line(line))
        rows[name][row["id"]] = row
    return Contents(rows, {table.name: table.names for table in TABLES})


def contents_of(content: Content) -> Contents:
    """What a file says, in this portal's terms. Raises NotASnapshot for a value that a column cannot have."""
    given = content.manifest.get("fields", {})
    rows: dict[str, dict[int, Row]] = {}
    names: dict[str, tuple[str, ...]] = {}
    notes = [f"Its table “{name}” is not known here and is ignored." for name in given if name not in BY_NAME]
    for table in TABLES:
        known = given.get(table.name, ())
        names[table.name] = tuple(name for name in table.names if name in known)
        notes += _odd_names(table, known)
        rows[table.name] = {}
        for raw in content.rows.get(table.name, ()):
            if lacking := {"id", *names[table.name]} - raw.keys():
                raise NotASnapshot(f"a row of {table.title} lacks {', '.join(sorted(lacking))}")
            row = _typed(table, raw)
            rows[table.name][row["id"]] = row
    return Contents(rows, names, tuple(notes))


def _odd_names(table: Table, given: Iterable[str]) -> Iterable[str]:
    if not given:
        yield f"The table “{table.title}” is not in it: its rows stay as they are."
        return
    for name in given:
        if name not in table.names:
            yield f"{table.title}: “{name}” is not known here any more and is ignored."
    for name in table.names:
        if name not in given:
            yield f"{table.title}: “{table.label(name)}” is not in it and stays as it is."


def _typed(table: Table, raw: dict) -> Row:
    try:
        return {name: _value(table.fields.get(name), raw[name]) for name in table.names if name in raw}
    except ValidationError as error:
        raise NotASnapshot(f"a row of {table.title} cannot be read: {' '.join(error.messages)}") from error


def _value(column: Field | None, value: object) -> object:
    return value if column is None else column.to_python(value)


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that two contents have differently. before or after is None where the row is not there.

    names: what differs; of a row that is on one side alone, nothing.
    """

    table: Table
    row_id: int
    before: Row | None
    after: Row | None
    names: tuple[str, ...] = ()

    @property
    def row(self) -> Row:
        """The row before, or where there was none after."""
        row = self.before or self.after
        assert row is not None  # on neither side there is no difference
        return row

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def differences(before: Contents, after: Contents) -> dict[str, list[Difference]]:
    """Per table, by id. What only one of the two knows of is not compared."""
    found: dict[str, list[Difference]] = defaultdict(list)
    for table in TABLES:
        if not (before.names[table.name] and after.names[table.name]):
            continue
        common = [name for name in before.names[table.name] if name in after.names[table.name]]
        old, new = before.rows[table.name], after.rows[table.name]
        for row_id in sorted(old.keys() | new.keys()):
            was, now = old.get(row_id), new.get(row_id)
            names = tuple(name for name in common if was and now and was[name] != now[name])
            if names or was is None or now is None:
                found[table.name].append(Difference(table, row_id, was, now, names))
    return dict(found)
