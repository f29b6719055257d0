"""What is exported and imported again changes nothing: in every format, whatever the texts."""

import io
import json
import tempfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from amiportal.core.spreadsheets import safe_cell, text_fault, unescaped
from amiportal.sheets.common import Columns
from amiportal.sheets.formats import CsvFile, JsonFile, XlsxFile, read_sheet
from deployments import services
from deployments.formats.table import TABLE, check_sheet, read_table
from deployments.models import Deployment, HardwareConfig
from deployments.resources.table import export_record
from tests.people import make_bucket, make_deployment

DATA = Path(__file__).parents[1] / "data" / "deployments_info.csv"
FORMATS = [CsvFile, XlsxFile, JsonFile]
COLUMNS = Columns(required=("name", "note"))
# What XML 1.0 and people's tables can hold; line ends are one in XML.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30)
FORMULAS = st.builds("".join, st.tuples(st.sampled_from(["", "'", "''"]), st.sampled_from("=+-@'\t1"), TEXTS))


@pytest.mark.parametrize("form", FORMATS)
@given(rows=st.lists(st.tuples(TEXTS | FORMULAS, TEXTS | FORMULAS), max_size=5))
def test_any_text_comes_back_as_it_was(form, rows):
    given_rows = [{"name": f"x{name}", "note": note} for name, note in rows]  # no row is empty
    data = form().write(COLUMNS.all, given_rows, table="T")
    read = read_sheet(data, COLUMNS)
    assert read.faults == []
    assert [record for _, record in read.records] == given_rows


@given(TEXTS | FORMULAS)
def test_the_apostrophe_is_told_from_one_of_the_text(text):
    assert unescaped(safe_cell(text)) == text
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(FORMULAS, min_size=1, max_size=5))
def test_no_workbook_has_a_live_formula(texts):
    data = XlsxFile().write(("name",), [{"name": text} for text in texts], table="T")
    sheet = load_workbook(io.BytesIO(data)).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert all(cell.value is None or isinstance(cell.value, str) for row in sheet.iter_rows() for cell in row)


@pytest.fixture
def page(client, maintainer, settings):
    settings.VAR_DIR = Path(tempfile.mkdtemp())
    client.force_login(maintainer)
    return client


def export(page, model: str, form, query: str = "") -> bytes:
    number = str(FORMATS.index(form))
    response = page.post(f"/admin/deployments/{model}/export/{query}", {"format": number, "resource": "0"})
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    return response.content


def preview(page, model: str, data: bytes):
    file = SimpleUploadedFile("any name", data)
    return page.post(f"/admin/deployments/{model}/import/", {"resource": "0", "format": "0", "import_file": file})


@pytest.mark.django_db
@pytest.mark.parametrize("form", FORMATS)
def test_the_deployments_of_the_field_go_round(page, maintainer, form):
    services.import_table(actor=maintainer, table=read_table(DATA.read_bytes()))
    text = preview(page, "deployment", export(page, "deployment", form)).content.decode()
    assert "0 new, 0 changed, 126 unchanged, 0 set inactive" in text


@pytest.mark.django_db
@pytest.mark.parametrize("form", FORMATS)
def test_hardware_goes_round_with_formulas_in_it(page, form):
    HardwareConfig.objects.create(
        number=99, attractant_light="=1+1", camera="'=x", camera_lights="@", microphone="ไมค์", used_by="+44"
    )
    text = preview(page, "hardwareconfig", export(page, "hardwareconfig", form)).content.decode()
    assert "0 new, 0 changed, 8 unchanged" in text


PLACES = st.text(min_size=1, max_size=40).map(str.strip).filter(lambda t: t and not text_fault(t) and " - " not in t)


@pytest.mark.django_db
@settings(max_examples=15)
@given(
    place=PLACES.filter(lambda t: not t.startswith("- ") and not t.endswith(" -") and "\ufffe" not in t),
    latitude=st.decimals(-90, 90, places=6),
    longitude=st.decimals(-180, 180, places=6),
    hardware=st.none() | st.integers(1, 7),
)
def test_whatever_a_deployment_says_goes_round(place, latitude, longitude, hardware):
    with transaction.atomic():  # each example in the same database, and none of them stays
        bucket = make_bucket("pan", "Panama", country_code="PAN")
        services.create_deployment(
            actor=None,
            bucket=bucket,
            location_name=place,
            latitude=latitude,
            longitude=longitude,
            hardware=HardwareConfig.objects.filter(number=hardware).first(),
        )
        rows = Deployment.objects.filter(bucket=bucket).select_related("bucket", "hardware")
        for form in FORMATS:
            data = form().write(TABLE.all, map(export_record, rows), table="T")
            plan = services.plan_import(actor=None, table=check_sheet(read_sheet(data, TABLE)))
            assert (plan.faults, plan.writes, len(plan.unchanged)) == ([], False, 1)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_list_as_it_is_filtered_is_exported_and_trials_are_not(page, panama, kenya):
    trial = make_bucket("trial", "Trial", is_test=True)
    for number, bucket in enumerate((panama, panama, kenya, trial), start=1):
        make_deployment(f"dep{number:06d}", bucket, f"Place {number}")
    query = f"?bucket__id__exact={panama.pk}"
    shown = page.get(f"/admin/deployments/deployment/export/{query}").content.decode()
    assert "2 of 3" in shown
    assert [row["deployment_id"] for row in json.loads(export(page, "deployment", JsonFile, query))] == [
        "dep000001",
        "dep000002",
    ]
    assert len(json.loads(export(page, "deployment", JsonFile))) == 3


@pytest.mark.django_db
def test_partners_do_not_export(client, colleague):
    client.force_login(colleague)
    for model in ("deployment", "hardwareconfig"):
        assert client.post(f"/admin/deployments/{model}/export/", {"format": "0"}).status_code == 302
