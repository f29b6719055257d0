"""An import as django-import-export shows it: previewed row by row, then all of it or nothing.

The library's own row-by-row import is not used: it asks the database per row, and knows nothing of two rows that
are at odds with each other. What a row means is decided by a planner, the same for preview and import.
"""

import re
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString
from import_export.fields import Field
from import_export.resources import Resource
from import_export.results import Error, Result, RowResult
from import_export.tmp_storages import BaseStorage

from amiportal.core.errors import PortalError
from amiportal.sheets.common import Columns, Fault, Sheet
from amiportal.sheets.formats import SheetDataset
from amiportal.sheets.plan import PlannedRow, SheetPlan, SheetRefused

PREVIEWED_ROWS = 1_000  # a page that a browser still scrolls; what is imported is not limited by it
KEPT_FOR_S = 24 * 3600
_FILE_NAME = re.compile(r"[0-9a-f]{32}")


class ImportFolder(BaseStorage):
    """Keeps a file between its preview and its confirmation, under a name of our own making.

    The library's own storage opens, and then deletes, whatever path the confirmation form names.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.name is not None and not _FILE_NAME.fullmatch(self.name):
            raise FileNotFoundError(self.name)

    def save(self, data: bytes) -> None:
        folder = self._folder()
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old.stat().st_mtime < time.time() - KEPT_FOR_S:
                old.unlink(missing_ok=True)
        self.name = uuid.uuid4().hex
        (folder / self.name).write_bytes(data)

    def read(self) -> bytes:
        return (self._folder() / self.name).read_bytes()

    def remove(self) -> None:
        (self._folder() / self.name).unlink(missing_ok=True)

    @staticmethod
    def _folder() -> Path:
        return Path(settings.VAR_DIR) / "imports"


class SheetRowResult(RowResult):
    line: int | None = None


class SheetResult(Result):
    """The library's result, with rows of the file for row numbers, and what people are to be told beside the rows."""

    def __init__(self, shown: tuple[str, ...]):
        super().__init__()
        self.notices: list[str] = []
        self.faults: list[Fault] = []
        self.summary = ""
        self.diff_headers = list(shown)

    def row_errors(self) -> list[tuple[int, list[Error]]]:
        return [(row.line, row.errors) for row in self.rows if row.errors]

    def valid_rows(self) -> list[RowResult]:
        """Only what changes is shown: the others are counted in the summary."""
        changing = [row for row in super().valid_rows() if row.import_type != RowResult.IMPORT_TYPE_SKIP]
        return changing[:PREVIEWED_ROWS]

    @property
    def hidden_rows(self) -> int:
        return len(self.rows) - len(self.valid_rows())


class SheetResource(Resource):
    """One kind of table. Subclasses give `title`, `columns`, `shown` (their order in the preview), `plan` and `write`.

    `plan(actor, sheet)` reads and says; `write(actor, sheet)` plans again, writes, and raises SheetRefused.
    """

    title: str
    columns: Columns
    shown: tuple[str, ...]
    plan: Callable[..., SheetPlan]
    write: Callable[..., SheetPlan]

    @classmethod
    def get_display_name(cls) -> str:
        return cls.title

    def get_user_visible_fields(self) -> list[Field]:
        return [Field(column_name=column) for column in self.columns.all]

    def import_data(self, dataset: SheetDataset, dry_run: bool = False, *, user: Any, **_: Any) -> SheetResult:
        result = SheetResult(self.shown)
        result.total_rows = len(dataset.sheet.records)
        try:
            plan = self._planned(dataset.sheet, actor=user, dry_run=dry_run)
        except SheetRefused as refused:
            plan = SheetPlan(faults=list(refused.faults))
        except PortalError as error:
            result.append_base_error(Error(error.message))
            return result
        result.faults = plan.faults
        rows = [_fault_row(fault) for fault in plan.faults] or [self._row(row) for row in plan.rows]
        for row in rows:
            result.append_row_result(row)
            result.increment_row_result_total(row)
        if not plan.faults:
            result.notices = [*dataset.sheet.notes, *plan.notes]
            result.summary = plan.summary
        return result

    def _planned(self, sheet: Sheet, *, actor: Any, dry_run: bool) -> SheetPlan:
        return (self.plan if dry_run else self.write)(actor=actor, sheet=sheet)

    def _row(self, planned: PlannedRow) -> SheetRowResult:
        row = SheetRowResult()
        row.line = planned.line
        row.instance = planned.record
        row.add_instance_info(planned.record)
        if planned.before is None:
            row.import_type = RowResult.IMPORT_TYPE_NEW
        elif planned.differs:
            row.import_type = RowResult.IMPORT_TYPE_UPDATE
        else:
            row.import_type = RowResult.IMPORT_TYPE_SKIP
        row.diff = [_cell(planned, column) for column in self.shown]
        return row


def _cell(row: PlannedRow, column: str) -> SafeString:
    after = row.after[column]
    before = after if row.before is None else row.before[column]
    if before == after:
        return escape(after)
    return format_html_join(
        " ", "<{}>{}</{}>", [(tag, text, tag) for tag, text in (("del", before), ("ins", after)) if text]
    )


def _fault_row(fault: Fault) -> SheetRowResult:
    row = SheetRowResult()
    row.line = fault.line
    row.import_type = RowResult.IMPORT_TYPE_ERROR
    text = f"{fault.column}: {fault.message}" if fault.column else fault.message
    row.errors.append(Error(text, number=fault.line))
    return row
