"""The formats that tables come and go in, as django-import-export wants them."""

from collections.abc import Iterable, Sequence

import tablib
from django.db.models import QuerySet
from import_export.formats.base_formats import Format

from amiportal.sheets import csv_sheet, json_sheet, xlsx_sheet
from amiportal.sheets.common import Columns, NotASheet, Sheet, check_size


def read_sheet(data: bytes, columns: Columns) -> Sheet:
    """A file of any of the three formats, known by how it begins. Raises NotASheet."""
    check_size(len(data))
    if data.startswith(xlsx_sheet.SIGNATURE):
        return xlsx_sheet.read_xlsx(data, columns)
    if data.startswith(xlsx_sheet.OLD_SIGNATURE):
        raise NotASheet("This is an old Excel file (.xls), or one with a password. Save it as XLSX or CSV.")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return json_sheet.read_json(data, columns)
    return csv_sheet.read_csv(data, columns)


class SheetDataset(tablib.Dataset):
    """What was read, as the library hands it from its format to its resource."""

    sheet: Sheet

    def __bool__(self) -> bool:
        return bool(self.sheet.records or self.sheet.faults)


class AnySheet(Format):
    """What may be imported. The file says itself what it is, so that nobody is asked."""

    columns: Columns

    def __init__(self, encoding: str | None = None):
        self.encoding = encoding

    def get_title(self) -> str:
        return "CSV, XLSX or JSON"

    def create_dataset(self, in_stream: bytes) -> SheetDataset:
        """Raises NotASheet."""
        dataset = SheetDataset()
        dataset.sheet = read_sheet(in_stream, self.columns)
        return dataset

    def can_import(self) -> bool:
        return True


def any_sheet(of: Columns) -> type[AnySheet]:
    return type("AnySheet", (AnySheet,), {"columns": of})


class ExportFormat(Format):
    """What may be exported: `write` makes the file of rows, given and named by the resource.

    filename: where others have agreed on one; else the file is named after the table and the day.
    """

    title = ""
    extension = ""
    filename = ""
    content_type = "application/octet-stream"

    def get_title(self) -> str:
        return self.title

    def get_extension(self) -> str:
        return self.extension

    def get_content_type(self) -> str:
        return self.content_type

    def can_export(self) -> bool:
        return True

    def write(self, names: Sequence[str], records: Iterable[dict], *, table: str) -> bytes:
        raise NotImplementedError


class OwnShape(ExportFormat):
    """A format with other columns than the resource's: written from the records themselves."""

    def write_queryset(self, queryset: QuerySet) -> bytes:
        raise NotImplementedError


class CsvFile(ExportFormat):
    title = "CSV (UTF-8)"
    extension = "csv"
    content_type = "text/csv; charset=utf-8"

    def write(self, names: Sequence[str], records: Iterable[dict], *, table: str) -> bytes:
        return b"".join(csv_sheet.write_csv(names, records))


class XlsxFile(ExportFormat):
    title = "XLSX (Excel, LibreOffice)"
    extension = "xlsx"
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def write(self, names: Sequence[str], records: Iterable[dict], *, table: str) -> bytes:
        return xlsx_sheet.write_xlsx(names, records, title=table)


class JsonFile(ExportFormat):
    title = "JSON"
    extension = "json"
    content_type = "application/json"

    def write(self, names: Sequence[str], records: Iterable[dict], *, table: str) -> bytes:
        return b"".join(json_sheet.write_json(names, records))
