"""CSV in and out. Pure."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator

from amiportal.core.spreadsheets import safe_cell, unescaped
from amiportal.sheets.common import Columns, NotASheet, Sheet

_SEPARATORS = (",", ";", "\t")


def read_csv(data: bytes, columns: Columns, *, strict: bool = False) -> Sheet:
    """Each record with the line where it ends. Raises NotASheet.

    `strict` takes UTF-8 with commas alone. Otherwise semicolons and tabs are taken too, Windows-1252 where the bytes
    are not UTF-8, and the apostrophe goes that write_csv puts before formulas; the notes say what was taken.
    """
    sheet = Sheet()
    text = _decoded(data, sheet, strict=strict)
    if "\0" in text:
        raise NotASheet("The file holds NUL characters: it is not a CSV file.")
    separator = "," if strict else _separator(text, sheet)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    try:
        header = [name.strip() for name in next(reader, [])]
        columns.check(header)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise NotASheet(f"Line {reader.line_num} has {len(cells)} columns instead of {len(header)}.")
            values = cells if strict else map(unescaped, cells)
            sheet.add(reader.line_num, dict(zip(header, values, strict=True)))
    except csv.Error as error:
        raise NotASheet(f"Line {reader.line_num} is not CSV: {error}.") from error
    return sheet


def _decoded(data: bytes, sheet: Sheet, *, strict: bool) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NotASheet("The file is in UTF-16. Save it as “CSV UTF-8”.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        refusal = NotASheet(f"The file is not in UTF-8 (line {line}). Save it as “CSV UTF-8”.")
        if strict or b"\0" in data:
            raise refusal from error
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise refusal from None
    sheet.notes.append(
        f"The file is not in UTF-8: it was read as Windows-1252 (Western European). "
        f"Look whether the letters of line {line} are right; if not, save it as “CSV UTF-8”."
    )
    return text


def _separator(text: str, sheet: Sheet) -> str:
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    if separator != "," and first.count(separator):
        sheet.notes.append(f"Columns were separated at {'semicolons' if separator == ';' else 'tabs'}.")
        return separator
    return ","


def write_csv(names: Iterable[str], records: Iterable[dict]) -> Iterator[bytes]:
    """The file in pieces: UTF-8 with a byte-order mark, so that spreadsheets see it; no cell is a live formula."""
    line = io.StringIO(newline="")
    writer = csv.DictWriter(line, fieldnames=list(names), lineterminator="\r\n")
    writer.writeheader()
    yield codecs.BOM_UTF8 + line.getvalue().encode()
    for record in records:
        line.seek(0)
        line.truncate()
        writer.writerow({name: safe_cell(value) for name, value in record.items()})
        yield line.getvalue().encode()
