"""Files of another time: what is known is used, what is not is told, what is damaged is refused."""

import gzip
import hashlib
import json

import pytest
from django.conf import settings

from amiportal.operations.snapshots.contents import current_contents, differences
from amiportal.operations.snapshots.fileformat import FORMAT, NotASnapshot, pack, unpack
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import (
    SnapshotUnreadable,
    plan_restore,
    read_snapshot,
    restore,
    take_snapshot,
)
from amiportal.operations.snapshots.services.planning import Selection
from amiportal.operations.snapshots.tables import TABLES, current_lines
from deployments.models import Deployment

pytestmark = pytest.mark.django_db


def rewritten(store, change_row, fields) -> Snapshot:
    """A snapshot as another version of the portal would have written it."""
    snapshot = take_snapshot(actor=None, reason=Snapshot.Reason.HAND)
    lines = [(table, json.dumps(change_row(table, json.loads(row)))) for table, row in current_lines()]
    manifest, packed = pack(lines, about={"fields": fields})
    store.put_object(Bucket=settings.PORTAL_FILES_BUCKET, Key=snapshot.file, Body=packed)
    Snapshot.objects.filter(pk=snapshot.pk).update(sha256=hashlib.sha256(packed).hexdigest(), manifest=manifest)
    snapshot.refresh_from_db()
    return snapshot


def test_unknown_fields_are_told_and_missing_ones_stay(store, maintainer, ladera):
    def older(table, row):
        if table == "deployments":
            row["location_id"] = "loc1"
            del row["time_zone"]
        return row

    fields = {table.name: list(table.names) for table in TABLES if table.name != "allocation"}
    fields["deployments"] = [*(n for n in fields["deployments"] if n != "time_zone"), "location_id"]
    fields["stations"] = ["id"]
    snapshot = rewritten(store, older, fields)
    Deployment.objects.filter(pk=ladera.pk).update(system_id="wrong", time_zone="America/Panama")
    then = read_snapshot(snapshot)
    told = " ".join(then.notes)
    assert "“stations” is not known here" in told
    assert "“location_id” is not known here any more" in told
    assert "“time zone” is not in it and stays" in told
    assert "“Allocation” is not in it" in told
    chosen = Selection.everything()
    plan = plan_restore(actor=maintainer, snapshot=snapshot, chosen=chosen)
    assert [e.names for e in plan.effects] == [("system_id",)]
    restore(actor=maintainer, snapshot=snapshot, chosen=chosen, digest=plan.digest)
    ladera.refresh_from_db()
    assert (ladera.system_id, ladera.time_zone) == ("sys000045", "America/Panama")
    assert differences(read_snapshot(snapshot), current_contents()) == {}


def test_a_row_that_is_gone_comes_back_without_what_the_file_lacks(store, maintainer, ladera):
    def older(table, row):
        return {k: v for k, v in row.items() if (table, k) not in (("deployments", "time_zone"), ("buckets", "title"))}

    fields = {t.name: [n for n in t.names if n not in ("time_zone", "title")] for t in TABLES}
    snapshot = rewritten(store, older, fields)
    Deployment.objects.filter(pk=ladera.pk).delete()
    chosen = Selection(rows=frozenset({("deployments", ladera.pk)}))
    plan = plan_restore(actor=maintainer, snapshot=snapshot, chosen=chosen)
    restore(actor=maintainer, snapshot=snapshot, chosen=chosen, digest=plan.digest)
    again = Deployment.objects.get(pk=ladera.pk)
    assert (again.deployment_id, again.time_zone) == ("dep000045", "")


def test_a_value_that_no_column_takes_is_refused(store, maintainer, ladera):
    def broken(table, row):
        return row | {"latitude": "north"} if table == "deployments" else row

    snapshot = rewritten(store, broken, {table.name: list(table.names) for table in TABLES})
    with pytest.raises(SnapshotUnreadable, match="a row of Deployments cannot be read"):
        plan_restore(actor=maintainer, snapshot=snapshot, chosen=Selection.everything())
    snapshot = rewritten(store, lambda table, row: {"id": row["id"]}, {"buckets": ["id", "name"]})
    with pytest.raises(SnapshotUnreadable, match="a row of Buckets lacks"):
        read_snapshot(snapshot)


def test_another_file_under_the_name_is_refused(store, maintainer, ladera):
    snapshot = take_snapshot(actor=None, reason=Snapshot.Reason.HAND)
    store.put_object(Bucket=settings.PORTAL_FILES_BUCKET, Key=snapshot.file, Body=pack([], about={})[1])
    with pytest.raises(SnapshotUnreadable, match="not the one that was written"):
        read_snapshot(snapshot)


def test_what_cannot_be_unpacked():
    manifest, packed = pack(current_lines(), about={"fields": {}})
    text = gzip.decompress(packed)
    newer = text.replace(f'"format": {FORMAT}'.encode(), b'"format": 99', 1)
    cut = text[: text.rindex(b"\n", 0, -1) + 1]
    for data, why in (
        (b"no gzip", "damaged"),
        (packed[:-20], "damaged"),
        (gzip.compress(b"[]\n"), "damaged"),
        (gzip.compress(newer), "newer than this portal"),
        (gzip.compress(cut), "not those that were written"),
    ):
        with pytest.raises(NotASnapshot, match=why):
            unpack(data)
    assert unpack(packed).manifest == manifest
