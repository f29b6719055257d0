"""The ledger as a stream of CSV or NDJSON."""

import csv
import json
from collections.abc import Iterable, Iterator

from amiportal.csv_safe import safe_cell
from uploads.keys import key_prefix
from uploads.models import UploadLog, UploadSession
from uploads.receipts import file_entry
from uploads.selectors import newest_rows

COLUMNS = (
    "id",
    "session",
    "account",
    "uploader_name",
    "bucket",
    "deployment",
    "data_type",
    "filename",
    "path_on_card",
    "size_bytes",
    "md5",
    "device_time",
    "status",
    "granted_at",
    "stored_at",
    "verified_at",
    "etag",
    "error_code",
)
RECEIPT_COLUMNS = ("name", "path_on_card", "size_bytes", "md5", "key", "status", "verified_at")
# Spreadsheets read a CSV file as UTF-8 only if it begins with this mark; else names lose their accents.
BYTE_ORDER_MARK = "\ufeff"


def log_row(row: UploadLog) -> dict:
    """A ledger row as the API shows it. The session, its account, deployment and bucket are fetched with it."""
    return {
        "id": row.pk,
        "session": row.session_id,
        "account": row.session.account.username,
        "uploader_name": row.session.uploader_name,
        "bucket": row.deployment.bucket.name,
        "deployment": row.deployment.deployment_id,
        "data_type": row.data_type,
        "filename": row.filename,
        "path_on_card": row.path_on_card,
        "size_bytes": row.size_bytes,
        "md5": row.md5,
        # The device's clock had no zone that we know of, so none is written behind it.
        "device_time": row.device_time.replace(tzinfo=None).isoformat() if row.device_time else None,
        "status": row.status,
        "granted_at": _iso(row.granted_at),
        "stored_at": _iso(row.stored_at),
        "verified_at": _iso(row.verified_at),
        "etag": row.etag,
        "error_code": row.error_code,
    }


def _iso(moment) -> str | None:
    return moment.isoformat() if moment else None


class _Echo:
    """A file for csv.writer that hands each line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[UploadLog]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in log_row(row).values()])


def ndjson_lines(rows: Iterable[UploadLog]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(log_row(row), ensure_ascii=False) + "\n"


def receipt_csv_lines(session: UploadSession) -> Iterator[str]:
    """A session's files as people open them in a spreadsheet; what machines read is the signed receipt."""
    prefix = key_prefix(deployment_id=session.deployment.deployment_id, data_type=session.data_type)
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(RECEIPT_COLUMNS)
    for row in newest_rows(session):
        entry = file_entry(row, prefix)
        yield writer.writerow([safe_cell(entry[column]) for column in RECEIPT_COLUMNS])
