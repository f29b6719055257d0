"""Going back: what was chosen, all of it or nothing, and never more than a restore may."""

from datetime import date

import pytest
from django.db import connection

from amiportal.accounts.models import User
from amiportal.core.errors import Forbidden
from amiportal.objectstore.models import Allocation
from amiportal.operations.snapshots.contents import current_contents, differences
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import (
    PlanChanged,
    RestoreRefused,
    plan_restore,
    read_snapshot,
    restore,
    take_snapshot,
)
from amiportal.operations.snapshots.services.planning import Selection
from deployments import services
from deployments.models import Bucket, Deployment, HardwareConfig
from tests.people import make_bucket, make_deployment

pytestmark = pytest.mark.django_db
EVERYTHING = Selection.everything()


def taken() -> Snapshot:
    return take_snapshot(actor=None, reason=Snapshot.Reason.HAND)


def one(row) -> Selection:
    table = {Bucket: "buckets", HardwareConfig: "hardware", Deployment: "deployments", User: "people"}[type(row)]
    return Selection(rows=frozenset({(table, row.pk)}))


def go_back(actor, snapshot, chosen=EVERYTHING):
    plan = plan_restore(actor=actor, snapshot=snapshot, chosen=chosen)
    return restore(actor=actor, snapshot=snapshot, chosen=chosen, digest=plan.digest)


def left_over(snapshot) -> dict:
    found = differences(read_snapshot(snapshot), current_contents())
    return {name: [(d.kind, d.names) for d in listed] for name, listed in found.items()}


def test_one_row_goes_back_and_no_other(maintainer, ladera, savanna):
    snapshot = taken()
    Deployment.objects.update(system_id="wrong")
    plan, way_back = go_back(maintainer, snapshot, one(ladera))
    assert [(e.kind, e.told, e.names) for e in plan.effects] == [
        ("update", "dep000045 · Ladera", ("system_id",)),
    ]
    ladera.refresh_from_db()
    savanna.refresh_from_db()
    assert (ladera.system_id, savanna.system_id) == ("sys000045", "wrong")
    newest = ladera.history.first()
    assert (newest.history_user, newest.history_change_reason) == (maintainer, f"Restored from the {snapshot}")
    assert not savanna.history.filter(history_change_reason__startswith="Restored").exists()
    assert (way_back.reason, way_back.state) == ("restore", "ready")
    assert read_snapshot(way_back).rows["deployments"][ladera.pk]["system_id"] == "wrong"


def test_the_whole_goes_back_and_deletes_nothing(maintainer, ladera, savanna, panama):
    light = HardwareConfig.objects.get(number=6)
    ladera.hardware, ladera.first_day = HardwareConfig.objects.get(number=3), date(2026, 4, 1)
    ladera.save()
    snapshot = taken()
    Deployment.objects.filter(pk=savanna.pk).update(location_name="Gate", latitude=1, longitude=2, hardware=5)
    Bucket.objects.filter(pk=panama.pk).update(title="Panamá")
    Allocation.objects.update(size_tb=300)
    old_pk, made_at = light.pk, ladera.created_at
    light.delete()
    Deployment.objects.filter(pk=ladera.pk).delete()
    new_bucket = make_bucket("cri", "Costa Rica")
    new = make_deployment("dep000200", new_bucket, "Coast", status="active")

    plan, _ = go_back(maintainer, snapshot)
    assert left_over(snapshot) == {"buckets": [("added", ())], "deployments": [("added", ())]}
    again = Deployment.objects.get(deployment_id="dep000045")
    assert (again.pk, again.created_at, again.hardware.number) == (ladera.pk, made_at, 3)
    assert again.history.first().history_change_reason == f"Restored from the {snapshot}"
    assert again.history.first().created_at == made_at
    assert HardwareConfig.objects.get(number=6).pk == old_pk
    new.refresh_from_db()
    assert (new.status, new.retired_by, new.retire_reason) == ("inactive", maintainer, f"Not in the {snapshot}")
    assert [k.told for k in plan.kept] == ["Costa Rica (cri)"]
    assert "deletes nothing" in plan.kept[0].why
    assert savanna.history.first().location_name == "Savanna Gate"
    assert new.history.first().status == "inactive"


def test_sites_seasons_and_titles_that_changed_hands(maintainer, panama, kenya, ladera):
    torre = make_deployment("dep000050", panama, "Torre", camera_id="T", status="active", previous_season=ladera)
    third = make_deployment("dep000051", panama, "Coast", previous_season=torre)
    snapshot = taken()
    Deployment.objects.update(previous_season=None, status="inactive")
    Deployment.objects.filter(pk=torre.pk).update(location_name="Ladera", camera_id="81B1C025", status="active")
    Deployment.objects.filter(pk=ladera.pk).update(location_name="Torre", camera_id="T", status="active")
    Deployment.objects.filter(pk=third.pk).update(previous_season=ladera)
    Bucket.objects.filter(pk=panama.pk).update(title="x")
    Bucket.objects.filter(pk=kenya.pk).update(title="Panama")
    Bucket.objects.filter(pk=panama.pk).update(title="Kenya")
    HardwareConfig.objects.filter(number=1).update(number=99)
    HardwareConfig.objects.filter(number=2).update(number=1)
    HardwareConfig.objects.filter(number=99).update(number=2)
    go_back(maintainer, snapshot)
    assert left_over(snapshot) == {}
    third.refresh_from_db()
    assert third.previous_season == torre


