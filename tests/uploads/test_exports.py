"""Exports of the ledger: what the files hold, and that no file is offered that is not whole."""

import csv
import io
import json
from datetime import timedelta

import pyarrow.parquet
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from amiportal.background.models import LeftOver
from amiportal.core.errors import Conflict, PortalError, StoreDenied, StoreUnavailable
from tests.people import signed_in
from tests.uploads.ledger_rows import fill, make_session, row
from uploads.ledger import reading
from uploads.ledger.columns import COLUMNS, as_told, values_of
from uploads.ledger.filter import LogFilter, log_visible_to
from uploads.ledger.reading import read_ledger
from uploads.models import Export, UploadLog
from uploads.services import exports
from uploads.services.exports import cancel_export, order_export, remove_expired, run_export

LIVE = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx")


@pytest.fixture
def sessions(colleague, outsider, ladera, savanna):
    return [make_session(colleague, ladera), make_session(outsider, savanna), make_session(colleague, savanna, day=1)]


@pytest.fixture
def ledger(sessions):
    fill(sessions, 60)


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch):
    monkeypatch.setattr(reading, "PORTION_ROWS", 7)
    monkeypatch.setattr(reading, "_SESSIONS_AT_ONCE", 2)


@pytest.fixture
def exported(maintainer, store):
    """Order and run; the export and its file's bytes."""

    def export(format: str, **asked) -> tuple[Export, bytes]:
        made = order_export(actor=maintainer, wanted=LogFilter(**asked), format=Export.Format(format))
        run_export(made.pk)
        made.refresh_from_db()
        assert (made.state, made.error) == ("ready", "")
        content = store.get_object(Bucket=settings.PORTAL_FILES_BUCKET, Key=made.file)["Body"].read()
        assert made.size_bytes == len(content)
        return made, content

    return export


def files(store) -> set[str]:
    listed = store.list_objects_v2(Bucket=settings.PORTAL_FILES_BUCKET, Prefix="exports/")
    return {item["Key"] for item in listed.get("Contents", [])}


def expected(maintainer, **asked) -> dict[int, tuple]:
    return {found.pk: values_of(found) for found in log_visible_to(maintainer, LogFilter(**asked))}


SELECTIONS = ({}, {"status": "failed"}, {"deployment": "dep000045"}, {"name_prefix": "1971"}, {"bucket": "nowhere"})


@pytest.mark.parametrize("asked", SELECTIONS, ids=str)
def test_csv(exported, ledger, maintainer, asked):
    made, content = exported("csv", **asked)
    assert content.startswith("\ufeff".encode())
    head, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert tuple(head) == tuple(COLUMNS)
    wanted = expected(maintainer, **asked)
    as_text = {pk: ["" if v is None else str(v) for v in as_told(values).values()] for pk, values in wanted.items()}
    assert {int(found[0]): found for found in rows} == as_text
    assert made.rows_done == len(rows) == len(wanted)


@pytest.mark.parametrize("asked", SELECTIONS, ids=str)
def test_ndjson(exported, ledger, maintainer, asked):
    made, content = exported("ndjson", **asked)
    rows = [json.loads(line) for line in content.decode().splitlines()]
    assert {found["id"]: found for found in rows} == {
        pk: as_told(values) for pk, values in expected(maintainer, **asked).items()
    }
    assert made.rows_done == len(rows)


@pytest.mark.parametrize("asked", SELECTIONS, ids=str)
def test_parquet(exported, ledger, maintainer, asked):
    made, content = exported("parquet", **asked)
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    assert table.column_names == list(COLUMNS)
    rows = {found["id"]: found for found in table.to_pylist()}
    for pk, values in expected(maintainer, **asked).items():
        told = dict(zip(COLUMNS, values, strict=True))
        told["device_time"] = told["device_time"] and told["device_time"].replace(tzinfo=None)
        assert rows.pop(pk) == told
    assert rows == {}
    assert made.rows_done == table.num_rows
    assert b"device's clock" in table.schema.field("device_time").metadata[b"description"]


@pytest.mark.parametrize("asked", [{}, {"data_type": "snapshot_images"}], ids=str)
def test_rows_are_read_in_portions_each_once(ledger, sessions, maintainer, asked):
    """A portion is never larger than it may be, and what comes meanwhile, wherever it comes, is left out."""
    ids = []
    for portion in read_ledger(maintainer, LogFilter(**asked)):
        assert len(portion) <= 7
        ids += [found[0] for found in portion]
        UploadLog.objects.bulk_create([row(session, f"late{len(ids)}.jpg", "failed") for session in sessions])
    assert len(ids) == len(set(ids)) == 60


