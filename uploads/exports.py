"""The ledger as a stream of CSV or NDJSON."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence

from amiportal.csv_safe import safe_cell
from uploads.keys import key_prefix
from uploads.log_columns import COLUMNS, as_told
from uploads.log_files import BYTE_ORDER_MARK
from uploads.models import UploadSession
from uploads.receipts import file_entry
from uploads.selectors import newest_rows

RECEIPT_COLUMNS = ("name", "path_on_card", "size_bytes", "md5", "key", "status", "verified_at")


class _Echo:
    """A file for csv.writer that hands each line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(portions: Iterable[Sequence[tuple]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for rows in portions:
        for row in rows:
            yield writer.writerow([safe_cell(value) for value in as_told(row).values()])


def ndjson_lines(portions: Iterable[Sequence[tuple]]) -> Iterator[str]:
    for rows in portions:
        for row in rows:
            yield json.dumps(as_told(row), ensure_ascii=False) + "\n"


def receipt_csv_lines(session: UploadSession) -> Iterator[str]:
    """A session's files as people open them in a spreadsheet; what machines read is the signed receipt."""
    prefix = key_prefix(deployment_id=session.deployment.deployment_id, data_type=session.data_type)
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(RECEIPT_COLUMNS)
    for row in newest_rows(session):
        entry = file_entry(row, prefix)
        yield writer.writerow([safe_cell(entry[column]) for column in RECEIPT_COLUMNS])
