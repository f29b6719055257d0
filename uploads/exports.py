"""The ledger as a stream of CSV or NDJSON."""

import csv
import json
from collections.abc import Iterable, Iterator

from amiportal.csv_safe import safe_cell
from uploads.models import UploadLog

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
