"""Snapshots in the admin: who gets there, what the pages say, and that nothing happens on a GET."""

import gzip
import re

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import take_snapshot
from deployments.models import Deployment
from tests.people import make_deployment

pytestmark = pytest.mark.django_db
LIST = "/admin/snapshots/snapshot/"
MOST_QUERIES_OF_THE_LIST = 9


@pytest.fixture
def page(client, maintainer):
    client.force_login(maintainer)
    return client


@pytest.fixture
def snapshot(ladera, savanna) -> Snapshot:
    return take_snapshot(actor=None, reason=Snapshot.Reason.HAND)


def url(name: str, snapshot: Snapshot) -> str:
    return reverse(f"admin:snapshots_snapshot_{name}", args=[snapshot.pk])


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def digest_in(response) -> str:
    return re.search(r'name="digest" value="([0-9a-f]{64})"', response.content.decode())[1]


def test_taken_by_a_button_that_asks_first(page, maintainer):
    take = reverse("admin:snapshots_snapshot_take_one")
    assert b"Take it" in page.get(take).content
    assert not Snapshot.objects.exists()
    response = page.post(take)
    snapshot = Snapshot.objects.get()
    assert (snapshot.state, snapshot.reason, snapshot.taken_by) == ("ready", "hand", maintainer)
    assert response["Location"] == url("change", snapshot)
    assert "is taken" in said(response)


def test_storage_that_is_away_is_told(page, storage_is_away):
    response = page.post(reverse("admin:snapshots_snapshot_take_one"))
    assert "No snapshot could be taken: The object store cannot be reached" in said(response)
    assert Snapshot.objects.get().state == "failed"
    assert b"failed" in page.get(LIST).content


def test_the_list_and_the_page_of_one(page, snapshot):
    text = page.get(LIST).content.decode()
    assert "By hand" in text
    assert url("compare", snapshot) in text
    assert "the newest 30 daily ones" in text
    text = page.get(url("change", snapshot)).content.decode()
    assert snapshot.sha256 in text
    assert "Hardware" in text
    assert url("download", snapshot) in text
    assert 'name="_save"' not in text


def test_queries_of_the_list_do_not_grow(page, maintainer, snapshot):
    page.get(LIST)
    for _ in range(3):
        take_snapshot(actor=maintainer, reason=Snapshot.Reason.HAND)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert page.get(LIST).status_code == 200
    assert len(queries) <= MOST_QUERIES_OF_THE_LIST, [query["sql"] for query in queries]


def test_no_difference_is_said(page, snapshot):
    text = page.get(url("compare", snapshot)).content.decode()
    assert "No difference" in text
    assert url("restore", snapshot) not in text


def test_compared_with_now_field_by_field(page, snapshot, ladera, savanna):
    Deployment.objects.filter(pk=ladera.pk).update(bucket=savanna.bucket, system_id="<b>new</b>")
    text = page.get(url("compare", snapshot)).content.decode()
    assert "dep000045 · Ladera" in text
    assert re.search(r"<del>Panama \(pan\)</del>.*<ins>Kenya \(ken\)</ins>", text, re.S)
    assert "<ins>&lt;b&gt;new&lt;/b&gt;</ins>" in text
    assert "dep000007" not in text


def test_two_compared_from_the_list_the_earlier_first(page, snapshot, ladera):
    Deployment.objects.filter(pk=ladera.pk).update(system_id="later")
    later = take_snapshot(actor=None, reason=Snapshot.Reason.HAND)
    chosen = {"action": "compare_chosen", "_selected_action": [later.pk, snapshot.pk]}
    response = page.post(LIST, chosen)
    assert response["Location"] == f"{url('compare', snapshot)}?with={later.pk}"
    for address in (response["Location"], f"{url('compare', later)}?with={snapshot.pk}"):
        text = page.get(address).content.decode()
        assert re.search(r"<del>sys000045</del>.*<ins>later</ins>", text, re.S)
        assert 'type="checkbox" name="row"' not in text
    assert page.get(f"{url('compare', snapshot)}?with=999999").status_code == 404


def test_many_differences_come_in_pages(page, snapshot, panama):
    Deployment.objects.bulk_create(
        Deployment(deployment_id=f"dep{n:06d}", bucket=panama, location_name=f"Place {n}") for n in range(500, 620)
    )
    first = page.get(url("compare", snapshot)).content.decode()
    assert (first.count('name="row"'), "1 – 50 of 120" in first) == (50, True)
    last = page.get(url("compare", snapshot) + "?table=deployments&page=3").content.decode()
    assert last.count('name="row"') == 20
    assert "dep000619" in last


