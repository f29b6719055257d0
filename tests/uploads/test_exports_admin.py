"""Exports in the admin: who gets there, that a GET changes nothing, what is offered in which state."""

import csv
import io

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.urls import reverse

from tests.uploads.ledger_rows import fill, make_session
from uploads.ledger.filter import LogFilter
from uploads.models import Export, UploadLog
from uploads.services.exports import order_export, run_export

LIST = "/admin/uploads/export/"
ORDER = LIST + "order/"


@pytest.fixture
def ledger(colleague, outsider, ladera, savanna):
    fill([make_session(colleague, ladera), make_session(outsider, savanna)], 40)


@pytest.fixture
def http(client, maintainer):
    client.force_login(maintainer)
    return client


@pytest.fixture
def export(maintainer, ledger) -> Export:
    return order_export(actor=maintainer, wanted=LogFilter(status="failed"), format=Export.Format.CSV)


def url(name: str, export: Export) -> str:
    return reverse(f"admin:uploads_export_{name}", args=[export.pk])


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_ordered_from_the_ledger_s_list_with_its_filters(http, ledger, ladera, maintainer, colleague):
    asked = {"status__exact": "failed", "deployment__id__exact": ladera.pk, "session__account__id__exact": colleague.pk}
    listed = http.get("/admin/uploads/uploadlog/", asked)
    link = listed.context["cl"].export_url
    page = http.get(link)
    assert b"deployment dep000045" in page.content
    assert not Export.objects.exists()
    response = http.post(link, {"format": "csv"})
    assert (response.status_code, response["Location"]) == (302, LIST)
    export = Export.objects.get()
    assert (export.account, export.state, export.format) == (maintainer, "waiting", "csv")
    wanted = LogFilter(deployment="dep000045", status="failed", uploader="colleague")
    assert LogFilter.from_json(export.selection) == wanted
    assert export.in_words == "deployment dep000045, uploaded by colleague, state failed"


def test_a_selection_with_everything_is_kept_as_it_was(http, ledger):
    http.post(f"{ORDER}?granted_at_from=2026-03-01&granted_at_to=2026-03-02&q=1970", {"format": "parquet"})
    asked = LogFilter.from_json(Export.objects.get().selection)
    assert (str(asked.granted_from), str(asked.granted_to), asked.name_prefix) == ("2026-03-01", "2026-03-02", "1970")


@pytest.mark.parametrize("query", ["size_bytes__gt=1", "deployment__id__exact=999999", "session__id__exact=x"])
def test_a_selection_that_cannot_be_read_orders_nothing(http, ledger, query):
    response = http.post(f"{ORDER}?{query}", {"format": "csv"})
    assert response["Location"] == "/admin/uploads/uploadlog/"
    assert "Choose the filters again" in said(response)
    assert not Export.objects.exists()


def test_an_unknown_format_orders_nothing(http, ledger):
    assert http.post(ORDER, {"format": "exe"}).status_code == 200
    assert not Export.objects.exists()


def test_downloaded_when_ready_and_only_then(http, export, store):
    response = http.get(url("download", export))
    assert (response.status_code, "no file" in said(response)) == (302, True)
    run_export(export.pk)
    response = http.get(url("download", export))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert f"-{export.pk}.csv" in response["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert {int(row["id"]) for row in rows} == set(
        UploadLog.objects.filter(status="failed").values_list("pk", flat=True)
    )
    export.refresh_from_db()
    store.delete_object(Bucket=settings.PORTAL_FILES_BUCKET, Key=export.file)
    assert http.get(url("download", export)).status_code == 404


def test_cancel_and_again_ask_first(http, export):
    assert b"Cancel it" in http.get(url("cancel", export)).content
    export.refresh_from_db()
    assert export.state == "waiting"
    assert "is cancelled" in said(http.post(url("cancel", export)))
    assert "not under way" in said(http.post(url("cancel", export)))
    http.get(url("again", export))
    assert Export.objects.count() == 1
    http.post(url("again", export))
    newest, old = Export.objects.order_by("-id")
    assert (newest.state, newest.selection, old.state) == ("waiting", export.selection, "cancelled")


def test_progress_is_told_for_those_asked(http, export):
    other = order_export(actor=export.account, wanted=LogFilter(), format=Export.Format.NDJSON)
    Export.objects.filter(pk=export.pk).update(state="running", rows_done=50, rows_estimated=200)
    answer = http.get(LIST + "progress/", {"id": [export.pk, "x", "9" * 30]}).json()
    assert answer == {
        "exports": [
            {
                "id": export.pk,
                "state": "running",
                "text": "50 of about 200 rows",
                "percent": 25,
                "is_under_way": True,
            }
        ]
    }
    Export.objects.filter(pk=other.pk).update(state="running", rows_done=900, rows_estimated=200)
    (told,) = http.get(LIST + "progress/", {"id": other.pk}).json()["exports"]
    assert told["percent"] == 99  # an estimate is none too exact: never whole before it is


def test_the_list_and_the_columns(http, export, django_assert_max_num_queries):
    run_export(export.pk)
    with django_assert_max_num_queries(12):
        page = http.get(LIST).content.decode()
    assert "state failed" in page
    assert "Ready: 4 rows" in page
    assert "Kept until" in page
    assert "Show all" not in page
    detail = http.get(f"{LIST}{export.pk}/change/").content.decode()
    assert "What the device&#x27;s clock said" in detail


@pytest.mark.parametrize("who", [None, "colleague", "outsider", "script"])
def test_for_maintainers_alone(client, request, export, who):
    run_export(export.pk)
    if who:
        client.force_login(request.getfixturevalue(who))
    for name in ("download", "cancel", "again"):
        for response in (client.get(url(name, export)), client.post(url(name, export))):
            assert response.status_code in (302, 403)
            assert not response.get("Location", "/login/").startswith(LIST)
    for address in (ORDER, LIST + "progress/", LIST):
        assert client.get(address).status_code in (302, 403)
    client.post(ORDER, {"format": "csv"})
    assert list(Export.objects.values_list("state", flat=True)) == ["ready"]
