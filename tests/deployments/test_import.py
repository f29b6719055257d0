"""The table into the database and out again."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from amiportal.core.errors import Forbidden
from amiportal.sheets.plan import SheetRefused
from deployments import services
from deployments.formats.legacy_record import table_record
from deployments.formats.table import COLUMNS, read_records, read_table, write_table
from deployments.models import Bucket, Deployment
from deployments.selectors import deployments_of_the_table
from tests.deployments.test_table import GOOD, table_of
from tests.people import make_deployment

DATA = Path(__file__).parents[1] / "data" / "deployments_info.csv"
SETTLED = {"dep000041", "dep000042", "dep000043", "dep000044"}  # the older ones of two seasons, both active there

AT = "2026-05-01T00:00Z"

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("import_deployments", *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def imported() -> None:
    run(str(DATA))


def expected(record: dict[str, str]) -> dict[str, str]:
    """A row of the file as it should come out: exactly the documented changes."""
    code = record["country_code"]
    return {
        **{name: text.strip() for name, text in record.items()},
        "country_code": code.upper() if len(code) == 3 else code,
        "location_id": "",
        "status": "inactive" if record["deployment_id"] in SETTLED else record["status"],
    }


def test_every_row_of_the_field_table(imported):
    records = [record for _, record in read_records(DATA.read_bytes())]
    known = {d.deployment_id: d for d in deployments_of_the_table(None)}
    assert len(known) == len(records) == 126
    for record in records:
        assert table_record(known[record["deployment_id"]]) == expected(record)


def test_what_it_made_of_the_irregular_ones(imported):
    by_id = {d.deployment_id: d for d in Deployment.objects.select_related("bucket", "hardware")}
    assert by_id["dep000012"].latitude == Decimal("8.841171")
    assert by_id["dep000020"].latitude is None
    assert by_id["dep000017"].bucket.name == "gbr"
    assert by_id["dep000017"].hardware.number == 4
    assert by_id["dep000001"].hardware is None
    assert by_id["dep000037"].location_name == "Khao Yai เขาใหญ่"
    assert by_id["dep000105"].location_name == "Tama 多摩"
    assert by_id["dep000019"].camera_id == ""
    assert {by_id[i].system_id for i in ("dep000041", "dep000119")} == {"sys000041"}
    assert (by_id["dep000041"].status, by_id["dep000119"].status) == ("inactive", "active")
    saltmarsh = by_id["dep000010"].bucket
    assert (saltmarsh.name, saltmarsh.country_code) == ("saltmarsh-soundscapes", "")
    assert saltmarsh.data_types == ["terrestrial_recordings", "aquatic_recordings"]
    assert saltmarsh.exists_in_store is None  # rows only: the store is not asked by an import


def test_out_it_comes_as_it_went_in_but_for_the_documented_changes(imported, tmp_path):
    out = tmp_path / "out.csv"
    call_command("export_deployments", str(out))
    given = DATA.read_bytes()
    records = [record for _, record in read_records(given)]
    assert out.read_bytes() == b"".join(write_table(map(expected, records)))
    # The same frame as the file in the field: byte-order mark, header, line ends.
    header_end = given.index(b"\n") + 1
    assert out.read_bytes()[:header_end] == given[:header_end]
    assert out.read_bytes().count(b"\r\n") == out.read_bytes().count(b"\n") == given.count(b"\r\n")


def test_a_second_import_changes_nothing_and_says_so(imported):
    rows = Deployment.history.count()
    said = run(str(DATA))
    assert "0 created, 0 updated, 126 unchanged" in said
    assert Deployment.history.count() == rows
    assert "dep000041 goes in as inactive, since dep000119" in said


def test_what_comes_out_goes_in_again(imported, tmp_path):
    call_command("export_deployments", str(tmp_path / "out.csv"))
    said = run(str(tmp_path / "out.csv"))
    assert "126 unchanged; 0 set inactive" in said


def test_the_next_id_comes_after_the_imported_ones(first_id_is_free, imported, maintainer):
    bucket = Bucket.objects.get(name="pan")
    new = services.create_deployment(actor=maintainer, bucket=bucket, location_name="Torre 2")
    assert new.deployment_id == "dep000127"


def test_a_dry_run_writes_nothing():
    said = run(str(DATA), "--dry-run")
    assert "Would be: 126 created" in said
    assert Deployment.objects.count() == 1  # dep_test
    assert list(Bucket.objects.values_list("name", flat=True)) == ["test-upload"]


def test_one_fault_keeps_all_out(tmp_path):
    lines = DATA.read_text("utf-8").splitlines()
    lines[60] = lines[60].replace("dep000060", "dep60").replace("1.105292", "one")
    (tmp_path / "bad.csv").write_text("\r\n".join(lines), "utf-8")
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 faults"):
        call_command("import_deployments", str(tmp_path / "bad.csv"), stderr=out)
    assert "line 61, lat:" in out.getvalue()
    assert "line 61, deployment_id:" in out.getvalue()
    assert Deployment.objects.count() == 1


def test_a_missing_file_is_a_sentence():
    with pytest.raises(CommandError, match="cannot be read"):
        run("/nowhere/table.csv")


def test_history_names_the_importer_and_only_what_changed(maintainer, panama):
    same = make_deployment("dep000001", panama, "Same", camera_id="1")
    other = make_deployment("dep000002", panama, "Other", camera_id="2", status="active")
    rows = [
        GOOD
        | {
            "deployment_id": "dep000001",
            "location_name": "Same",
            "camera_id": "1",
            "system_id": "",
            "hardware_id": "",
            "lat": "",
            "lon": "",
            "status": "inactive",
        },
        GOOD | {"deployment_id": "dep000002", "location_name": "Other", "camera_id": "2", "status": "inactive"},
        GOOD | {"deployment_id": "dep000003"},
    ]
    plan = services.import_table(actor=maintainer, table=table_of(*rows))
    assert [c.row.deployment_id for c in plan.created] == ["dep000003"]
    assert [c.row.deployment_id for c in plan.updated] == ["dep000002"]
    assert same.history.count() == 1
    entry = other.history.first()
    assert (entry.history_user, entry.history_change_reason) == (maintainer, "Imported table")
    other.refresh_from_db()
    assert (other.retired_by, other.retire_reason) == (maintainer, "Imported table")
    assert Deployment.objects.get(deployment_id="dep000003").created_by == maintainer


def test_sites_may_change_hands_within_one_table(maintainer, panama):
    make_deployment("dep000001", panama, "Torre", camera_id="A", status="active")
    make_deployment("dep000002", panama, "Torre", camera_id="B", status="active")
    base = GOOD | {"system_id": "", "hardware_id": "", "lat": "", "lon": ""}
    swapped = table_of(
        base | {"deployment_id": "dep000001", "camera_id": "B"}, base | {"deployment_id": "dep000002", "camera_id": "A"}
    )
    services.import_table(actor=maintainer, table=swapped)
    active = Deployment.objects.filter(bucket=panama, status="active").values_list("deployment_id", "camera_id")
    assert set(active) == {("dep000001", "B"), ("dep000002", "A")}


def refusals(maintainer, *rows) -> list[tuple[int, str]]:
    before = Deployment.history.count()
    with pytest.raises(SheetRefused) as refused:
        services.import_table(actor=maintainer, table=table_of(*rows))
    assert Deployment.history.count() == before
    return [(fault.line, fault.column) for fault in refused.value.faults]


def test_a_site_held_by_a_deployment_that_the_table_does_not_name(maintainer, ladera):
    row = GOOD | {"location_name": "Ladera", "camera_id": "81B1C025"}
    assert refusals(maintainer, row) == [(2, "status")]


def test_unknown_hardware_and_a_title_of_another_bucket(maintainer, panama):
    rows = [GOOD | {"hardware_id": "99"}, GOOD | {"deployment_id": "dep000002", "country_code": "xyz"}]
    assert refusals(maintainer, *rows) == [(2, "hardware_id"), (3, "country")]


def test_a_bucket_stays_once_there_were_uploads(maintainer, colleague, ladera):
    ladera.upload_sessions.create(account=colleague, data_type="snapshot_images", started_at=AT, last_seen_at=AT)
    row = GOOD | {"deployment_id": "dep000045", "country_code": "ken", "country": "Kenya"}
    assert refusals(maintainer, row) == [(2, "country_code")]


def test_an_upload_that_begins_between_the_two_looks_is_seen(maintainer, colleague, ladera, connect_before_import):
    def meanwhile(**sent):
        ladera.upload_sessions.create(account=colleague, data_type="snapshot_images", started_at=AT, last_seen_at=AT)

    connect_before_import(meanwhile)
    row = GOOD | {"deployment_id": "dep000045", "country_code": "ken", "country": "Kenya"}
    assert refusals(maintainer, row) == [(2, "country_code")]
    ladera.refresh_from_db()
    assert ladera.bucket.name == "pan"


def test_another_title_of_a_known_bucket_is_noted_and_the_known_one_stays(maintainer, panama):
    plan = services.import_table(actor=maintainer, table=table_of(GOOD | {"country": "Panamá"}))
    assert "keeps its title “Panama”" in plan.notes[0]
    panama.refresh_from_db()
    assert panama.title == "Panama"


def test_only_maintainers_import(colleague):
    for service in (services.plan_import, services.import_table):
        with pytest.raises(Forbidden):
            service(actor=colleague, table=table_of(GOOD))


def test_ten_thousand_rows_take_few_queries(maintainer, django_assert_max_num_queries):
    rows = [GOOD | {"deployment_id": f"dep{n:06d}", "camera_id": f"{n:08X}"} for n in range(1, 10_001)]
    table = table_of(*rows)
    with django_assert_max_num_queries(6):
        services.plan_import(actor=maintainer, table=table)
    with django_assert_max_num_queries(100):  # 10,000 rows in batches of 500, with their history
        services.import_table(actor=maintainer, table=table)
    assert Deployment.objects.filter(bucket__name="pan").count() == 10_000


def test_the_table_has_its_columns_and_nothing_else(imported):
    for deployment in deployments_of_the_table(None):
        assert tuple(table_record(deployment)) == COLUMNS
    assert "dep_test" not in {d.deployment_id for d in deployments_of_the_table(None)}


def test_the_sample_in_the_project_covers_every_irregularity():
    sample = Path(services.__file__).parents[1] / "data" / "sample_deployments.csv"
    records = [record for _, record in read_records(sample.read_bytes())]
    table = read_table(sample.read_bytes())
    assert sample.read_bytes().startswith(b"\xef\xbb\xbf")
    assert table.faults == ()
    assert len(table.twins) == 2
    assert any(record["lat"] != record["lat"].strip() for record in records)
    assert any(not record["lat"] for record in records)
    assert any(record["country_code"].islower() and len(record["country_code"]) == 3 for record in records)
    assert any(not record["hardware_id"] for record in records)
    assert any(not record["camera_id"] for record in records)
    assert any("里山" in record["location_name"] for record in records)
    assert any("เขา" in record["location_name"] for record in records)