def test_restored_by_preview_and_confirmation(page, maintainer, snapshot, ladera):
    Deployment.objects.filter(pk=ladera.pk).update(system_id="wrong")
    chosen = {"row": f"deployments:{ladera.pk}"}
    assert page.get(url("restore", snapshot)).status_code == 302
    preview = page.post(url("restore", snapshot), chosen)
    assert "<del>wrong</del>" in preview.content.decode()
    ladera.refresh_from_db()
    assert ladera.system_id == "wrong"
    response = page.post(url("restore", snapshot), chosen | {"digest": digest_in(preview)})
    assert response["Location"] == url("compare", snapshot)
    assert "1 row is restored" in said(response)
    ladera.refresh_from_db()
    assert ladera.system_id == "sys000045"
    assert Snapshot.objects.filter(reason="restore", state="ready", taken_by=maintainer).count() == 1


def test_a_stale_preview_is_shown_anew(page, snapshot, ladera):
    Deployment.objects.filter(pk=ladera.pk).update(system_id="wrong")
    preview = page.post(url("restore", snapshot), {"whole": "1"})
    Deployment.objects.filter(pk=ladera.pk).update(camera_id="changed meanwhile")
    again = page.post(url("restore", snapshot), {"whole": "1", "digest": digest_in(preview)})
    assert again.status_code == 200
    text = again.content.decode()
    assert "nothing was restored" in text
    assert "<del>changed meanwhile</del>" in text
    assert digest_in(again) != digest_in(preview)
    ladera.refresh_from_db()
    assert ladera.system_id == "wrong"


def test_faults_bar_the_button(page, panama, snapshot, ladera):
    Deployment.objects.filter(pk=ladera.pk).update(status="inactive")
    make_deployment("dep000050", panama, camera_id="81B1C025", status="active")
    text = page.post(url("restore", snapshot), {"row": f"deployments:{ladera.pk}"}).content.decode()
    assert "would both be active" in text
    assert "digest" not in text


def test_nothing_chosen(page, snapshot):
    response = page.post(url("restore", snapshot), {"row": ["rubbish", "deployments:x", "ledger:1"]})
    assert "Choose what to restore" in said(response)


def test_the_download_is_the_file(page, store, settings, snapshot):
    response = page.get(url("download", snapshot))
    data = b"".join(response.streaming_content)
    assert data == store.get_object(Bucket=settings.PORTAL_FILES_BUCKET, Key=snapshot.file)["Body"].read()
    assert gzip.decompress(data).startswith(b'{"format": 1')
    assert response["Content-Disposition"].startswith("attachment")
    assert "no-store" in response["Cache-Control"]
    store.delete_object(Bucket=settings.PORTAL_FILES_BUCKET, Key=snapshot.file)
    gone = page.get(url("download", snapshot))
    assert gone.status_code == 404
    assert b"not in the portal" in gone.content


def test_removed_by_hand_file_and_row(page, store, settings, snapshot):
    page.get(url("remove", snapshot))
    assert Snapshot.objects.filter(pk=snapshot.pk).exists()
    assert "is removed" in said(page.post(url("remove", snapshot)))
    assert not Snapshot.objects.filter(pk=snapshot.pk).exists()
    listed = store.list_objects_v2(Bucket=settings.PORTAL_FILES_BUCKET, Prefix=snapshot.file)
    assert listed["KeyCount"] == 0
    daily = take_snapshot(actor=None, reason=Snapshot.Reason.DAILY)
    assert "go by rule" in said(page.post(url("remove", daily)))
    assert Snapshot.objects.filter(pk=daily.pk, state="ready").exists()


@pytest.mark.parametrize("who", [None, "outsider", "colleague"])
def test_nobody_else_gets_there(client, request, who, snapshot):
    if who:
        client.force_login(request.getfixturevalue(who))
    addresses = [LIST, *(url(name, snapshot) for name in ("change", "compare", "download", "remove", "restore"))]
    for address in addresses:
        assert client.get(address).status_code == 302, address
        assert client.post(address, {"whole": "1"}).status_code == 302, address
    assert Snapshot.objects.count() == 1
