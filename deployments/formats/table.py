"""The table of deployments in the legacy shape (deployments_info.csv): bytes to checked rows and back. Pure.

What is set right on the way in, and nothing else: the byte-order mark, blanks around values, letters not composed
(NFC), the case of codes and status, coordinates to six decimals; `location_id` is read and dropped.
"""

import codecs
import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import partial
from operator import attrgetter
from typing import TypeVar

from amiportal.core.spreadsheets import text_fault
from amiportal.sheets.common import Columns, Fault, Sheet
from amiportal.sheets.csv_sheet import read_csv
from deployments.domain.countries import code_of
from deployments.domain.names import TEST_BUCKET, bucket_name_fault, deployment_number, place_fault

COLUMNS = (
    "country",
    "country_code",
    "location_name",
    "lat",
    "lon",
    "location_id",
    "camera_id",
    "system_id",
    "hardware_id",
    "deployment_id",
    "status",
)
TABLE = Columns(required=COLUMNS, codes=("camera_id", "system_id"))
ACTIVE, INACTIVE = "active", "inactive"
_Value = TypeVar("_Value")
_SIX_DECIMALS = Decimal("0.000001")
_HARDWARE_DIGITS = 4  # what the column of the database holds


@dataclass(frozen=True, slots=True)
class Row:
    """One deployment as the table has it, checked. `country_code` is ISO's in capitals, or "" for a project."""

    line: int
    deployment_id: str
    bucket_name: str
    bucket_title: str
    country_code: str
    location_name: str
    latitude: Decimal | None
    longitude: Decimal | None
    camera_id: str
    system_id: str
    hardware_number: int | None
    status: str

    @property
    def number(self) -> int:
        """That of its id."""
        return deployment_number(self.deployment_id) or 0

    @property
    def site(self) -> tuple[str, str, str]:
        """What only one active deployment may have."""
        return (self.bucket_name, self.location_name, self.camera_id)


@dataclass(frozen=True, slots=True)
class Twin:
    """A row that is active in the file and goes in as inactive, since `newer_id` has the same site."""

    row: Row
    newer_id: str

    def __str__(self) -> str:
        return (
            f"line {self.row.line}: {self.row.deployment_id} goes in as inactive, since {self.newer_id} is active "
            f"with the same bucket, place and camera ({', '.join(part or 'none' for part in self.row.site)})"
        )


