"""A snapshot is ready only when its file lies in storage and was read back."""

import gzip
import hashlib
import json

import pytest
from django.conf import settings
from knox.models import AuthToken

from amiportal.core.errors import Forbidden
from amiportal.objectstore import portal_files
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import SnapshotFailed, take_snapshot
from amiportal.sheets.plan import SheetRefused
from deployments.models import Deployment
from deployments.services import import_table
from tests.deployments.test_table import GOOD, table_of

pytestmark = pytest.mark.django_db


def content(store, snapshot: Snapshot) -> bytes:
    """Read without any code of ours."""
    return store.get_object(Bucket=settings.PORTAL_FILES_BUCKET, Key=snapshot.file)["Body"].read()


def lines(store, snapshot: Snapshot) -> list[dict]:
    return [json.loads(line) for line in gzip.decompress(content(store, snapshot)).splitlines()]


def test_what_is_in_it(store, maintainer, colleague, ladera):
    snapshot = take_snapshot(actor=maintainer, reason=Snapshot.Reason.HAND)
    assert (snapshot.state, snapshot.taken_by, snapshot.error) == ("ready", maintainer, "")
    packed = content(store, snapshot)
    assert (snapshot.sha256, snapshot.size_bytes) == (hashlib.sha256(packed).hexdigest(), len(packed))
    manifest, *rows = lines(store, snapshot)
    assert manifest == snapshot.manifest
    assert (manifest["format"], manifest["taken_by"], manifest["reason"]) == (1, "maintainer", "By hand")
    assert manifest["migrations"]["deployments"].startswith("000")
    assert manifest["rows"] == {"buckets": 2, "hardware": 7, "people": 2, "deployments": 2, "allocation": 1}
    assert snapshot.rows == len(rows) == 14
    by_table = {}
    for line in rows:
        by_table.setdefault(line["table"], []).append(line["row"])
    (mine,) = [row for row in by_table["deployments"] if row["deployment_id"] == "dep000045"]
    assert (mine["id"], mine["bucket_id"], mine["camera_id"]) == (ladera.pk, ladera.bucket_id, "81B1C025")
    person = next(row for row in by_table["people"] if row["username"] == "colleague")
    assert (person["roles"], person["upload_buckets"]) == (["Partners"], ["pan"])


def test_what_lets_a_person_in_is_not_in_it(store, maintainer, colleague, client):
    _, token = AuthToken.objects.create(user=colleague)
    client.force_login(colleague)
    colleague.refresh_from_db()
    text = gzip.decompress(content(store, take_snapshot(actor=None, reason="hand"))).decode()
    secrets = [colleague.password, maintainer.password, token, token[:8], client.session.session_key]
    assert [secret for secret in secrets if secret in text] == []
    assert "password" not in text


def test_only_maintainers_take_one(colleague):
    with pytest.raises(Forbidden):
        take_snapshot(actor=colleague, reason=Snapshot.Reason.HAND)
    assert not Snapshot.objects.exists()


def test_without_its_bucket_it_has_failed_and_says_so(storage, settings):
    settings.PORTAL_FILES_BUCKET = "never-made-files"
    storage(bucket_name="never-made-files")
    with pytest.raises(SnapshotFailed, match="has no bucket"):
        take_snapshot(actor=None, reason=Snapshot.Reason.DAILY)
    snapshot = Snapshot.objects.get()
    assert snapshot.state == "failed"
    assert "has no bucket" in snapshot.error


def test_a_file_that_reads_back_differently_is_never_ready(monkeypatch):
    save = portal_files.default_storage.save

    def save_flipped(name, file):
        data = bytearray(file.read())
        data[-1] ^= 1
        return save(name, type(file)(bytes(data)))

    monkeypatch.setattr(portal_files.default_storage, "save", save_flipped)
    with pytest.raises(SnapshotFailed, match="something else"):
        take_snapshot(actor=None, reason=Snapshot.Reason.DAILY)
    assert Snapshot.objects.get().state == "failed"


# --- Before an import -----------------------------------------------------------------------------------------


def test_an_import_takes_one_first_of_what_was_before(store, maintainer):
    import_table(actor=maintainer, table=table_of(GOOD))
    snapshot = Snapshot.objects.get()
    assert (snapshot.state, snapshot.reason, snapshot.taken_by) == ("ready", "import", maintainer)
    assert GOOD["deployment_id"] not in [line["row"].get("deployment_id") for line in lines(store, snapshot)[1:]]
    assert Deployment.objects.filter(deployment_id=GOOD["deployment_id"]).exists()


def test_an_import_that_changes_nothing_or_is_refused_takes_none(maintainer):
    import_table(actor=maintainer, table=table_of(GOOD))
    import_table(actor=maintainer, table=table_of(GOOD))
    with pytest.raises(SheetRefused):
        import_table(actor=maintainer, table=table_of({**GOOD, "status": "gone"}))
    assert Snapshot.objects.count() == 1


def test_no_snapshot_no_import(maintainer, storage_is_away):
    before = list(Deployment.objects.values())
    with pytest.raises(SnapshotFailed, match="Nothing was imported"):
        import_table(actor=maintainer, table=table_of(GOOD))
    assert list(Deployment.objects.values()) == before
    assert Snapshot.objects.get().state == "failed"
