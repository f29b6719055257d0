"""django-import-export over the legacy table. What a row means is decided in table.py and services/table_import.py.

The library's own row-by-row import is not used: it asks the database per row, and knows nothing of two rows that
are at odds with each other.
"""

import re
import time
import uuid
from pathlib import Path

import tablib
from django.conf import settings
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from import_export.fields import Field
from import_export.formats.base_formats import Format
from import_export.resources import Resource
from import_export.results import Error, Result, RowResult
from import_export.tmp_storages import BaseStorage

from amiportal.errors import PortalError
from deployments.records import table_record
from deployments.services import ImportPlan, import_table, plan_import
from deployments.services.table_import import Change, TableRefused
from deployments.table import COLUMNS, Fault, check_records, read_records

# What a row is about comes first: the table is wide.
_FIRST = ("deployment_id", "status")
SHOWN_COLUMNS = (*_FIRST, *(column for column in COLUMNS if column not in (*_FIRST, "location_id")))
PREVIEWED_ROWS = 1_000  # a page that a browser still scrolls; what is imported is not limited by it
KEPT_FOR_S = 24 * 3600
_FILE_NAME = re.compile(r"[0-9a-f]{32}")


class TableFile(Format):
    """The only format so far: CSV in UTF-8, read by table.read_records."""

    def __init__(self, encoding: str | None = None):
        self.encoding = encoding

    def get_title(self) -> str:
        return "CSV, the table of deployments"

    def get_extension(self) -> str:
        return "csv"

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        """Raises NotTheTable."""
        records = read_records(in_stream)
        dataset = tablib.Dataset(*(tuple(record[c] for c in COLUMNS) for _, record in records), headers=COLUMNS)
        dataset.lines = [line for line, _ in records]
        return dataset

    def can_import(self) -> bool:
        return True


class ImportFolder(BaseStorage):
    """Keeps a file between its preview and its confirmation, under a name of our own making.

    The library's own storage opens, and then deletes, whatever path the confirmation form names.
    """

    def __init__(self, **kwargs):
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


class TableRowResult(RowResult):
    line: int | None = None


class TableResult(Result):
    """The library's result, with lines of the file for row numbers, and what people are to be told beside the rows."""

    def __init__(self):
        super().__init__()
        self.notices: list[str] = []
        self.summary = ""
        self.diff_headers = list(SHOWN_COLUMNS)

    def row_errors(self) -> list[tuple[int, list[Error]]]:
        return [(row.line, row.errors) for row in self.rows if row.errors]

    def valid_rows(self) -> list[RowResult]:
        """Only what changes is shown: the others are counted in the summary."""
        changing = [row for row in super().valid_rows() if row.import_type != RowResult.IMPORT_TYPE_SKIP]
        return changing[:PREVIEWED_ROWS]

    @property
    def hidden_rows(self) -> int:
        return len(self.rows) - len(self.valid_rows())


class DeploymentTable(Resource):
    """All of a table or, with any fault, nothing of it."""

    @classmethod
    def get_display_name(cls) -> str:
        return "Table of deployments"

    def get_user_visible_fields(self) -> list[Field]:
        return [Field(column_name=column) for column in COLUMNS]

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, *, user, **_) -> TableResult:
        table = check_records(zip(dataset.lines, dataset.dict, strict=True))
        result = TableResult()
        result.total_rows = len(dataset)
        try:
            plan = (plan_import if dry_run else import_table)(actor=user, table=table)
        except TableRefused as refused:
            plan = ImportPlan(faults=list(refused.faults))
        except PortalError as error:
            result.append_base_error(Error(error.message))
            return result
        rows = [_fault_row(fault) for fault in plan.faults] or [_row(change) for change in plan.changes]
        for row in rows:
            result.append_row_result(row)
            result.increment_row_result_total(row)
        if not plan.faults:
            result.notices = [*map(str, plan.twins), *plan.notes]
            result.summary = (
                f"{len(plan.created)} new, {len(plan.updated)} changed, {len(plan.unchanged)} unchanged, "
                f"{len(plan.twins)} set inactive as the older of two at one site."
            )
        return result


def _fault_row(fault: Fault) -> TableRowResult:
    row = TableRowResult()
    row.line = fault.line
    row.import_type = RowResult.IMPORT_TYPE_ERROR
    text = f"{fault.column}: {fault.message}" if fault.column else fault.message
    row.errors.append(Error(text, number=fault.line))
    return row


def _row(change: Change) -> TableRowResult:
    row = TableRowResult()
    row.line = change.row.line
    row.instance = change.after
    row.add_instance_info(change.after)
    if change.before is None:
        row.import_type = RowResult.IMPORT_TYPE_NEW
    elif change.differs:
        row.import_type = RowResult.IMPORT_TYPE_UPDATE
    else:
        row.import_type = RowResult.IMPORT_TYPE_SKIP
    row.diff = _diff(change)
    return row


def _diff(change: Change) -> list[SafeString]:
    after = table_record(change.after)
    before = table_record(change.before) if change.before else after
    return [
        escape(after[column])
        if before[column] == after[column]
        else format_html("<del>{}</del> <ins>{}</ins>", before[column], after[column])
        for column in SHOWN_COLUMNS
    ]