@dataclass(frozen=True, slots=True)
class Table:
    """What a file says: rows that can be taken, in its order, and the faults of the others."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    twins: tuple[Twin, ...]


def read_table(data: bytes) -> Table:
    """The rows of a file and their faults. Raises NotASheet when it is not UTF-8 CSV with the eleven columns.

    For machines: what people import, with a preview to look at, may be another CSV, XLSX or JSON (check_sheet).
    """
    return check_records(read_records(data))


def read_records(data: bytes) -> list[tuple[int, dict[str, str]]]:
    """Each record with the line where it ends, values as they stand. Raises NotASheet, as read_table does."""
    return read_csv(data, TABLE, strict=True).records


def check_sheet(sheet: Sheet) -> Table:
    """As check_records; a row of which a cell could not be read is no row that can be taken."""
    table = check_records(sheet.records)
    unread = {fault.line for fault in sheet.faults}
    rows = tuple(row for row in table.rows if row.line not in unread)
    return replace(table, rows=rows, faults=tuple(sheet.with_own(table.faults)))


def check_records(records: Iterable[tuple[int, dict[str, str]]]) -> Table:
    """Apply the rules that need no database."""
    rows: list[Row] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for line, record in records:
        row, row_faults = _row(line, record)
        if row and (first := seen.setdefault(row.deployment_id, line)) != line:
            row_faults = [Fault(line, "deployment_id", f"{row.deployment_id} is on line {first} too.")]
            row = None
        if row:
            rows.append(row)
        faults += row_faults
    rows, twins = _retire_older_twins(rows)
    return Table(rows=tuple(rows), faults=tuple(faults), twins=tuple(twins))


def _row(line: int, record: dict[str, str]) -> tuple[Row | None, list[Fault]]:
    value = {name: unicodedata.normalize("NFC", text.strip()) for name, text in record.items()}
    faults: list[Fault] = []

    def refuse(column: str, message: str) -> None:
        faults.append(Fault(line, column, message))

    def parsed(column: str, parse: Callable[[str], _Value | None]) -> _Value | None:
        try:
            return parse(value[column])
        except ValueError as error:
            refuse(column, str(error))
            return None

    code = value["country_code"]
    bucket_name = code.lower()
    if fault := bucket_name_fault(bucket_name):
        refuse("country_code", f"“{code}” is neither an ISO 3166 alpha-3 code nor a bucket's name. {fault}")
    elif bucket_name == TEST_BUCKET:
        refuse("country_code", "The bucket for trials is not part of the table.")
    if not value["country"]:
        refuse("country", "Empty.")
    if fault := place_fault(value["location_name"]):
        refuse("location_name", fault)
    for column, limit in (("country", 100), ("location_name", 100), ("camera_id", 60), ("system_id", 60)):
        if len(value[column]) > limit:
            refuse(column, f"Longer than {limit} characters.")
        if column != "location_name" and (fault := text_fault(value[column])):
            refuse(column, fault)
    latitude = parsed("lat", partial(degrees, limit=90))
    longitude = parsed("lon", partial(degrees, limit=180))
    hardware = parsed("hardware_id", hardware_number)
    if bool(value["lat"]) != bool(value["lon"]):
        refuse("lat" if not value["lat"] else "lon", "Give both coordinates or neither.")
    if deployment_number(value["deployment_id"]) is None:
        refuse("deployment_id", f"“{value['deployment_id']}” is not an id such as dep000127.")
    status = value["status"].lower()
    if status not in (ACTIVE, INACTIVE):
        refuse("status", f"“{value['status']}” is neither active nor inactive.")
    if faults:
        return None, faults
    row = Row(
        line=line,
        deployment_id=value["deployment_id"],
        bucket_name=bucket_name,
        bucket_title=value["country"],
        country_code=code_of(code),
        location_name=value["location_name"],
        latitude=latitude,
        longitude=longitude,
        camera_id=value["camera_id"],
        system_id=value["system_id"],
        hardware_number=hardware,
        status=status,
    )
    return row, []


def degrees(text: str, *, limit: int) -> Decimal | None:
    """Decimal degrees, rounded to the six decimals that are kept; None for "". Raises ValueError with a sentence."""
    text = text.strip()
    if not text:
        return None
    try:
        number = Decimal(text) if text.isascii() and "_" not in text else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"“{text}” is not a number of degrees such as 52.018456.")
    if abs(number) > limit:
        raise ValueError(f"{text} lies outside -{limit} to {limit}.")
    return number.quantize(_SIX_DECIMALS, rounding=ROUND_HALF_EVEN) + 0  # + 0: there is no -0 degrees


def hardware_number(text: str) -> int | None:
    """The hardware ID, None for "". Raises ValueError with a sentence."""
    text = text.strip()
    if text and not (text.isascii() and text.isdigit() and len(text) <= _HARDWARE_DIGITS):
        raise ValueError(f"“{text}” is not a hardware ID: a whole number, or empty while unknown.")
    return int(text) if text else None


def _retire_older_twins(rows: list[Row]) -> tuple[list[Row], list[Twin]]:
    """Of active rows that share bucket, place and camera only the one with the highest number stays active."""
    newest: dict[tuple, Row] = {}
    for row in rows:
        if row.status == ACTIVE:
            newest[row.site] = max(newest.get(row.site, row), row, key=attrgetter("number"))
    kept, twins = [], []
    for row in rows:
        if row.status == ACTIVE and newest[row.site] is not row:
            row = replace(row, status=INACTIVE)
            twins.append(Twin(row=row, newer_id=newest[row.site].deployment_id))
        kept.append(row)
    return kept, twins


def coordinate_text(value: Decimal | None) -> str:
    """Six decimals and no blanks, "" while unknown: as the readers of the table expect it."""
    return "" if value is None else f"{value:.6f}"


def write_table(records: Iterable[dict[str, str]]) -> Iterator[bytes]:
    """The file in pieces: UTF-8 with a byte-order mark, CRLF at line ends, the columns in their order."""
    line = io.StringIO(newline="")
    writer = csv.DictWriter(line, fieldnames=COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    yield codecs.BOM_UTF8 + line.getvalue().encode()
    for record in records:
        line.seek(0)
        line.truncate()
        writer.writerow(record)
        yield line.getvalue().encode()
