"""A worker that dies half-way: nothing half is ever offered, and whoever is given the job begins again."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app

from tests.uploads.export_killed import DIED
from tests.uploads.ledger_rows import fill, make_session
from uploads.ledger.filter import LogFilter
from uploads.models import Export
from uploads.services import exports
from uploads.services.exports import order_export, run_export
from uploads.tasks.exports import begin_export

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ledger(colleague, ladera):
    fill([make_session(colleague, ladera)], 20)


def run_killed(export: Export, step: str) -> None:
    address = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}")
    done = subprocess.run(
        [sys.executable, "-m", "tests.uploads.export_killed", str(export.pk), step],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address.geturl()},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == DIED, done.stderr.decode()


def files_of(store, export: Export) -> list[str]:
    listed = store.list_objects_v2(Bucket=settings.PORTAL_FILES_BUCKET, Prefix=f"exports/{export.pk}-")
    return [item["Key"] for item in listed.get("Contents", [])]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["after:_begin", "before:save_file", "after:save_file"])
def test_begun_anew_by_another_worker(ledger, maintainer, store, step):
    export = order_export(actor=maintainer, wanted=LogFilter(), format=Export.Format.NDJSON)
    run_killed(export, step)
    export.refresh_from_db()
    assert (export.state, export.attempt) == ("running", 1)
    run_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.attempt, export.rows_done) == ("ready", 2, 20)
    assert files_of(store, export) == [export.file]
    content = store.get_object(Bucket=settings.PORTAL_FILES_BUCKET, Key=export.file)["Body"].read()
    assert len(content.splitlines()) == 20


@pytest.mark.parametrize("successor", ["has ended", "is at work"])
def test_one_that_was_thought_dead_changes_nothing_of_its_successor_s(
    ledger, maintainer, store, monkeypatch, successor
):
    """The slower of two stops at its next portion, and stores nothing."""
    export = order_export(actor=maintainer, wanted=LogFilter(), format=Export.Format.CSV)
    read = exports.read_ledger

    def overtaken(*given):
        monkeypatch.setattr(exports, "read_ledger", read)
        if successor == "has ended":
            run_export(export.pk)
        else:
            Export.objects.update(attempt=2, rows_done=3)  # as when it began again and has read a little
        yield from read(*given)

    monkeypatch.setattr(exports, "read_ledger", overtaken)
    run_export(export.pk)
    export.refresh_from_db()
    if successor == "has ended":
        assert (export.state, export.attempt, export.file) == ("ready", 2, f"exports/{export.pk}-2.csv")
        assert files_of(store, export) == [export.file]
    else:
        assert (export.state, export.attempt, export.file, export.rows_done) == ("running", 2, "", 3)
        assert files_of(store, export) == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_it(ledger, maintainer, empty_queue):
    """Order and job are one; done twice, the second finds nothing to do."""
    export = begin_export(actor=maintainer, wanted=LogFilter(status="failed"), format=Export.Format.PARQUET)
    again = begin_export(actor=maintainer, wanted=LogFilter(), format=Export.Format.CSV)
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    for made in (export, again):
        made.refresh_from_db()
        assert made.state == "ready"
    run_export(export.pk)
    assert Export.objects.get(pk=export.pk).attempt == 1
