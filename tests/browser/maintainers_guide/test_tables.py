"""The guide's short protocols: tables in and out, snapshots, and who uploaded what."""

import json

import openpyxl

from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import take_snapshot
from deployments.models import Deployment
from tests.uploads.test_history import make_file, make_session
from uploads.models import Export
from uploads.services.exports import run_export

TABLE = """\
country,country_code,location_name,lat,lon,location_id,camera_id,system_id,hardware_id,deployment_id,status
Panama,pan,Wetland North,8.982110,-79.561044,,6B46159A,AMI-12,5,dep000119,active
Panama,pan,Cloud Forest Ridge,8.771204,-82.433190,,9D10E37B,AMI-14,7,dep000131,active
"""


def test_importing(follow, portal, tmp_path):
    table = tmp_path / "deployments.csv"
    table.write_text(TABLE)
    with follow("importing") as walk:
        walk.menu("Deployments")
        walk.press("Import")
        walk.give("File to import", table)
        walk.press("Preview")
        walk.see("Nothing is written yet.")
        walk.picture("importing", "#content", ring=["Confirm import"])
        assert not Deployment.objects.filter(deployment_id="dep000131").exists()
        walk.press("Confirm import")
        walk.page.get_by_text("Imported:").wait_for()
    assert Deployment.objects.get(deployment_id="dep000131").location_name == "Cloud Forest Ridge"
    assert Snapshot.objects.get().reason == "import"


def test_restoring(follow, portal, maintainer):
    take_snapshot(actor=maintainer, reason="hand")
    Deployment.objects.filter(pk=portal.deployment.pk).update(location_name="Wetland S")
    with follow("restoring") as walk:
        walk.menu("Snapshots")
        walk.press("Compare with now")
        row = walk.main.locator("li").filter(has_text="dep000119")
        walk.picture("snapshots-compare", ".snap-bar", row, ring=["Restore the ticked rows …"])
        row.get_by_role("checkbox").check()
        walk.press("Restore the ticked rows …")
        walk.see("This is all that would change. Nothing has been changed yet.")
        walk.press("Restore 1 row")
        walk.page.get_by_text("1 row is restored").wait_for()
    portal.deployment.refresh_from_db()
    assert portal.deployment.location_name == "Wetland North"


def test_who_uploaded(follow, portal):
    session = make_session(portal.partner, portal.deployment, declared_files=2, client="upload page 1.0")
    for name in ("20250714221000-snapshot.jpg", "20250715010000-snapshot.jpg"):
        make_file(session, name, size_bytes=4_210_000, path_on_card=f"DCIM/100MEDIA/{name}")
    with follow("who-uploaded") as walk:
        walk.menu("Uploaded files")
        walk.search("20250714")
        walk.list_has(rows=1)
        walk.see("Verified")
        walk.picture("ledger", "#result_list")
        walk.open_row("20250714221000-snapshot.jpg")
        walk.press("Session", of=str(session))
        walk.page.get_by_text("Files of this session").wait_for()


def test_exporting(follow, portal, tmp_path, empty_queue):
    session = make_session(portal.partner, portal.deployment)
    make_file(session, "20250714221000-snapshot.jpg")
    make_file(session, "20250715010000-snapshot.jpg")
    with follow("exporting") as walk:
        walk.menu("Deployments")
        walk.press("Export")
        walk.tick("XLSX (Excel, LibreOffice)")
        walk.picture("exporting", "#content form", ring=["Export"])
        walk.download(tmp_path / "table.xlsx", "Export")
        walk.menu("Uploaded files")
        walk.search("20250714")
        walk.press("Export this selection")
        walk.choose("Format", Export.Format.NDJSON.label)
        walk.press("Export")
        run_export(Export.objects.get().pk)
        walk.menu("Exports")
        walk.picture("exports", "#result_list")
        walk.download(tmp_path / "ledger.ndjson", "Download")
        walk.menu("Sessions")
        walk.download(tmp_path / "sessions.csv", "Download as CSV")
    sheet = openpyxl.load_workbook(tmp_path / "table.xlsx").active
    assert "dep000119" in {cell.value for row in sheet.iter_rows() for cell in row}
    (row,) = map(json.loads, (tmp_path / "ledger.ndjson").read_text().splitlines())
    assert row["filename"] == "20250714221000-snapshot.jpg"
    assert [line.split(",")[0] for line in (tmp_path / "sessions.csv").read_text("utf-8-sig").splitlines()[1:]] == [
        str(session.pk)
    ]
