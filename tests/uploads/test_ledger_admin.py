"""The ledger's and the sessions' lists in the admin."""

import csv
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.uploads.ledger_rows import fill, make_session
from uploads.admin.paging import LongTable
from uploads.models import UploadLog, UploadSession

URL = "/admin/uploads/uploadlog/"


@pytest.fixture
def ledger(colleague, outsider, ladera, savanna):
    fill([make_session(colleague, ladera), make_session(outsider, savanna, day=1)], 30)


@pytest.fixture
def http(client, maintainer, monkeypatch):
    monkeypatch.setattr(LongTable, "list_per_page", 10)
    client.force_login(maintainer)
    return client


def shown(response) -> list[int]:
    assert response.status_code == 200
    return [row.pk for row in response.context["cl"].result_list]


def link(response, text: str) -> str | None:
    found = re.search(rf'<a href="([^"]*)"[^>]*>{text}</a>', response.content.decode())
    return found[1].replace("&amp;", "&") if found else None


def test_next_previous_last_and_first(http, ledger):
    ids = list(UploadLog.objects.order_by("-id").values_list("pk", flat=True))
    first = http.get(URL)
    assert shown(first) == ids[:10]
    assert (link(first, "Previous"), link(first, "First")) == (None, None)
    second = http.get(URL + link(first, "Next"))
    assert shown(second) == ids[10:20]
    assert shown(http.get(URL + link(second, "Previous"))) == ids[:10]
    last = http.get(URL + link(second, "Last"))
    assert shown(last) == ids[20:]
    assert (link(last, "Next"), link(last, "Last")) == (None, None)
    assert shown(http.get(URL + link(last, "First"))) == ids[:10]


def test_a_page_keeps_its_filters_and_names_them(http, ledger, ladera):
    asked = {"deployment__id__exact": ladera.pk, "status__exact": "verified"}
    response = http.get(URL, asked)
    expected = UploadLog.objects.filter(deployment=ladera, status="verified").order_by("-id")
    assert shown(response) == list(expected.values_list("pk", flat=True))[:10]
    chips = {chip.text: chip.without_it for chip in response.context["cl"].chips()}
    assert list(chips) == ["status: Verified", f"deployment: {ladera}"]
    assert parse_qs(chips["status: Verified"][1:]) == {"deployment__id__exact": [str(ladera.pk)]}
    day = http.get(URL, {"granted_at_from": "2026-03-02", "granted_at_to": "2026-03-02"})
    assert {row.deployment.deployment_id for row in day.context["cl"].result_list} == {"dep000007"}
    onward = parse_qs(urlsplit(link(day, "Next")).query)
    assert onward["granted_at_from"] == ["2026-03-02"]
    assert "from 2026-03-02" in str(day.context["cl"].chips())


def test_a_search_goes_by_name(http, ledger):
    response = http.get(URL, {"q": "1971"})
    names = [row.filename for row in response.context["cl"].result_list]
    assert names == sorted(UploadLog.objects.filter(filename__startswith="1971").values_list("filename", flat=True))
    assert b"by name" in response.content


@pytest.mark.parametrize(
    "query", ["size_bytes__gt=5", "after=x", "before=99999999999999999999", "deployment__id__exact=999999", "after=-1"]
)
def test_what_has_no_meaning_is_refused_not_ignored(http, ledger, query):
    response = http.get(f"{URL}?{query}")
    assert (response.status_code, response["Location"]) == (302, f"{URL}?e=1")


def test_an_empty_page_leads_back(http, ledger):
    response = http.get(URL, {"after": UploadLog.objects.order_by("id").first().pk})
    assert shown(response) == []
    assert shown(http.get(URL + link(response, "Previous")))


