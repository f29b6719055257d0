"""XLSX in and out. Pure.

A workbook is a zip of XML that anybody may have made: what it claims of its size is not believed, and it is looked
at before a reader unpacks it.
"""

import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from amiportal.sheets.common import MAX_ROWS, Columns, Fault, NotASheet, Sheet
from amiportal.sheets.json_sheet import whole

SIGNATURE = b"PK\x03\x04"
OLD_SIGNATURE = b"\xd0\xcf\x11\xe0"  # .xls, and workbooks with a password
_MAX_UNPACKED_BYTES = 40 * 1024 * 1024  # MAX_ROWS rows of eleven columns are some 25 MB of XML
_MAX_PARTS = 500
_MAX_COLUMNS = 60  # looked at; a cell far to the right is no column of a table of ours
_LINES_TOLD = 10
_DTD = tuple(word.encode(code) for word in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be"))
_UNKEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")  # what XML 1.0 cannot hold
_ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
# What openpyxl raises for parts that are missing or not as they should be.
_BOOK_FAULTS = (
    *_ZIP_FAULTS,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
)


def read_xlsx(data: bytes, columns: Columns) -> Sheet:
    """The first visible sheet with anything in it; lines are its rows. Raises NotASheet."""
    _refuse_bombs(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        return _read(book, columns)
    except NotASheet:
        raise
    except _BOOK_FAULTS as error:
        raise NotASheet("The file is not an XLSX workbook, or it is damaged. Save it again as XLSX or CSV.") from error


def _refuse_bombs(data: bytes) -> None:
    """A part is never unpacked beyond the size that the zip's directory gives, so their sum bounds the whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED_BYTES:
                raise NotASheet("The workbook is far larger than the table can be. Copy the table into a new one.")
            for part in parts:
                content = archive.read(part)
                if any(word in content for word in _DTD):
                    raise NotASheet("The workbook holds XML entities, which no spreadsheet program writes.")
    except _ZIP_FAULTS as error:
        raise NotASheet("The file is not an XLSX workbook, or it is damaged. Save it again as XLSX or CSV.") from error


def _read(book: Workbook, columns: Columns) -> Sheet:
    sheet = Sheet()
    visible = [ws for ws in book.worksheets if ws.sheet_state == "visible"]
    hidden = len(book.worksheets) - len(visible)
    for index, worksheet in enumerate(visible):
        worksheet.reset_dimensions()  # what it says of its own size may be anything
        if not _read_rows(worksheet, columns, sheet):
            continue
        others = [f"“{ws.title}”" for ws in visible[index + 1 :]]
        if others or hidden:
            unread = [*others, *([f"{hidden} hidden"] if hidden else [])]
            sheet.notes.append(f"Only the sheet “{worksheet.title}” was read; there are others: {', '.join(unread)}.")
        return sheet
    columns.check([])
    return sheet


def _read_rows(worksheet: Any, columns: Columns, sheet: Sheet) -> bool:
    """False for an empty sheet."""
    header: list[str] = []
    numbers: dict[str, list[int]] = {}
    blank = None  # the reader fills gaps, a million rows even, with one and the same tuple
    for line, cells in enumerate(worksheet.iter_rows(max_col=_MAX_COLUMNS), start=1):
        if cells is blank:
            continue
        if all(_is_empty(cell) for cell in cells):
            blank = cells
            continue
        if line > MAX_ROWS * 2:
            raise NotASheet(f"There is something in row {line}, far below the table. Remove it.")
        if not header:
            header = [str(cell.value).strip() if not _is_empty(cell) else "" for cell in cells]
            while not header[-1]:
                header.pop()
            columns.check(header)
            continue
        record = {name: _text(line, name, cell, sheet.faults) for name, cell in zip(header, cells, strict=False)}
        if any(not _is_empty(cell) for cell in cells[len(header) :]):
            sheet.faults.append(Fault(line, "", "There is something to the right of the table."))
        for name, cell in zip(header, cells, strict=False):
            if name in columns.codes and isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
                numbers.setdefault(name, []).append(line)
        sheet.add(line, record)
    for name, lines in numbers.items():
        rows = ", ".join(map(str, lines[:_LINES_TOLD])) + (" and others" if len(lines) > _LINES_TOLD else "")
        sheet.notes.append(f"{name} is a number in row {rows}: had it leading zeros, the spreadsheet dropped them.")
    return bool(header)


def _is_empty(cell: Any) -> bool:
    return cell.value is None or (isinstance(cell.value, str) and not cell.value.strip())


def _text(line: int, name: str, cell: Any, faults: list[Fault]) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        faults.append(Fault(line, name, "There is a formula here. Copy the column and paste its values."))
    elif cell.data_type == "e":
        faults.append(Fault(line, name, f"The sheet has an error here: {value}."))
    elif isinstance(value, bool):
        faults.append(Fault(line, name, f"The sheet has {str(value).upper()} here, which is neither text nor number."))
    elif isinstance(value, datetime.datetime | datetime.date | datetime.time | datetime.timedelta):
        faults.append(
            Fault(line, name, f"This is a date or time ({value}). Format the cell as text and type it again.")
        )
    elif isinstance(value, int | float):
        return whole(Decimal(repr(value)))
    else:
        return str(value)
    return ""


def write_xlsx(names: Iterable[str], records: Iterable[dict], *, title: str) -> bytes:
    """A workbook of one sheet. Texts are typed as texts, so that none of them is a formula."""
    names = list(names)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append(names)
    for record in records:
        sheet.append([_cell(sheet, record[name]) for name in names])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Any) -> Any:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=_UNKEPT.sub("\ufffd", value))
    cell.data_type = "s"
    return cell
