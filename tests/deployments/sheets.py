"""Tables as people send them: workbooks, JSON and CSV made from rows of texts."""

import io
import json

from openpyxl import Workbook

from deployments.formats.table import COLUMNS
from tests.deployments.test_table import GOOD

__all__ = ["COLUMNS", "GOOD", "as_json", "book_of", "rows_of", "saved"]


def rows_of(*records: dict) -> list[list]:
    return [list(COLUMNS), *([record[name] for name in COLUMNS] for record in records)]


def book_of(*records: dict) -> bytes:
    book = Workbook()
    for row in rows_of(*records):
        book.active.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_json(*records: dict) -> bytes:
    return json.dumps(records).encode()
