"""Changed and vanished files in the admin: found on the front page, told apart, settled with a reason, downloaded."""

import csv
import io
import re
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.uploads import stored_objects
from tests.uploads.stored_objects import BODY, counted, row
from uploads.models import Drift, UploadLog
from uploads.services import drift_settle

pytestmark = pytest.mark.django_db
LIST = "/admin/uploads/drift/"
NAMES = [f"2025071422{minute:02}00-snapshot.jpg" for minute in range(3)]
OTHER = b"4321"


@pytest.fixture
def http(maintainer) -> Client:
    client = Client()
    client.force_login(maintainer)
    return client


@pytest.fixture
def put(store, site):
    return partial(stored_objects.put, store, site.deployment)


@pytest.fixture
def drifts(site, account, put) -> dict[str, Drift]:
    """The first was overwritten, the second is gone, the third is gone and was never proven."""
    put(NAMES[0], OTHER)
    row(site.deployment, account, NAMES[0], path_on_card="=DCIM/1.jpg")
    row(site.deployment, account, NAMES[1])
    row(site.deployment, account, NAMES[2], status="unproven", md5="", verified_at=None)
    counted(site.deployment)
    return {drift.row.filename: drift for drift in Drift.objects.select_related("row")}


def shown(response) -> set[str]:
    assert response.status_code == 200
    return {drift.row.filename for drift in response.context["cl"].result_list}


def test_where_nothing_drifted_the_pages_are_calm(http, site):
    assert shown(http.get(LIST)) == set()
    assert "Stored files have changed" not in http.get("/admin/").content.decode()
    assert "None of these waits" in http.get(f"{LIST}settle/", follow=True).content.decode()


def test_the_front_page_shows_it_until_it_is_settled(http, drifts, maintainer):
    text = http.get("/admin/").content.decode()
    assert "Stored files have changed or vanished" in text
    assert "1 changed, 2 vanished" in text
    (link,) = set(re.findall(r'href="(/admin/uploads/drift/\?standing=open&amp;deployment__id__exact=\d+)"', text))
    assert shown(http.get(link.replace("&amp;", "&"))) == set(NAMES)
    ids = [drift.pk for drift in drifts.values()]
    drift_settle.settle_drifts(actor=maintainer, ids=ids, reason="The operator moved them.")
    assert "Stored files have changed" not in http.get("/admin/").content.decode()


def test_the_list_by_how_it_stands(http, drifts, put):
    put(NAMES[1])
    counted(drifts[NAMES[0]].deployment)
    assert shown(http.get(f"{LIST}?standing=back")) == {NAMES[1]}
    http.post(f"{LIST}{drifts[NAMES[0]].pk}/settle_this/", {"reason": "known", "apply": "1"})
    assert shown(http.get(f"{LIST}?standing=settled")) == {NAMES[0]}
    assert shown(http.get(f"{LIST}?standing=open")) == set(NAMES[1:])
    assert shown(http.get(f"{LIST}?kind__exact=vanished")) == set(NAMES[1:])
    assert shown(http.get(f"{LIST}?q={NAMES[2][:14]}")) == {NAMES[2]}


def test_a_file_leads_to_all_that_it_concerns(http, drifts, account):
    drift = drifts[NAMES[0]]
    text = http.get(f"{LIST}{drift.pk}/change/").content.decode()
    session = drift.row.session_id
    for link in (
        f"/admin/deployments/deployment/{drift.deployment_id}/change/",
        f"/admin/uploads/uploadsession/{session}/change/",
        f"/uploads/{session}/",
        f"/admin/accounts/user/{account.pk}/change/",
        f"/admin/uploads/uploadlog/{drift.row_id}/change/",
    ):
        assert f'href="{link}"' in text, link
    assert f"MD5 {stored_objects.MD5}" in text
    assert "Nothing overwrites what is there now" in text


def test_settling_needs_a_reason_which_is_kept_with_who_and_when(http, drifts, maintainer):
    drift = drifts[NAMES[0]]
    page = f"{LIST}{drift.pk}/settle_this/"
    assert "the loss is known" in http.get(page).content.decode()
    http.post(page, {"reason": "  ", "apply": "1"})
    drift.refresh_from_db()
    assert drift.settled_at is None
    answer = http.post(page, {"reason": "Overwritten by the operator's test.", "apply": "1"}, follow=True)
    drift.refresh_from_db()
    assert (drift.settled_by, drift.reason) == (maintainer, "Overwritten by the operator's test.")
    assert (drift.is_restored, drift.row.status) == (False, "mismatch")
    text = answer.content.decode()
    assert "1 settled as a loss that is known" in text
    assert "Overwritten by the operator&#x27;s test." in text


def test_what_is_back_is_proven_again_by_settling_it(http, drifts, put):
    put(NAMES[0], BODY)
    put(NAMES[1], BODY[::-1])
    put(NAMES[2], BODY)
    ids = [str(drift.pk) for drift in drifts.values()]
    chosen = {"action": "settle_chosen", "_selected_action": ids}
    asked = http.post(LIST, chosen)
    assert "Settle 3 changed or vanished files" in asked.content.decode()
    assert Drift.objects.filter(settled_at=None).count() == 3
    http.post(LIST, chosen | {"apply": "1", "reason": "brought back"})
    rows = UploadLog.objects.filter(filename__in=NAMES).order_by("filename")
    assert [file.status for file in rows] == ["verified", "missing", "unproven"]
    assert list(Drift.objects.order_by("row__filename").values_list("is_restored", flat=True)) == [True, False, True]
    counted(drifts[NAMES[0]].deployment)
    assert Drift.objects.count() == 3


def test_all_that_are_shown_at_once(http, drifts):
    page = f"{LIST}settle/?kind__exact=vanished"
    assert "Settle 2 changed or vanished files" in http.get(page).content.decode()
    http.post(page, {"apply": "1", "reason": "known"})
    assert set(Drift.objects.filter(settled_at=None).values_list("kind", flat=True)) == {"changed"}


def test_a_download_names_each_with_its_uploader_and_no_formula_lives(http, drifts, account):
    text = b"".join(http.get(f"{LIST}csv/?standing=open").streaming_content).decode("utf-8-sig")
    rows = {line["file"]: line for line in csv.DictReader(io.StringIO(text))}
    assert set(rows) == set(NAMES)
    line = rows[NAMES[0]]
    assert (line["what_happened"], line["account"], line["email"]) == ("changed", account.username, account.email)
    assert line["path_on_card"] == "'=DCIM/1.jpg"
    assert line["receipt"].endswith(f"/uploads/{line['session']}/")


@pytest.mark.parametrize("who", ["colleague", "outsider"])
def test_others_neither_see_nor_settle(client, request, drifts, who):
    client.force_login(request.getfixturevalue(who))
    drift = drifts[NAMES[0]]
    for path in (LIST, f"{LIST}csv/", f"{LIST}{drift.pk}/settle_this/"):
        assert client.post(path, {"apply": "1", "reason": "mine"}).status_code in (302, 403)
    assert Drift.objects.filter(settled_at=None).count() == 3


def test_queries_do_not_grow_with_what_drifted(http, drifts, site, account):
    numbers = []
    for more in (0, 40):
        for number in range(more):
            row(site.deployment, account, f"x{number}.jpg")
        counted(site.deployment)
        with CaptureQueriesContext(connection) as queries:
            http.get(LIST)
        numbers.append(len(queries))
    assert numbers == [7, 7]
