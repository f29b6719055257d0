"""The table's own rules, without a database."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amiportal.sheets.common import NotASheet
from deployments.formats.table import COLUMNS, read_table, write_table
from deployments.models import Deployment

DATA = Path(__file__).parents[1] / "data" / "deployments_info.csv"
HEADER = ",".join(COLUMNS)
GOOD = {
    "country": "Panama",
    "country_code": "PAN",
    "location_name": "Torre",
    "lat": "9.009890",
    "lon": "-79.786784",
    "location_id": "loc000078",
    "camera_id": "FF2282E6",
    "system_id": "sys000078",
    "hardware_id": "3",
    "deployment_id": "dep000078",
    "status": "active",
}


def table_of(*rows: dict, header: str = HEADER):
    lines = [header, *(",".join(f'"{row[c]}"' for c in COLUMNS) for row in rows)]
    return read_table("\r\n".join(lines).encode())


def one(**changes):
    table = table_of(GOOD | changes)
    assert not table.faults, table.faults
    return table.rows[0]


def test_a_row():
    row = one()
    assert (row.bucket_name, row.country_code, row.bucket_title) == ("pan", "PAN", "Panama")
    assert (row.latitude, row.longitude) == (Decimal("9.009890"), Decimal("-79.786784"))
    assert (row.hardware_number, row.status, row.line) == (3, "active", 2)
    assert not hasattr(row, "location_id")


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"lat": " 8.841171 "}, "latitude", Decimal("8.841171")),
        ({"lat": "8.84117149"}, "latitude", Decimal("8.841171")),
        ({"lat": "-0.0000001"}, "latitude", Decimal("0.000000")),
        ({"lat": "", "lon": " "}, "latitude", None),
        ({"country_code": "pan"}, "country_code", "PAN"),
        ({"country_code": "pan"}, "bucket_name", "pan"),
        ({"country_code": "saltmarsh-soundscapes"}, "bucket_name", "saltmarsh-soundscapes"),
        ({"country_code": "saltmarsh-soundscapes"}, "country_code", ""),
        ({"country_code": "aaz"}, "country_code", ""),  # three letters, and no country
        ({"hardware_id": ""}, "hardware_number", None),
        ({"status": " Active"}, "status", "active"),
        ({"status": "INACTIVE"}, "status", "inactive"),
        ({"location_name": " Khao Yai เขาใหญ่"}, "location_name", "Khao Yai เขาใหญ่"),
        ({"location_name": "Tama 多摩"}, "location_name", "Tama 多摩"),
        ({"location_name": "Jardi\u0301n"}, "location_name", "Jard\u00edn"),
        ({"camera_id": ""}, "camera_id", ""),
        ({"deployment_id": "dep1234567"}, "deployment_id", "dep1234567"),
    ],
)
def test_what_is_set_right(changes, name, value):
    assert getattr(one(**changes), name) == value


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("country", ""),
        ("country_code", ""),
        ("country_code", "Panama City"),
        ("country_code", "test-upload"),
        ("location_name", "North - South"),
        ("location_name", "=HYPERLINK(1)"),
        ("location_name", ""),
        ("lat", "north"),
        ("lat", "91"),
        ("lat", "nan"),
        ("lat", "8,84"),
        ("lat", ""),
        ("lon", "-180.000001"),
        ("camera_id", "+1"),
        ("camera_id", "X" * 61),
        ("hardware_id", "SM4"),
        ("hardware_id", "-1"),
        ("deployment_id", "dep_test"),
        ("deployment_id", "dep000000"),
        ("deployment_id", ""),
        ("deployment_id", "dep78"),
        ("status", ""),
        ("status", "retired"),
    ],
)
def test_what_is_refused_names_its_line_and_column(column, value):
    table = table_of(GOOD | {"deployment_id": "dep000001"}, GOOD | {column: value})
    assert [(fault.line, fault.column) for fault in table.faults] == [(3, column)]
    assert len(table.rows) == 1


def test_every_fault_of_every_row_is_told():
    table = table_of(GOOD | {"lat": "x", "status": "y"}, GOOD | {"lon": "z"})
    assert [(fault.line, fault.column) for fault in table.faults] == [(2, "lat"), (2, "status"), (3, "lon")]


def test_an_id_twice():
    (fault,) = table_of(GOOD, GOOD | {"camera_id": "1"}).faults
    assert (fault.line, fault.column) == (3, "deployment_id")
    assert "line 2" in fault.message


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (HEADER.encode("utf-16"), "UTF-16"),
        (f"{HEADER}\r\nPanam\xe1".encode("latin-1"), "UTF-8 (line 2)"),
        (b"", "Missing: country"),
        (HEADER.replace("camera_id,", "").encode(), "Missing: camera_id"),
        (f"{HEADER},notes".encode(), "Unknown: notes"),
        (HEADER.replace("location_id", "camera_id").encode(), "there twice: camera_id"),
        (HEADER.replace(",", ";").encode(), "Missing: country"),
        (f"{HEADER}\na,b".encode(), "Line 2 has 2 columns"),
        (f'{HEADER}\n"a"b'.encode(), "Line 2 is not CSV"),
        (f"{HEADER}\n\0".encode(), "NUL"),
    ],
)
def test_other_files_are_refused_as_a_whole(data, said):
    with pytest.raises(NotASheet) as refusal:
        read_table(data)
    assert said in str(refusal.value)


def test_columns_in_another_order_and_empty_lines_are_fine():
    names = sorted(COLUMNS)
    data = ",".join(names) + "\n\n" + ",".join(GOOD[name] for name in names) + "\n,,,,,,,,,,\n"
    (row,) = read_table(data.encode()).rows
    assert (row.line, row.camera_id) == (3, "FF2282E6")


def test_of_active_rows_at_one_site_the_highest_number_stays_active():
    rows = [GOOD | {"deployment_id": f"dep{n:06d}"} for n in (120, 41, 300)]
    table = table_of(*rows, GOOD | {"deployment_id": "dep000999", "status": "inactive"})
    assert [row.status for row in table.rows] == ["inactive", "inactive", "active", "inactive"]
    assert [(twin.row.deployment_id, twin.newer_id) for twin in table.twins] == [
        ("dep000120", "dep000300"),
        ("dep000041", "dep000300"),
    ]


def test_the_sample_of_the_field_has_no_fault():
    table = read_table(DATA.read_bytes())
    assert (len(table.rows), table.faults) == (126, ())
    assert [twin.row.deployment_id for twin in table.twins] == ["dep000041", "dep000042", "dep000043", "dep000044"]


def test_written_bytes():
    first, second = write_table([GOOD | {"location_name": 'Ridge, "north"'}])
    assert first == b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n"
    assert second.startswith(b'Panama,PAN,"Ridge, ""north""",9.009890,')
    assert second.endswith(b",active\r\n")


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20))
def test_whatever_the_rules_take_the_model_takes_too(place, camera, latitude):
    table = (
        table_of(GOOD | {"location_name": place.replace('"', '""'), "camera_id": camera.replace('"', '""')})
        if "\0" not in place + camera
        else None
    )
    for row in table.rows if table else ():
        deployment = Deployment(location_name=row.location_name, camera_id=row.camera_id, latitude=row.latitude)
        deployment.clean_fields(exclude=["bucket", "deployment_id"])
        (written,) = list(write_table([GOOD | {"location_name": row.location_name, "camera_id": row.camera_id}]))[1:]
        again = read_table((HEADER + "\r\n").encode() + written)
        assert (again.rows[0].location_name, again.rows[0].camera_id) == (row.location_name, row.camera_id)
