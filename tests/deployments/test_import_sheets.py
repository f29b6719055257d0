"""What spreadsheets and scripts make of a table: each oddity is set right, or told with its row and column."""

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from amiportal.sheets.common import MAX_BYTES, NotASheet
from amiportal.sheets.formats import read_sheet
from deployments.formats.table import TABLE, Table, check_sheet
from tests.deployments.sheets import COLUMNS, GOOD, as_json, book_of, rows_of, saved

NAMES = ",".join(COLUMNS)


def sheet_of(data: bytes):
    return read_sheet(data, TABLE)


def table_of(data: bytes) -> Table:
    return check_sheet(sheet_of(data))


def faults_of(data: bytes) -> list[tuple[int, str]]:
    return [(fault.line, fault.column) for fault in table_of(data).faults]


def test_numbers_of_a_workbook_are_the_texts_of_the_table():
    (row,) = table_of(book_of(GOOD | {"lat": 9.00989, "lon": -80, "hardware_id": 3.0})).rows
    assert (f"{row.latitude:f}", f"{row.longitude:f}", row.hardware_number) == ("9.009890", "-80.000000", 3)


def test_a_tiny_number_is_not_read_as_its_exponent():
    (row,) = table_of(book_of(GOOD | {"lat": 0.00001, "lon": 1e-06})).rows
    assert (f"{row.latitude:f}", f"{row.longitude:f}") == ("0.000010", "0.000001")


def test_thai_names_and_codes_with_leading_zeros_stay():
    (row,) = table_of(book_of(GOOD | {"location_name": "Khao Yai เขาใหญ่", "camera_id": "00123"})).rows
    assert (row.location_name, row.camera_id) == ("Khao Yai เขาใหญ่", "00123")


def test_a_code_that_the_spreadsheet_took_for_a_number_is_told():
    (note,) = sheet_of(book_of(GOOD, GOOD | {"deployment_id": "dep000078", "camera_id": 123})).notes
    assert note.startswith("camera_id is a number in row 3")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("=A1", "formula"),
        (datetime.datetime(2026, 3, 4), "date"),
        (datetime.time(3, 4), "date or time"),
        (True, "TRUE"),
        ("#N/A", "error"),
    ],
)
def test_cells_that_hold_no_text_are_refused_by_row_and_column(value, said):
    data = book_of(GOOD, GOOD | {"deployment_id": "dep000078", "lat": value, "status": "gone"})
    if value == "#N/A":
        data = with_error(data)
    table = table_of(data)
    assert [(fault.line, fault.column) for fault in table.faults] == [(3, "lat"), (3, "status")]
    assert said in table.faults[0].message
    assert [row.line for row in table.rows] == [2]


def with_error(data: bytes) -> bytes:
    book = load_workbook(io.BytesIO(data))
    book.active["D3"].data_type = "e"
    return saved(book)


def test_empty_rows_are_passed_over_and_rows_keep_their_numbers():
    book = Workbook()
    rows = rows_of(GOOD | {"status": "gone"})
    book.active.append([])
    for row in (rows[0], [], ["  "], rows[1], [], ["", None]):
        book.active.append(row)
    book.active.cell(row=9_000, column=3).number_format = "0.00"
    assert faults_of(saved(book)) == [(5, "status")]


def test_what_stands_beside_the_table_is_told():
    book = Workbook()
    for row in rows_of(GOOD):
        book.active.append(row)
    book.active.cell(row=2, column=len(COLUMNS) + 3, value="ask Ana")
    assert faults_of(saved(book)) == [(2, "")]


def test_the_first_visible_sheet_with_anything_in_it_is_read_and_the_others_are_told():
    book = Workbook()
    book.active.title = "Hidden"
    book.active.sheet_state = "hidden"
    book.active.append(["x"])
    book.create_sheet("Empty")
    for title in ("Sites", "Notes"):
        sheet = book.create_sheet(title)
        for row in rows_of(GOOD):
            sheet.append(row)
    read = sheet_of(saved(book))
    assert [line for line, _ in read.records] == [2]
    assert read.notes == ["Only the sheet “Sites” was read; there are others: “Notes”, 1 hidden."]