def test_ids_are_never_given_again(maintainer, panama, ladera):
    make_deployment("dep009000", panama, "Far")
    snapshot = taken()
    Deployment.objects.filter(deployment_id="dep009000").delete()
    with connection.cursor() as cursor:  # as in a database made again
        cursor.execute("ALTER SEQUENCE deployment_number_seq RESTART")
        cursor.execute("SELECT setval(pg_get_serial_sequence('deployments_deployment', 'id'), 1)")
    go_back(maintainer, snapshot)
    new = services.create_deployment(actor=maintainer, bucket=panama, location_name="Next")
    assert new.deployment_id == "dep009001"
    assert new.pk > Deployment.objects.get(deployment_id="dep009000").pk


def test_rows_that_changed_after_the_preview(maintainer, ladera):
    snapshot = taken()
    Deployment.objects.filter(pk=ladera.pk).update(system_id="wrong")
    plan = plan_restore(actor=maintainer, snapshot=snapshot, chosen=one(ladera))
    Deployment.objects.filter(pk=ladera.pk).update(system_id="righted by somebody else")
    with pytest.raises(PlanChanged) as caught:
        restore(actor=maintainer, snapshot=snapshot, chosen=one(ladera), digest=plan.digest)
    assert caught.value.plan.effects[0].before["system_id"] == "righted by somebody else"
    ladera.refresh_from_db()
    assert ladera.system_id == "righted by somebody else"
    assert not Snapshot.objects.filter(reason="restore").exists()


def test_rows_that_change_at_the_last_moment(maintainer, ladera, monkeypatch):
    """Between the second look and the lock, as far as that can be: while the way back is taken."""
    snapshot = taken()
    Deployment.objects.filter(pk=ladera.pk).update(system_id="wrong")
    plan = plan_restore(actor=maintainer, snapshot=snapshot, chosen=one(ladera))

    def take_and_change(**given):
        Deployment.objects.filter(pk=ladera.pk).update(camera_id="new")
        return take_snapshot(**given)

    monkeypatch.setattr("amiportal.operations.snapshots.services.restoring.take_snapshot", take_and_change)
    with pytest.raises(PlanChanged):
        restore(actor=maintainer, snapshot=snapshot, chosen=one(ladera), digest=plan.digest)
    ladera.refresh_from_db()
    assert (ladera.system_id, ladera.camera_id) == ("wrong", "new")


def test_what_the_database_does_not_keep_is_no_restore(maintainer, ladera, savanna):
    """A trigger of the operator's takes each update, and leaves one column as it was."""
    snapshot = taken()
    Deployment.objects.update(system_id="wrong", camera_id="")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "CREATE FUNCTION keep_system() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.system_id = OLD.system_id; RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER keep_system BEFORE UPDATE ON deployments_deployment "
            "FOR EACH ROW EXECUTE FUNCTION keep_system()"
        )
    with pytest.raises(RestoreRefused, match="dep000045 · Ladera did not come out as it should"):
        go_back(maintainer, snapshot, one(ladera))
    ladera.refresh_from_db()
    assert (ladera.system_id, ladera.camera_id) == ("wrong", "")
    assert not ladera.history.filter(history_change_reason__startswith="Restored").exists()


def test_what_could_not_stand_is_told_in_the_preview_and_refused(maintainer, panama, ladera):
    snapshot = taken()
    services.retire_deployment(actor=maintainer, deployment=ladera, reason="over")
    make_deployment("dep000050", panama, camera_id="81B1C025", status="active")
    plan = plan_restore(actor=maintainer, snapshot=snapshot, chosen=one(ladera))
    assert "dep000045 and dep000050 would both be active" in plan.faults[0]
    with pytest.raises(RestoreRefused, match="would both be active"):
        restore(actor=maintainer, snapshot=snapshot, chosen=one(ladera), digest=plan.digest)
    ladera.refresh_from_db()
    assert not ladera.is_active
    go_back(maintainer, snapshot)  # with the other one retired, it can stand
    ladera.refresh_from_db()
    assert ladera.is_active


def test_what_a_row_refers_to_must_be_there(maintainer, ladera):
    light = HardwareConfig.objects.get(number=3)
    Deployment.objects.filter(pk=ladera.pk).update(hardware=light)
    snapshot = taken()
    Deployment.objects.filter(pk=ladera.pk).update(hardware=None)
    light.delete()
    plan = plan_restore(actor=maintainer, snapshot=snapshot, chosen=one(ladera))
    assert "hardware is not there any more. Restore it too" in plan.faults[0]
    both = Selection(tables=frozenset({"hardware"}), rows=frozenset({("deployments", ladera.pk)}))
    go_back(maintainer, snapshot, both)
    assert left_over(snapshot) == {}


def test_files_stay_where_the_deployment_says(maintainer, colleague, kenya, ladera):
    snapshot = taken()
    Deployment.objects.filter(pk=ladera.pk).update(bucket=kenya, system_id="wrong")
    at = "2026-05-01T00:00Z"
    ladera.upload_sessions.create(account=colleague, data_type="snapshot_images", started_at=at, last_seen_at=at)
    plan, _ = go_back(maintainer, snapshot)
    assert [(k.name, k.why[:15]) for k in plan.kept] == [("bucket_id", "It has uploads:")]
    ladera.refresh_from_db()
    assert (ladera.bucket, ladera.system_id) == (kenya, "sys000045")


def test_who_may(colleague, ladera):
    snapshot = taken()
    with pytest.raises(Forbidden):
        plan_restore(actor=colleague, snapshot=snapshot, chosen=EVERYTHING)
    with pytest.raises(Forbidden):
        restore(actor=colleague, snapshot=snapshot, chosen=EVERYTHING, digest="")