def test_nothing_is_counted_and_queries_do_not_grow(http, ledger, ladera, colleague):
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            http.get(URL, {"deployment__id__exact": ladera.pk, "session__account__id__exact": colleague.pk})
        counts.append(len(captured))
        ledger_queries = [q["sql"] for q in captured.captured_queries if "uploads_uploadlog" in q["sql"]]
        assert not [sql for sql in ledger_queries if re.match(r"SELECT COUNT", sql, re.IGNORECASE)]
        fill(list(UploadSession.objects.all()), 20, first=100 + 100 * len(counts))
    assert counts[0] == counts[1] <= 16


def test_sessions_go_by_the_same_pages(http, colleague, ladera, savanna):
    sessions = [make_session(colleague, (ladera, savanna)[n % 2], day=n) for n in range(25)]
    ids = [session.pk for session in sessions][::-1]
    first = http.get("/admin/uploads/uploadsession/")
    assert shown(first) == ids[:10]
    later = http.get("/admin/uploads/uploadsession/" + link(first, "Last"))
    assert shown(later) == ids[15:]
    assert shown(http.get("/admin/uploads/uploadsession/" + link(later, "Previous"))) == ids[5:15]
    of_one = http.get("/admin/uploads/uploadsession/", {"deployment__id__exact": ladera.pk})
    assert shown(of_one) == ids[::2][:10]
    assert [chip.text for chip in of_one.context["cl"].chips()] == [f"deployment: {ladera}"]


def test_sessions_leave_as_csv_with_what_became_of_their_files(http, colleague, outsider, ladera, savanna):
    mine, other = make_session(colleague, ladera), make_session(outsider, savanna, day=1)
    UploadSession.objects.filter(pk=mine.pk).update(uploader_name="=cmd|'/c calc'", declared_files=30)
    fill([mine, other], 60)
    page = http.get("/admin/uploads/uploadsession/", {"deployment__bucket__id__exact": ladera.bucket_id})
    response = http.get(re.search(r'href="([^"]*/csv/[^"]*)"', page.content.decode())[1].replace("&amp;", "&"))
    assert "ami-sessions-" in response["Content-Disposition"]
    (row,) = csv.DictReader(response.getvalue().decode("utf-8-sig").splitlines())
    assert (row["session"], row["account"], row["deployment"]) == (str(mine.pk), "colleague", "dep000045")
    assert (row["uploader_name"], row["declared_files"], row["finished_at"]) == ("'=cmd|'/c calc'", "30", "")
    counted = {status: int(row[status]) for status in UploadLog.Status.values}
    assert counted == {status: mine.files.filter(status=status).count() for status in UploadLog.Status.values}
    assert sum(counted.values()) == 30
    everything = http.get("/admin/uploads/uploadsession/csv/").getvalue().decode().splitlines()
    assert [line.split(",")[0] for line in everything[1:]] == [str(other.pk), str(mine.pk)]


def test_sessions_leave_to_maintainers_alone(client, colleague, ledger):
    client.force_login(colleague)
    response = client.get("/admin/uploads/uploadsession/csv/")
    assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/admin/login/")


def test_a_selection_of_sessions_that_has_no_meaning_is_no_csv(http, ledger):
    response = http.get("/admin/uploads/uploadsession/csv/?deployment__id__exact=x")
    assert (response.status_code, response["Location"]) == (302, "/admin/uploads/uploadsession/")


@pytest.mark.parametrize("page", ["csv", "settle"])
def test_nor_is_one_of_changed_files_that_has_none(http, ledger, page):
    response = http.get(f"/admin/uploads/drift/{page}/?after=x")
    assert (response.status_code, response["Location"]) == (302, "/admin/uploads/drift/")


def test_a_row_that_nobody_can_change_has_no_history_to_open(http, ledger):
    for row in (UploadLog.objects.first(), UploadSession.objects.first()):
        page = http.get(f"/admin/uploads/{row._meta.model_name}/{row.pk}/change/").content.decode()
        assert str(row.pk) in page
        assert f"{row.pk}/history/" not in page
