"""The ledger and its sessions as a stream of CSV or NDJSON."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from amiportal.core.spreadsheets import safe_cell
from uploads.ledger.columns import COLUMNS, as_told
from uploads.ledger.formats import BYTE_ORDER_MARK
from uploads.models import Drift, UploadLog, UploadSession
from uploads.selectors import tally

# Name of the column: where the value stands, from UploadSession. Behind these, the number of files in each status.
SESSION_COLUMNS = {
    "session": "pk",
    "account": "account__username",
    "organisation": "account__organisation",
    "uploader_name": "uploader_name",
    "bucket": "deployment__bucket__name",
    "deployment": "deployment__deployment_id",
    "location_name": "deployment__location_name",
    "data_type": "data_type",
    "client": "client",
    "is_old_client": "is_legacy",
    "started_at": "started_at",
    "last_seen_at": "last_seen_at",
    "finished_at": "finished_at",
    "declared_files": "declared_files",
    "declared_bytes": "declared_bytes",
    "season_reason": "season_reason",
}
# The same for a file that changed or vanished, from Drift.
DRIFT_COLUMNS = {
    "file": "row__filename",
    "what_happened": "kind",
    "bucket": "deployment__bucket__name",
    "deployment": "deployment__deployment_id",
    "location_name": "deployment__location_name",
    "data_type": "data_type",
    "path_on_card": "row__path_on_card",
    "account": "row__session__account__username",
    "email": "row__session__account__email",
    "uploader_name": "row__session__uploader_name",
    "session": "row__session_id",
    "size_bytes": "row__size_bytes",
    "md5": "row__md5",
    "status_before": "status_before",
    "verified_at": "row__verified_at",
    "found_at": "found_at",
    "seen_size_bytes": "seen_size_bytes",
    "seen_etag": "seen_etag",
    "looked_at": "looked_at",
    "back_at": "back_at",
    "settled_at": "settled_at",
    "settled_by": "settled_by__username",
    "reason": "reason",
    "is_restored": "is_restored",
}
_TALLIED_AT_ONCE = 20  # a session may have half a million files


class Echo:
    """A file for csv.writer that hands each line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(portions: Iterable[Sequence[tuple]]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(COLUMNS)
    for rows in portions:
        for row in rows:
            yield writer.writerow([safe_cell(value) for value in as_told(row).values()])


def ndjson_lines(portions: Iterable[Sequence[tuple]]) -> Iterator[str]:
    for rows in portions:
        for row in rows:
            yield json.dumps(as_told(row), ensure_ascii=False) + "\n"


def session_csv_lines(sessions: QuerySet[UploadSession]) -> Iterator[str]:
    """The sessions in their order, each with what became of its files: a column per status, by its newest row."""
    writer = csv.writer(Echo())
    yield BYTE_ORDER_MARK + writer.writerow([*SESSION_COLUMNS, *UploadLog.Status.values])
    rows = sessions.values_list(*SESSION_COLUMNS.values()).iterator()
    while some := list(islice(rows, _TALLIED_AT_ONCE)):
        tallies = tally([row[0] for row in some])
        for row in some:
            files = tallies.get(row[0], {})
            yield writer.writerow(map(safe_cell, _told(row) + [files.get(status, 0) for status in UploadLog.Status]))


def drift_csv_lines(drifts: QuerySet[Drift]) -> Iterator[str]:
    """Changed and vanished files in their order, each with its uploader, its session and how it was settled."""
    writer = csv.writer(Echo())
    yield BYTE_ORDER_MARK + writer.writerow([*DRIFT_COLUMNS, "receipt"])
    session = list(DRIFT_COLUMNS).index("session")
    for row in drifts.values_list(*DRIFT_COLUMNS.values()).iterator():
        receipt = "".join(settings.PORTAL_ORIGINS[:1]) + reverse("receipt", args=[row[session]])
        yield writer.writerow(map(safe_cell, [*_told(row), receipt]))


def _told(row: Sequence) -> list:
    return [value.isoformat() if isinstance(value, datetime) else value for value in row]
