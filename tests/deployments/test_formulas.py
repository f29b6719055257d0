"""Row 29 of the reliability table: no text becomes a live formula in what is written out."""

import csv
import io
import random
import re

from amiportal.core.spreadsheets import safe_cell, text_fault, unescaped
from deployments.formats.table import COLUMNS, read_table, write_table
from tests.deployments.test_table import GOOD, HEADER

PAYLOADS = 1_000
LETTERS = "=+-@＝＋－＠;|,'\"\t\r\n a1(!)é里"
LIVE = tuple("=+-@＝＋－＠")
SEPARATORS = ",;|\t"  # of the spreadsheets' locales


def payloads() -> list[str]:
    chance = random.Random(29)
    return ["".join(chance.choices(LETTERS, k=chance.randint(1, 12))) for _ in range(PAYLOADS)]


def is_live(cell: str) -> bool:
    cell = cell.strip(" \t\r\n\"'")
    try:
        float(cell)
    except ValueError:
        return cell.startswith(LIVE)
    return False


def test_no_live_formula_in_the_table_whatever_the_separator():
    taken = 0
    for payload in payloads():
        for column in ("location_name", "camera_id", "system_id", "country"):
            out = io.StringIO()
            csv.writer(out).writerow((GOOD | {column: payload})[name] for name in COLUMNS)
            rows = read_table(f"{HEADER}\r\n{out.getvalue()}".encode()).rows
            if not rows:
                continue
            taken += 1
            row = rows[0]
            kept = {
                "location_name": row.location_name,
                "camera_id": row.camera_id,
                "system_id": row.system_id,
                "country": row.bucket_title,
            }
            exported = b"".join(write_table([GOOD | kept])).decode("utf-8-sig")
            for separator in SEPARATORS:
                for line in csv.reader(io.StringIO(exported), delimiter=separator):
                    assert not any(map(is_live, line)), (payload, separator, line)
    assert taken > PAYLOADS / 4  # the rules refuse what is dangerous, not everything


def test_names_of_the_field_are_not_refused():
    for name in (
        "Río Dos Novillos 2",
        "Solar 1 (panels)",
        "Creek Mouth; north",
        "A+B",
        "Tama 多摩",
        "6B46159A",
        "St-Jean",
    ):
        assert text_fault(name) == "", name


def test_no_escaped_cell_is_a_live_formula_whatever_the_separator():
    """The ledger's names and paths are as they were on the card: they are escaped, and come back as they were."""
    escaped = 0
    for payload in payloads():
        cell = safe_cell(payload)
        escaped += cell != payload
        assert unescaped(cell) == payload
        out = io.StringIO(newline="")
        csv.writer(out).writerow(["a", cell, "b"])
        cells = next(csv.reader(io.StringIO(out.getvalue(), newline="")))
        # Split at anything else a sheet knows no quotes: each piece may become a cell.
        cells += re.split(r"[;|\t\r\n]", out.getvalue())
        assert not any(piece.lstrip(' "').startswith(LIVE) for piece in cells), (payload, cell)
    assert PAYLOADS / 4 < escaped < PAYLOADS
