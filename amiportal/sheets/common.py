"""A table that somebody made elsewhere: its rows as texts, and what cannot be read of it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MAX_BYTES = 5 * 1024 * 1024  # 50,000 rows of eleven columns are some 5 MB as CSV, and less as XLSX
MAX_ROWS = 50_000  # a hundred times what there is; beyond it the file is another one


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be taken. `line` is its line or row in the file, the header being 1; `column` may be ""."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}, {self.column}" if self.column else f"line {self.line}"
        return f"{where}: {self.message}"


class NotASheet(ValueError):
    """The file as a whole cannot be read as this table; the message says why and what to do, for people."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a table has: columns that must be there, and those that may be left out.

    `codes` are texts that may look like numbers, of which a spreadsheet drops the leading zeros.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)

    def check(self, header: Sequence[str]) -> None:
        """Raise NotASheet unless `header` holds what is required, nothing else, and nothing twice."""
        missing = [name for name in self.required if name not in header]
        unknown = [name or "(empty)" for name in header if name not in self.all]
        twice = sorted({name for name in header if header.count(name) > 1 and name in self.all})
        faults = [
            f"{what}: {', '.join(names)}"
            for what, names in (("missing", missing), ("unknown", unknown), ("there twice", twice))
            if names
        ]
        if faults:
            may = f"; {', '.join(self.optional)} may be left out" if self.optional else ""
            raise NotASheet(
                f"The columns should be {', '.join(self.all)}{may}. {'; '.join(faults).capitalize()}.",
            )


@dataclass
class Sheet:
    """Rows as (line, {column: text}), in the order of the file; columns that it leaves out are not in the rows.

    `faults` are of single cells, whose text is "" then. `notes` are for people: how the file was read.
    """

    records: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, line: int, record: dict[str, str]) -> None:
        self.records.append((line, record))
        if len(self.records) > MAX_ROWS:
            raise NotASheet(f"The file has more than {MAX_ROWS} rows.")

    def with_own(self, faults: Iterable[Fault]) -> list[Fault]:
        """The faults of cells and those that somebody found besides; what follows from an unread cell is not told."""
        unread = {(fault.line, fault.column) for fault in self.faults}
        found = [*self.faults, *(fault for fault in faults if (fault.line, fault.column) not in unread)]
        return sorted(found, key=lambda fault: fault.line)


def check_size(size_bytes: int) -> None:
    if size_bytes > MAX_BYTES:
        raise NotASheet(
            f"The file has {size_bytes / 1e6:.1f} MB; {MAX_BYTES / 1e6:.0f} MB are the most. "
            "Leave out what is not the table, or import it in parts."
        )
