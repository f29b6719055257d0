"""The files of a session as its receipt names them, and the same as CSV."""

import csv
from collections.abc import Iterator

from amiportal.core.spreadsheets import safe_cell
from uploads.domain.keys import key_prefix
from uploads.ledger.formats import BYTE_ORDER_MARK
from uploads.ledger.streams import Echo
from uploads.models import UploadLog, UploadSession
from uploads.selectors import newest_rows

RECEIPT_COLUMNS = ("name", "path_on_card", "size_bytes", "md5", "proven_by", "key", "status", "verified_at")


def file_entry(row: UploadLog, prefix: str) -> dict:
    """A file as receipts name it; `prefix` is that of its session's keys.

    md5: "" while a file is proven by its parts alone. What the client says of the whole is not signed before the portal
    has read it.
    """
    return {
        "name": row.filename,
        "path_on_card": row.path_on_card,
        "size_bytes": row.size_bytes,
        "md5": "" if row.proven_by == "parts" else row.md5,
        "multipart_md5": row.multipart_md5,
        "proven_by": row.proven_by,
        "key": prefix + row.filename,
        "status": row.status,
        "verified_at": row.verified_at.isoformat() if row.verified_at else None,
    }


def receipt_csv_lines(session: UploadSession) -> Iterator[str]:
    """A session's files as people open them in a spreadsheet; what machines read is the signed receipt."""
    prefix = key_prefix(deployment_id=session.deployment.deployment_id, data_type=session.data_type)
    writer = csv.writer(Echo())
    yield BYTE_ORDER_MARK + writer.writerow(RECEIPT_COLUMNS)
    for row in newest_rows(session):
        entry = file_entry(row, prefix)
        yield writer.writerow([safe_cell(entry[column]) for column in RECEIPT_COLUMNS])