@pytest.mark.parametrize("name", LIVE)
def test_no_cell_is_a_formula_and_numbers_are_untouched(exported, sessions, maintainer, name):
    made = row(sessions[0], "a.jpg")
    made.path_on_card, made.error_code = name, name[:40]
    made.size_bytes = 5
    made.save()
    _, content = exported("csv")
    (found,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert (found["path_on_card"], found["error_code"]) == ("'" + name, "'" + name)
    assert found["size_bytes"] == "5"
    stream = b"".join(signed_in(maintainer).get("/api/v1/uploads/log/", {"format": "csv"}).streaming_content)
    (streamed,) = csv.DictReader(io.StringIO(stream.decode(), newline=""))
    assert streamed["path_on_card"] == "'" + name


@pytest.mark.parametrize("asked", SELECTIONS, ids=str)
def test_the_api_streams_and_pages_the_same_rows(ledger, maintainer, colleague, asked):
    for actor in (maintainer, colleague):
        wanted = {pk: as_told(values) for pk, values in expected(actor, **asked).items()}
        http = signed_in(actor)
        stream = b"".join(http.get("/api/v1/uploads/log/", asked | {"format": "ndjson"}).streaming_content)
        assert {found["id"]: found for found in map(json.loads, stream.decode().splitlines())} == wanted
        rows, address = [], "/api/v1/uploads/log/?page_size=7"
        answer = http.get(address, asked).json()
        while rows.extend(answer["results"]) or answer["next"]:
            answer = http.get(answer["next"]).json()
        assert {found["id"]: found for found in rows} == wanted
        assert len(rows) == len(wanted)


def test_only_for_maintainers(ledger, colleague):
    with pytest.raises((PortalError, PermissionDenied)):
        order_export(actor=colleague, wanted=LogFilter(), format=Export.Format.CSV)
    assert not Export.objects.exists()


def test_cancelled_before_and_in_the_midst(ledger, maintainer, store, monkeypatch):
    before = files(store)
    waiting = order_export(actor=maintainer, wanted=LogFilter(), format=Export.Format.CSV)
    cancel_export(actor=maintainer, export=waiting)
    run_export(waiting.pk)
    running = order_export(actor=maintainer, wanted=LogFilter(), format=Export.Format.CSV)
    portions = []

    def cancelling(*given):
        for portion in read_ledger(*given):
            portions.append(portion)
            if len(portions) == 2:
                cancel_export(actor=maintainer, export=running)
            yield portion

    monkeypatch.setattr(exports, "read_ledger", cancelling)
    run_export(running.pk)
    assert len(portions) == 2
    for export in (waiting, running):
        export.refresh_from_db()
        assert (export.state, export.file) == ("cancelled", "")
        with pytest.raises(Conflict):
            cancel_export(actor=maintainer, export=export)
    assert files(store) == before


def test_cancelled_while_the_file_is_stored(ledger, maintainer, store, monkeypatch):
    before = files(store)
    export = order_export(actor=maintainer, wanted=LogFilter(), format=Export.Format.CSV)
    save = exports.save_file

    def cancelling(*given):
        cancel_export(actor=maintainer, export=export)
        return save(*given)

    monkeypatch.setattr(exports, "save_file", cancelling)
    run_export(export.pk)
    export.refresh_from_db()
    assert export.state == "cancelled"
    assert files(store) == before


def test_a_store_that_fails_is_told(ledger, maintainer, monkeypatch):
    export = order_export(actor=maintainer, wanted=LogFilter(), format=Export.Format.CSV)

    def failing(*_):
        raise StoreUnavailable("The object store does not answer.")

    monkeypatch.setattr(exports, "save_file", failing)
    run_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.error) == ("failed", "The object store does not answer.")


def test_expired_after_thirty_days(exported, ledger, store):
    made, _ = exported("csv")
    now = timezone.now()
    assert timedelta(days=29) < made.expires_at - now < timedelta(days=31)
    assert remove_expired(now=now) == 0
    assert made.file in files(store)
    assert remove_expired(now=now + timedelta(days=31)) == 1
    left = Export.objects.get(pk=made.pk)
    assert (left.state, left.file) == ("expired", "")
    assert made.file not in files(store)


def test_one_file_that_cannot_be_removed_keeps_no_other(exported, ledger, store, monkeypatch):
    first, _ = exported("csv")
    second, _ = exported("ndjson")
    honest = exports.delete_file

    def refusing(name: str) -> None:
        if name == first.file:
            raise StoreDenied("The object store refused the portal's access key or its rights (AccessDenied).")
        honest(name)

    monkeypatch.setattr(exports, "delete_file", refusing)
    later = timezone.now() + timedelta(days=31)
    assert [remove_expired(now=later), remove_expired(now=later)] == [1, 0]
    assert second.file not in files(store)
    assert LeftOver.objects.get().item == first.file
    monkeypatch.setattr(exports, "delete_file", honest)
    assert remove_expired(now=later) == 1
    assert first.file not in files(store)
    assert not LeftOver.objects.exists()
