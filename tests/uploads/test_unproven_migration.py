"""The step by which a portal of before calls what no MD5 proves "unproven": rows, what was noted of them, exports."""

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from uploads.models import Drift, Export, UploadLog, UploadSession

BEFORE, AFTER = "0013_lost_when_said", "0017_damage"


def migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("uploads", name)])


@pytest.fixture
def before(transactional_db):
    migrate(BEFORE)
    yield MigrationExecutor(connection).loader.project_state([("uploads", BEFORE)]).apps
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())  # what came after these steps too


def test_the_word_changes_wherever_it_was_kept(before, account, site, store):
    now = timezone.now()
    session = UploadSession.objects.create(
        account=account, deployment=site.deployment, data_type="snapshot_images", started_at=now, last_seen_at=now
    )
    of_session = {"session_id": session.pk, "deployment_id": site.deployment.pk, "data_type": "snapshot_images"}
    rows = before.get_model("uploads", "UploadLog").objects
    old = rows.create(filename="a.jpg", status="stored", stored_at=now, **of_session)
    granted = rows.create(filename="b.jpg", status="granted", granted_at=now, grant_expires_at=now, **of_session)
    gone = rows.create(filename="c.jpg", status="missing", error_code="vanished", **of_session)
    drift = Drift.objects.create(
        row_id=gone.pk,
        deployment=site.deployment,
        data_type="snapshot_images",
        kind="vanished",
        status_before="stored",
        found_at=now,
        looked_at=now,
    )
    exports = [
        Export.objects.create(account=account, selection=selection, format="csv")
        for selection in ({"status": "stored"}, {"status": "verified"}, {})
    ]
    migrate(AFTER)
    for row in (old, granted, gone, drift, *exports):
        row.refresh_from_db()
    assert [row.status for row in (old, granted, gone)] == ["unproven", "granted", "missing"]
    assert drift.status_before == "unproven"
    assert [export.selection for export in exports] == [{"status": "unproven"}, {"status": "verified"}, {}]
    with pytest.raises(IntegrityError, match="one_live_row_per_key"):  # it holds its key as before
        UploadLog.objects.create(filename="a.jpg", status="granted", granted_at=now, grant_expires_at=now, **of_session)
    # An older process writes no row that nobody watches.
    with pytest.raises(IntegrityError, match="stored_is_no_state"):
        UploadLog.objects.create(filename="d.jpg", status="stored", **of_session)


def test_the_live_states_are_one_list():
    assert UploadLog.LIVE_SQL == "status IN ('granted', 'verified', 'unproven')"
