"""A process that is killed in the midst of taking or restoring: tables and storage are whole afterwards."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from amiportal.operations.snapshots.contents import current_contents, differences
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import keep_snapshots, plan_restore, restore, take_snapshot
from amiportal.operations.snapshots.services.planning import Selection
from deployments.models import Bucket, Deployment, HardwareConfig
from tests.people import make_deployment
from tests.snapshots.killed import DIED

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
EVERYTHING = Selection.everything()


def run_killed(*arguments: object) -> None:
    """In a process of its own, on the tests' database and store; it must have died at its step."""
    address = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}")
    command = [sys.executable, "-m", "tests.snapshots.killed", *map(str, arguments)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address.geturl()},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == DIED, done.stderr.decode()


def files(store) -> set[str]:
    listed = store.list_objects_v2(Bucket=settings.PORTAL_FILES_BUCKET, Prefix="snapshots/")
    return {item["Key"] for item in listed.get("Contents", [])}


@pytest.mark.parametrize(
    ("step", "files_left"),
    [("before:taking.save_file", 0), ("before:taking.read_file", 1), ("after:taking.read_file", 1)],
)
def test_taking(store, step, files_left):
    before = files(store)
    run_killed("take", step)
    (snapshot,) = Snapshot.objects.all()
    assert (snapshot.state, snapshot.sha256) == ("taking", "")
    assert len(files(store) - before) == files_left
    Snapshot.objects.update(taken_at=timezone.now() - timedelta(hours=2))
    taken = keep_snapshots()
    assert list(Snapshot.objects.all()) == [taken]
    assert files(store) - before == {taken.file}


@pytest.fixture
def spoilt(panama, ladera) -> Snapshot:
    """A snapshot, and since then something of everything: changed, gone, new."""
    torre = make_deployment("dep000050", panama, "Torre", previous_season=ladera, status="active")
    snapshot = take_snapshot(actor=None, reason=Snapshot.Reason.HAND)
    Deployment.objects.filter(pk=torre.pk).delete()
    HardwareConfig.objects.filter(number=6).delete()
    Bucket.objects.update(country_code="XXX")
    Deployment.objects.filter(pk=ladera.pk).update(location_name="Other", status="inactive")
    make_deployment("dep000060", panama, "New", status="active")
    return snapshot


@pytest.mark.parametrize(
    "step",
    [
        "before:restoring.take_snapshot",
        "after:restoring.take_snapshot",
        "after:restoring._lock_tables",
        "after:restoring._make_way",
        "after:restoring._insert",
        "after:restoring._update",
        "after:restoring._keep_sequences",
        "after:restoring._write",
        "after:restoring._prove",
    ],
)
def test_restoring(spoilt, step):
    before, history = current_contents(), Deployment.history.count()
    run_killed("restore", spoilt.pk, step)
    assert differences(before, current_contents()) == {}
    assert Deployment.history.count() == history
    ways_back = Snapshot.objects.filter(reason="restore")
    assert [s.state for s in ways_back] == ([] if step.startswith("before") else ["ready"])
    plan = plan_restore(actor=None, snapshot=spoilt, chosen=EVERYTHING)  # nothing is locked, nothing in the way
    done, way_back = restore(actor=None, snapshot=spoilt, chosen=EVERYTHING, digest=plan.digest)
    assert {effect.kind for effect in done.effects} == {"insert", "update", "retire"}
    assert Deployment.objects.get(deployment_id="dep000050").previous_season.deployment_id == "dep000045"
    assert Deployment.objects.get(deployment_id="dep000060").status == "inactive"
    assert way_back.state == "ready"
