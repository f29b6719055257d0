"""The table through the admin's pages: preview, faults with their lines, confirmation."""

from pathlib import Path

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from deployments.formats.table import read_table
from deployments.models import Bucket, Deployment
from tests.people import make_deployment

DATA = Path(__file__).parents[1] / "data" / "deployments_info.csv"
IMPORT = "/admin/deployments/deployment/import/"
CONFIRM = "/admin/deployments/deployment/process_import/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, maintainer, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    client.force_login(maintainer)
    return client


def preview(page, data: bytes):
    return page.post(
        IMPORT, {"resource": "", "format": "0", "import_file": SimpleUploadedFile("deployments_info.csv", data)}
    )


def confirm(page, previewed, **changes):
    return page.post(CONFIRM, previewed.context["confirm_form"].initial | changes)


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_preview_then_confirm(page, maintainer, tmp_path):
    previewed = preview(page, DATA.read_bytes())
    text = previewed.content.decode()
    assert previewed.status_code == 200
    assert "126 new, 0 changed, 0 unchanged, 4 set inactive" in text
    assert "line 42: dep000041 goes in as inactive, since dep000119 is active" in text
    assert "Khao Yai เขาใหญ่" in text
    assert Deployment.objects.count() == 1  # a preview writes nothing
    assert not Bucket.objects.filter(name="gbr").exists()

    response = confirm(page, previewed)
    assert response.status_code == 302
    assert "126 new" in said(response)
    assert Deployment.objects.count() == 127
    assert set(Deployment.history.exclude(history_type="~").values_list("history_user", flat=True)) >= {maintainer.pk}
    assert Deployment.objects.get(deployment_id="dep000119").created_by == maintainer
    assert list((tmp_path / "imports").iterdir()) == []


def test_a_second_preview_shows_only_what_changes(page):
    confirm(page, preview(page, DATA.read_bytes()))
    changed = DATA.read_text("utf-8-sig").replace("Quebrada Norte 7", "Quebrada <b>Norte</b>")
    text = preview(page, changed.encode()).content.decode()
    assert "0 new, 1 changed, 125 unchanged" in text
    assert "<del>Quebrada Norte 7</del> <ins>Quebrada &lt;b&gt;Norte&lt;/b&gt;</ins>" in text
    assert "Satoyama" not in text


def test_faults_carry_their_lines_and_nothing_can_be_confirmed(page):
    lines = DATA.read_text("utf-8-sig").splitlines()
    lines[4] = lines[4].replace("14.144320", "north")
    lines[9] = lines[9].replace(",active", ",gone")
    response = preview(page, "\r\n".join(lines).encode())
    text = response.content.decode()
    assert "confirm_form" not in response.context
    assert text.index("<td>5</td>") < text.index("<td>10</td>")
    assert '<th scope="row">lat</th><td>“north” is not a number' in text
    assert '<th scope="row">status</th><td>“gone” is neither' in text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,b\n1,2", "The columns should be"),
        (DATA.read_text("utf-8-sig").encode("latin-1", "replace").replace(b"Jard?n", b"Jard\xedn"), "not in UTF-8"),
        (DATA.read_bytes().splitlines(keepends=True)[0], "No valid data"),
    ],
)
def test_other_files_are_refused_with_a_reason(page, data, words):
    assert words in preview(page, data).content.decode()


def test_what_changed_since_the_preview_is_checked_again(page, panama):
    only = b"".join(DATA.read_bytes().splitlines(keepends=True)[i] for i in (0, 12))
    previewed = preview(page, only)
    make_deployment("dep000900", panama, "Ladera 3", camera_id="2607679D", status="active")
    response = confirm(page, previewed)
    assert "Row 2: status: dep000900" in said(response)
    assert "Nothing was imported" in said(response)
    assert not Deployment.objects.filter(deployment_id="dep000012").exists()


@pytest.mark.parametrize("name", ["../secrets.json", "/etc/hostname", "x" * 32, "0" * 32])
def test_the_confirmation_opens_and_removes_no_other_file(page, tmp_path, name):
    secret = tmp_path / "secrets.json"
    secret.write_text("{}")
    response = confirm(page, preview(page, DATA.read_bytes()), import_file_name=name)
    assert "is gone" in said(response)
    assert secret.exists()
    assert Path("/etc/hostname").exists()
    assert Deployment.objects.count() == 1


def test_partners_neither_import_nor_confirm(client, colleague):
    client.force_login(colleague)
    for url in (IMPORT, CONFIRM):
        assert client.post(url).status_code in (302, 403)


def test_the_download_is_the_table(page):
    confirm(page, preview(page, DATA.read_bytes()))
    response = page.get(reverse("admin:deployments_deployment_download_table"))
    data = b"".join(response.streaming_content)
    assert response["Content-Disposition"] == 'attachment; filename="deployments_info.csv"'
    assert len(read_table(data).rows) == 126