def rewritten(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The workbook with something changed in one of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            assert name != part or old in content
            target.writestr(name, content.replace(old, new, 1) if name == part else content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_what_a_sheet_claims_of_its_size_is_not_believed():
    claimed = rewritten(book_of(GOOD), SHEET, b'ref="A1:K2"', b'ref="A1:XFD1048576"')
    assert len(table_of(claimed).rows) == 1
    assert len(table_of(rewritten(book_of(GOOD), SHEET, b'ref="A1:K2"', b'ref="A1:A1"')).rows) == 1


def test_an_empty_row_at_the_end_of_the_world_costs_nothing_and_a_full_one_is_told():
    assert len(table_of(rewritten(book_of(GOOD), SHEET, b"</sheetData>", b'<row r="1048576"/></sheetData>')).rows) == 1
    far = b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>'
    with pytest.raises(NotASheet, match="far below the table"):
        sheet_of(rewritten(book_of(GOOD), SHEET, b"</sheetData>", far))


@pytest.mark.parametrize(
    "part",
    [b"\0" * (70 * 1024 * 1024), b'<!DOCTYPE x [<!ENTITY a "aaaa">]>', "<!DOCTYPE x []>".encode("utf-16")],
    ids=["bomb", "entities", "entities in UTF-16"],
)
def test_bombs_are_refused_before_they_are_unpacked(part, monkeypatch):
    out = io.BytesIO(book_of(GOOD))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", part)
    monkeypatch.setattr("amiportal.sheets.xlsx_sheet.load_workbook", lambda *a, **k: pytest.fail("was unpacked"))
    with pytest.raises(NotASheet, match="workbook"):
        sheet_of(out.getvalue())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04 and nothing", "damaged"),
        (book_of(GOOD)[:-200], "damaged"),
        (rewritten(book_of(GOOD), "xl/workbook.xml", b"<sheets>", b"<shoots>"), "damaged"),
        (b"\xd0\xcf\x11\xe0 old", "old Excel file"),
        (b"x" * (MAX_BYTES + 1), "MB are the most"),
        (saved(Workbook()), "Missing: country"),
    ],
    ids=["no archive", "cut off", "no sheets", "old Excel", "too large", "empty"],  # the bytes say when they were made
)
def test_other_files_are_refused_with_what_to_do(data, said):
    with pytest.raises(NotASheet, match=said):
        sheet_of(data)


def test_json_takes_numbers_and_null():
    (row,) = table_of(as_json(GOOD | {"lat": 9.1, "lon": -80, "hardware_id": 3.0, "camera_id": None})).rows
    assert (f"{row.latitude:f}", row.hardware_number, row.camera_id) == ("9.100000", 3, "")


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (GOOD | {"latitude": 3}, "latitude", "no such column"),
        ({k: v for k, v in GOOD.items() if k != "lat"}, "lat", "missing"),
        (GOOD | {"lat": [1]}, "lat", "a list"),
        (GOOD | {"lat": {"deg": 1}}, "lat", "an object"),
        (GOOD | {"lat": True}, "lat", "yes or no"),
        (GOOD | {"lat": float("nan")}, "lat", "no number"),
        (GOOD | {"hardware_id": 10**400}, "hardware_id", "no number"),
        ("Ladera", "", "no object"),
    ],
)
def test_json_of_other_shapes_is_refused_by_row_and_key(row, column, said):
    (fault, *others) = table_of(as_json(GOOD | {"deployment_id": "dep000001"}, row)).faults
    assert (fault.line, fault.column, others) == (2, column, [])
    assert said in fault.message


def test_a_key_twice_is_told_and_neither_is_taken_silently():
    twice = as_json(GOOD).replace(b'"lat":', b'"camera_id": "X", "lat":', 1)
    (fault,) = table_of(twice).faults
    assert (fault.column, fault.message) == ("camera_id", "This is there twice.")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"country": "Panama"}', "JSON list"),
        (b"[" * 100_000, "JSON list"),
        (b"[{]", "Line 1, character 3 is not JSON"),
        (b'["\xff"]', "not in UTF-8"),
    ],
)
def test_other_json_is_refused_as_a_whole(data, said):
    with pytest.raises(NotASheet, match=said):
        sheet_of(data)


def test_semicolons_and_windows_1252_are_taken_and_said():
    line = ";".join((GOOD | {"location_name": "Río Dulce"})[name] for name in COLUMNS)
    read = sheet_of(f"{NAMES.replace(',', ';')}\r\n{line}".encode("cp1252"))
    ((_, record),) = read.records
    assert record["location_name"] == "Río Dulce"
    assert "read as Windows-1252" in read.notes[0]
    assert read.notes[1] == "Columns were separated at semicolons."


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (f"{NAMES}\r\n\0".encode(), "NUL"),
        (NAMES.encode("utf-16"), "UTF-16"),
        (f"{NAMES}\r\n\x81".encode("latin-1"), "not in UTF-8"),
        (NAMES.encode("utf-16-le") + b"\xff", "not in UTF-8"),
    ],
)
def test_other_text_is_refused(data, said):
    with pytest.raises(NotASheet, match=said):
        sheet_of(data)
