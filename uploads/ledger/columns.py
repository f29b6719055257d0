"""The columns in which the ledger leaves the portal: by the API, as a stream, as an export."""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import Case, F, Q, QuerySet, Value, When

from uploads.models import UploadLog

DEVICE_TIME = "device_time"
# UploadLog.proven_by as the database computes it.
PROVEN_BY = Case(
    When(~Q(status__in=UploadLog.PROVEN), then=Value("")),
    When(etag=F("multipart_md5"), whole_read_at__isnull=True, then=Value("parts")),
    default=Value("md5"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """path: from UploadLog, with double underscores. kind: text, number or time (UTC), or device_time (no zone)."""

    path: str
    kind: str
    meaning: str


COLUMNS: dict[str, Column] = {
    "id": Column("id", "number", "The row's number in the ledger; later rows have higher ones."),
    "session": Column("session_id", "number", "The upload session that asked for the file."),
    "account": Column("session__account__username", "text", "The account that the session belongs to."),
    "uploader_name": Column("session__uploader_name", "text", "The person's name as the client gave it."),
    "bucket": Column("deployment__bucket__name", "text", "The bucket that holds the object."),
    "deployment": Column("deployment__deployment_id", "text", "The deployment's ID, such as dep000127."),
    "data_type": Column("data_type", "text", "The folder within the deployment, such as snapshot_images."),
    "filename": Column("filename", "text", "The object's key is deployment/data_type/filename."),
    "path_on_card": Column("path_on_card", "text", "Where the file lay on the card, if the client told."),
    "size_bytes": Column("size_bytes", "number", "Bytes; empty while nobody knows."),
    "md5": Column("md5", "text", "As the client computed it from the card, in hex; old clients tell none."),
    DEVICE_TIME: Column("device_time", "device_time", "What the device's clock said in the name, without a zone."),
    "proven_by": Column(
        "proven_by", "text", "md5: that of the whole; parts: so far each part's alone; empty where nothing is proven."
    ),
    "status": Column("status", "text", "granted, verified, unproven (an old client's), present (was there), ..."),
    "granted_at": Column("granted_at", "time", "When the URL was given out, UTC."),
    "stored_at": Column("stored_at", "time", "When the store was first seen to hold it, UTC."),
    "verified_at": Column("verified_at", "time", "When size and MD5 were last found equal, UTC."),
    "etag": Column("etag", "text", "The store's own mark of the content."),
    "error_code": Column("error_code", "text", "Why it is not there, in one word."),
    "damage": Column("damage", "text", "Why its content cannot be right, as the client read it; empty for most."),
}
_PATHS = tuple(column.path for column in COLUMNS.values())
_values_of = attrgetter(*(path.replace("__", ".") for path in _PATHS))


def values_of(row: UploadLog) -> tuple:
    """In the order of COLUMNS. The session, its account, deployment and bucket are fetched with the row."""
    return _values_of(row)


def values(rows: QuerySet[UploadLog]) -> QuerySet:
    """The rows as tuples in the order of COLUMNS: a sixth of the time that model instances take."""
    return rows.annotate(**{"proven_by": PROVEN_BY}).values_list(*_PATHS)


def as_told(row: tuple) -> dict:
    """The values by name as JSON and CSV write them. No zone is written behind the device's time: none is known."""
    told = dict(zip(COLUMNS, row, strict=True))
    for name, value in told.items():
        if isinstance(value, datetime):
            told[name] = (value.replace(tzinfo=None) if name == DEVICE_TIME else value).isoformat()
    return told
