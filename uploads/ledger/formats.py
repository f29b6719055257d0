"""Files that ledger rows are exported to: CSV, NDJSON, Parquet. Each takes portions of rows, and keeps none."""

import csv
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from amiportal.core.spreadsheets import safe_cell
from uploads.ledger.columns import COLUMNS, DEVICE_TIME, as_told
from uploads.models import Export

# Spreadsheets read a CSV file as UTF-8 only if it begins with this mark; else names lose their accents.
BYTE_ORDER_MARK = "\ufeff"
CONTENT_TYPES = {
    Export.Format.CSV: "text/csv; charset=utf-8",
    Export.Format.NDJSON: "application/x-ndjson",
    Export.Format.PARQUET: "application/vnd.apache.parquet",
}


class Writer(AbstractContextManager["Writer"]):
    """A file of an export that is being written."""

    def __init__(self, path: Path): ...

    def write(self, rows: Sequence[tuple]) -> None:
        raise NotImplementedError


class CsvFile(Writer):
    def __init__(self, path: Path):
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(BYTE_ORDER_MARK)
        self._csv = csv.writer(self._file)
        self._csv.writerow(COLUMNS)

    def write(self, rows: Sequence[tuple]) -> None:
        self._csv.writerows([safe_cell(value) for value in as_told(row).values()] for row in rows)

    def __exit__(self, *_: Any) -> None:
        self._file.close()


class NdjsonFile(Writer):
    def __init__(self, path: Path):
        self._file = path.open("w", encoding="utf-8")

    def write(self, rows: Sequence[tuple]) -> None:
        self._file.writelines(json.dumps(as_told(row), ensure_ascii=False) + "\n" for row in rows)

    def __exit__(self, *_: Any) -> None:
        self._file.close()


class ParquetFile(Writer):
    """A row group per portion; times in microseconds, UTC, but for the device's, which has no zone."""

    def __init__(self, path: Path):
        # 60 MB of library, wanted in a worker that writes such a file and nowhere else.
        import pyarrow  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415

        kinds = {
            "number": pyarrow.int64(),
            "text": pyarrow.string(),
            "time": pyarrow.timestamp("us", tz="UTC"),
            "device_time": pyarrow.timestamp("us"),
        }
        self._schema = pyarrow.schema(
            [
                pyarrow.field(name, kinds[column.kind], metadata={"description": column.meaning})
                for name, column in COLUMNS.items()
            ]
        )
        self._batch = pyarrow.RecordBatch.from_pydict
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: Sequence[tuple]) -> None:
        columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
        columns[DEVICE_TIME] = [at and at.replace(tzinfo=None) for at in columns[DEVICE_TIME]]
        self._writer.write_batch(self._batch(columns, schema=self._schema))

    def __exit__(self, *_: Any) -> None:
        self._writer.close()


WRITERS: dict[str, type[Writer]] = {
    Export.Format.CSV: CsvFile,
    Export.Format.NDJSON: NdjsonFile,
    Export.Format.PARQUET: ParquetFile,
}
