"""The file of a snapshot: gzip over lines of JSON, to be read with `zcat` and by what comes after this portal. Pure.

The first line is the manifest; each further one is {"table": name, "row": {column: value}}, as PostgreSQL writes JSON:
days and times in ISO 8601, decimals as numbers with all their digits.
"""

import gzip
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

FORMAT = 1
_MOST_BYTES = 1024**3  # unpacked; some 2,000,000 rows. More is no snapshot of ours.


class NotASnapshot(Exception):
    """The file cannot be read as a snapshot; the message says why."""


@dataclass(frozen=True)
class Content:
    """What a file says. rows: per table, in the file's order; decimals as text."""

    manifest: dict
    rows: dict[str, list[dict]] = field(repr=False)


def pack(lines: Iterable[tuple[str, str]], *, about: dict) -> tuple[dict, bytes]:
    """(manifest, file) of rows given as (table, JSON); `about` comes into the manifest as it is."""
    body = bytearray()
    counts: Counter[str] = Counter()
    for table, row in lines:
        counts[table] += 1
        body += f'{{"table": {json.dumps(table)}, "row": {row}}}\n'.encode()
    manifest = {
        "format": FORMAT,
        **about,
        "rows": dict(counts),
        "sha256_of_rows": hashlib.sha256(body).hexdigest(),
    }
    head = json.dumps(manifest, ensure_ascii=False).encode() + b"\n"
    return manifest, gzip.compress(head + body, mtime=0)


def read_line(line: str | bytes) -> dict:
    """Decimals stay text: through a float they would lose digits."""
    return json.loads(line, parse_float=str)


def unpack(packed: bytes) -> Content:
    """Raises NotASnapshot, also where the rows are not those of which the manifest has the SHA-256."""
    try:
        with gzip.open(io.BytesIO(packed)) as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise NotASnapshot("it is larger than any snapshot of this portal")
        head, _, body = data.partition(b"\n")
        manifest = json.loads(head)
        if manifest["format"] > FORMAT:
            raise NotASnapshot(f"its format {manifest['format']} is newer than this portal, which knows {FORMAT}")
        if hashlib.sha256(body).hexdigest() != manifest["sha256_of_rows"]:
            raise NotASnapshot("its rows are not those that were written")
        rows: dict[str, list[dict]] = {table: [] for table in manifest["rows"]}
        for line in body.splitlines():
            entry = read_line(line)
            rows.setdefault(entry["table"], []).append(entry["row"])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise NotASnapshot(f"it is damaged ({type(error).__name__})") from error
    return Content(manifest, rows)
