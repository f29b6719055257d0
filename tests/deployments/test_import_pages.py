"""Imports through the admin's pages, in every format: hardware, sizes, and what is done before one."""

import json

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile

from amiportal.core.errors import Forbidden, PortalError
from amiportal.sheets.common import MAX_BYTES
from amiportal.sheets.formats import read_sheet
from amiportal.sheets.plan import SheetRefused
from deployments.models import Deployment, HardwareConfig
from deployments.services.hardware_import import HARDWARE, import_hardware
from tests.deployments.sheets import COLUMNS, GOOD, as_json, book_of

pytestmark = pytest.mark.django_db
NEW = {
    "number": 8,
    "attractant_light": "LepiLED",
    "camera": "Logitech Brio",
    "camera_lights": "none",
    "microphone": "ไมค์",
    "used_by": "",
}
HARDWARE_PAGE = "/admin/deployments/hardwareconfig/"
DEPLOYMENTS_PAGE = "/admin/deployments/deployment/"


@pytest.fixture
def page(client, maintainer, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    client.force_login(maintainer)
    return client


def preview(page, where: str, data: bytes):
    file = SimpleUploadedFile("named.anything", data)
    return page.post(f"{where}import/", {"resource": "0", "format": "0", "import_file": file})


def confirm(page, where: str, previewed):
    return page.post(f"{where}process_import/", previewed.context["confirm_form"].initial)


def hardware() -> list:
    return list(HardwareConfig.objects.order_by("number").values())


@pytest.mark.parametrize("data", [book_of(GOOD), as_json(GOOD)], ids=["xlsx", "json"])
def test_deployments_by_workbook_and_json(page, data):
    previewed = preview(page, DEPLOYMENTS_PAGE, data)
    assert "1 new, 0 changed, 0 unchanged" in previewed.content.decode()
    assert not Deployment.objects.filter(deployment_id=GOOD["deployment_id"]).exists()
    confirm(page, DEPLOYMENTS_PAGE, previewed)
    assert Deployment.objects.get(deployment_id=GOOD["deployment_id"]).camera_id == GOOD["camera_id"]


def test_how_a_file_was_read_is_said_at_its_preview(page):
    line = ";".join((GOOD | {"location_name": "Río <b>"})[name] for name in COLUMNS)
    text = preview(page, DEPLOYMENTS_PAGE, f"{';'.join(COLUMNS)}\n{line}".encode("cp1252")).content.decode()
    assert "read as Windows-1252" in text
    assert "separated at semicolons" in text
    assert "Río &lt;b&gt;" in text


def test_large_files_are_refused_before_they_are_read(page, monkeypatch):
    monkeypatch.setattr("amiportal.sheets.formats.read_sheet", lambda *a: pytest.fail("was read"))
    text = preview(page, DEPLOYMENTS_PAGE, b"x" * (MAX_BYTES + 1)).content.decode()
    assert "5 MB are the most" in text


def test_a_fault_of_ours_is_not_told_as_one_of_the_file(page, monkeypatch):
    monkeypatch.setattr("amiportal.sheets.formats.read_sheet", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        preview(page, DEPLOYMENTS_PAGE, as_json(GOOD))


def test_hardware_is_made_and_changed_with_its_history(page, maintainer):
    changed = {**HardwareConfig.objects.filter(number=1).values(*HARDWARE.all)[0], "used_by": "Wales"}
    previewed = preview(page, HARDWARE_PAGE, json.dumps([NEW, changed]).encode())
    text = previewed.content.decode()
    assert "1 new, 1 changed, 0 unchanged" in text
    assert "<ins>Wales</ins>" in text
    assert HardwareConfig.objects.count() == 7
    response = confirm(page, HARDWARE_PAGE, previewed)
    assert "1 new, 1 changed" in " ".join(map(str, get_messages(response.wsgi_request)))
    made = HardwareConfig.objects.get(number=8)
    assert (made.microphone, made.history.get().history_user) == ("ไมค์", maintainer)
    entry = HardwareConfig.objects.get(number=1).history.first()
    assert (entry.used_by, entry.history_change_reason) == ("Wales", "Imported table")
    assert HardwareConfig.objects.get(number=2).history.count() == 0


def test_all_faults_of_hardware_are_told_and_nothing_is_written(page):
    before = hardware()
    rows = [
        NEW,
        NEW,
        NEW | {"number": 9, "camera": "", "attractant_light": "=1"},
        NEW | {"number": "ten"},
        NEW | {"number": 0, "microphone": "x" * 61},
    ]
    response = preview(page, HARDWARE_PAGE, json.dumps(rows).encode())
    assert [(fault.line, fault.column) for fault in response.context["result"].faults] == [
        (2, "number"),
        (3, "attractant_light"),
        (3, "camera"),
        (4, "number"),
        (5, "number"),
        (5, "microphone"),
    ]
    assert "confirm_form" not in response.context
    with pytest.raises(SheetRefused):
        import_hardware(actor=None, sheet=read_sheet(json.dumps(rows).encode(), HARDWARE))
    assert hardware() == before


def test_what_is_done_before_an_import_comes_before_hardware_too(maintainer, connect_before_import):
    asked = []

    def refuse(*, actor, **sent):
        asked.append(actor)
        raise PortalError("No snapshot, no import.")

    connect_before_import(refuse)
    before = hardware()
    with pytest.raises(PortalError, match="No snapshot"):
        import_hardware(actor=maintainer, sheet=read_sheet(json.dumps([NEW]).encode(), HARDWARE))
    assert (asked, hardware()) == ([maintainer], before)
    same = json.dumps(list(HardwareConfig.objects.values(*HARDWARE.all))).encode()
    import_hardware(actor=maintainer, sheet=read_sheet(same, HARDWARE))
    assert len(asked) == 1


def test_hardware_is_for_maintainers(client, colleague):
    sheet = read_sheet(json.dumps([NEW]).encode(), HARDWARE)
    with pytest.raises(Forbidden):
        import_hardware(actor=colleague, sheet=sheet)
    client.force_login(colleague)
    for name in ("import", "process_import", "export"):
        assert client.post(f"{HARDWARE_PAGE}{name}/").status_code == 302
