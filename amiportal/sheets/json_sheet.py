"""JSON in and out: a list of objects, one per row. Pure."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from amiportal.sheets.common import Columns, Fault, NotASheet, Sheet

_LIST = "The file should be a JSON list of objects: [{…}, {…}]."
_MAX_DIGITS = 40  # of a number as it is written; longer ones are no coordinate and no hardware ID


def read_json(data: bytes, columns: Columns) -> Sheet:
    """Rows are counted from 1. Numbers become their text, null becomes "". Raises NotASheet."""
    try:
        rows = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_Object,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
        )
    except UnicodeDecodeError as error:
        raise NotASheet("The file is not in UTF-8.") from error
    except json.JSONDecodeError as error:
        raise NotASheet(f"Line {error.lineno}, character {error.colno} is not JSON: {error.msg}.") from error
    except RecursionError as error:
        raise NotASheet(_LIST) from error
    if not isinstance(rows, list) or isinstance(rows, _Object):
        raise NotASheet(_LIST)
    sheet = Sheet()
    for line, row in enumerate(rows, start=1):
        if isinstance(row, _Object):
            sheet.add(line, _record(line, row, columns, sheet.faults))
        else:
            sheet.faults.append(Fault(line, "", f"This is no object of columns and values. {_LIST}"))
    return sheet


class _Object(list):
    """The pairs of an object, as they stand: a dict would drop the first of two values without a word."""


class _Number(str):
    """A number as it is written in the file."""


def _record(line: int, row: _Object, columns: Columns, faults: list[Fault]) -> dict[str, str]:
    record: dict[str, str] = {}
    for name, value in row:
        if name not in columns.all:
            faults.append(Fault(line, name[:60], f"There is no such column; there are {', '.join(columns.all)}."))
        elif name in record:
            faults.append(Fault(line, name, "This is there twice."))
        else:
            record[name] = _text(line, name, value, faults)
    for name in columns.required:
        if name not in record:
            faults.append(Fault(line, name, "This is missing. Give an empty text where it is not known."))
            record[name] = ""
    return record


def _text(line: int, name: str, value: Any, faults: list[Fault]) -> str:
    if value is None:
        return ""
    if isinstance(value, _Number):
        number = Decimal(value) if len(value) <= _MAX_DIGITS else Decimal("NaN")
        if number.is_finite() and abs(number.adjusted()) < _MAX_DIGITS:
            return whole(number)
        faults.append(Fault(line, name, f"“{value[:_MAX_DIGITS]}” is no number that can be kept."))
    elif isinstance(value, str):
        return value
    else:
        kind = "yes or no" if isinstance(value, bool) else "an object" if isinstance(value, _Object) else "a list"
        faults.append(Fault(line, name, f"This should be a text or a number, and is {kind}."))
    return ""


def whole(number: Decimal) -> str:
    """Plain digits; 3.0 is "3", as people mean it."""
    return f"{number.to_integral_value():f}" if number == number.to_integral_value() else f"{number:f}"


def write_json(names: Iterable[str], records: Iterable[dict]) -> Iterator[bytes]:
    """A row per line, so that two exports can be compared line by line."""
    names = list(names)
    before = "[\n"
    for record in records:
        values = {name: _plain(record[name]) for name in names}
        yield f"{before}{json.dumps(values, ensure_ascii=False)}".encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
