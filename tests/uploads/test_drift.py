"""Changed, vanished and unaccounted: each count compares size and ETag with the ledger, and asks before it believes."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.cache import cache
from django.utils import timezone

from amiportal.core.errors import StoreError
from tests.faults import Status, always
from tests.store_variants import opaque_etags
from tests.uploads import stored_objects
from tests.uploads.conftest import described
from tests.uploads.stored_objects import BODY, MD5, counted, row
from uploads.ledger import statements
from uploads.ledger.statements import RowChange
from uploads.models import Drift, UploadLog
from uploads.services import recomparing
from uploads.services.recomparing import MOST_FAULTS

pytestmark = pytest.mark.django_db
NAMES = [f"2025071422{minute:02}00-snapshot.jpg" for minute in range(12)]
OTHER = b"4321"


@pytest.fixture
def deployment(site):
    return site.deployment


@pytest.fixture
def put(store, deployment):
    return partial(stored_objects.put, store, deployment)


@pytest.fixture
def verified(deployment, account, put) -> list[UploadLog]:
    for name in NAMES:
        put(name)
    return [row(deployment, account, name) for name in NAMES]


def found() -> set[tuple[str, str]]:
    return set(Drift.objects.values_list("row__filename", "kind"))


def states(rows) -> list[str]:
    return [UploadLog.objects.get(pk=file.pk).status for file in rows]


def test_each_row_that_stood_on_the_object_is_turned_and_noted(deployment, account, other_colleague, verified, put):
    beside = row(deployment, other_colleague, NAMES[0], status="present")
    alone = row(deployment, other_colleague, "19700101000000-x.jpg", status="present")
    put(NAMES[0], OTHER)
    taken = counted(deployment)
    assert found() == {(NAMES[0], "changed"), (alone.filename, "vanished")}
    by_row = {drift.row_id: drift for drift in Drift.objects.all()}
    assert set(by_row) == {verified[0].pk, beside.pk, alone.pk}
    changed = by_row[beside.pk]
    assert (changed.status_before, changed.seen_size_bytes, changed.deployment) == ("present", 4, deployment)
    assert changed.seen_etag == described("", OTHER)["md5"]
    assert (by_row[alone.pk].seen_size_bytes, by_row[alone.pk].seen_etag) == (None, "")
    assert states([verified[0], beside, alone]) == ["mismatch", "mismatch", "missing"]
    assert states(verified[1:]) == ["verified"] * 11
    kept = UploadLog.objects.get(pk=verified[0].pk)
    assert (kept.error_code, kept.etag, kept.verified_at) == ("changed", MD5, verified[0].verified_at)
    # It is no stranger to the ledger, now or at the next count; and it is found once.
    assert (taken.unaccounted, counted(deployment).unaccounted, Drift.objects.count()) == (0, 0, 3)


def test_a_file_that_was_never_proven_counts_when_its_url_is_dead(deployment, account, put):
    """While an old program may write there, and until that was compared, nothing of the key is drift."""
    now = timezone.now()
    until = {"dead.jpg": None, "alive.jpg": now + timedelta(minutes=1), "due.jpg": now - timedelta(minutes=1)}
    unproven = {"status": "unproven", "md5": "", "verified_at": None, "granted_at": now, "grant_expires_at": now}
    rows = [row(deployment, account, name, unsettled_until=moment, **unproven) for name, moment in until.items()]
    proven = row(deployment, account, "alive.jpg", status="present")
    for name in until:
        put(name, OTHER)
    taken = counted(deployment)
    assert found() == {("dead.jpg", "changed")}
    assert states([*rows, proven]) == ["mismatch", "unproven", "unproven", "present"]
    assert taken.unaccounted == 0


def test_of_two_who_found_it_otherwise_the_one_who_is_wrong_is_told(deployment, account, other_colleague, put):
    """No live row holds the key, and the ETag that stands first in their order is the one in the store."""
    put(NAMES[0])
    right = row(deployment, account, NAMES[0], status="present")
    etag = described("", OTHER)["md5"]
    wrong = row(deployment, other_colleague, NAMES[0], status="present", md5=etag, etag=etag)
    assert right.etag < wrong.etag
    counted(deployment)
    assert states([right, wrong]) == ["present", "mismatch"]
    assert Drift.objects.get().row_id == wrong.pk


def test_another_etag_of_the_same_content_is_no_change(deployment, verified, store, proxy):
    """Encrypted again by the operator: ETags that no longer are MD5s, of a store that was probed to give MD5s."""
    store.put_object(Bucket=deployment.bucket.name, Key=f"dep000119/snapshot_images/{NAMES[3]}", Body=OTHER)
    proxy.variants = [opaque_etags]
    counted(deployment)
    assert found() == {(NAMES[3], "changed")}
    assert proxy.count(method="GET", is_listing=False) == len(NAMES)
    proxy.seen.clear()
    counted(deployment)
    # Each ETag is known now, and what was read is kept: only what is not settled yet is asked for.
    asked = [(request.method, request.key.rpartition("/")[2]) for request in proxy.seen if not request.is_listing]
    assert asked == [("HEAD", NAMES[3])]


def test_another_size_is_told_without_reading(deployment, verified, put, proxy):
    put(NAMES[0], BODY[:-1])
    counted(deployment)
    assert found() == {(NAMES[0], "changed")}
    assert proxy.count(method="GET", is_listing=False) == 0


def test_an_object_cut_into_other_parts_is_no_change(deployment, account, store):
    where = {"Bucket": deployment.bucket.name, "Key": "dep000119/snapshot_images/large.jpg"}
    parts = [b"a" * 5 * 1024**2, b"b"]
    whole = described("large.jpg", b"".join(parts))
    file = row(deployment, account, "large.jpg", size_bytes=whole["size"], md5=whole["md5"], etag=whole["md5"])
    upload = store.create_multipart_upload(**where)["UploadId"]
    made = [
        {"PartNumber": n, "ETag": store.upload_part(**where, UploadId=upload, PartNumber=n, Body=part)["ETag"]}
        for n, part in enumerate(parts, 1)
    ]
    store.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": made})
    counted(deployment)
    file.refresh_from_db()
    assert (found(), file.status, file.etag[-2:]) == (set(), "verified", "-2")


def test_an_object_is_read_once_however_many_rows_vouch_for_it(deployment, account, verified, proxy):
    for _ in range(3):
        row(deployment, account, NAMES[0], status="present")
    proxy.variants = [opaque_etags]
    counted(deployment)
    assert proxy.count(method="GET", is_listing=False, key=f"dep000119/snapshot_images/{NAMES[0]}") == 1
    assert (found(), proxy.count(method="GET", is_listing=False)) == (set(), len(NAMES))


def test_what_a_count_has_no_budget_to_read_is_told_and_read_by_the_next(deployment, verified, proxy, monkeypatch):
    cache.clear()
    proxy.variants = [opaque_etags]
    record = recomparing.current_capabilities().__class__  # nothing is known of such a store
    monkeypatch.setattr(recomparing, "current_capabilities", record)
    monkeypatch.setattr("uploads.services.proof.current_capabilities", record)
    monkeypatch.setattr(recomparing, "MOST_READ_BYTES", 2 * len(BODY))
    taken = counted(deployment)
    assert (taken.undecided, found()) == (len(NAMES) - 2, set())
    assert taken.oddities.filter(kind="undecided").count() == len(NAMES) - 2
    assert [counted(deployment).undecided for _ in range(3)] == [8, 6, 4]
    assert states(verified) == ["verified"] * len(NAMES)


def test_one_object_that_the_store_does_not_answer_for_hides_no_other(deployment, verified, store, settings, proxy):
    settings.S3_MAX_ATTEMPTS = 1
    for name in NAMES[:3]:
        store.delete_object(Bucket=deployment.bucket.name, Key=f"dep000119/snapshot_images/{name}")
    proxy.fault = always(Status(500), key=f"dep000119/snapshot_images/{NAMES[1]}")
    taken = counted(deployment)
    assert found() == {(NAMES[0], "vanished"), (NAMES[2], "vanished")}
    assert [(odd.kind, odd.filename) for odd in taken.oddities.all()] == [("undecided", NAMES[1])]
    proxy.fault = always(Status(500), method="HEAD")
    for name in NAMES:
        store.delete_object(Bucket=deployment.bucket.name, Key=f"dep000119/snapshot_images/{name}")
    assert len(NAMES) > MOST_FAULTS
    with pytest.raises(StoreError):
        counted(deployment)
    assert states(verified[3:]) == ["verified"] * 9


def test_a_row_that_somebody_else_changes_meanwhile_is_left_to_him(deployment, verified, store, monkeypatch):
    store.delete_object(Bucket=deployment.bucket.name, Key=f"dep000119/snapshot_images/{NAMES[0]}")
    honest = recomparing.lookup_by_head

    def overtaken(**asked):
        statements.settle([RowChange(verified[0].pk, "verified", "removed")])
        return honest(**asked)

    monkeypatch.setattr(recomparing, "lookup_by_head", overtaken)
    counted(deployment)
    assert (found(), states(verified[:1])) == (set(), ["removed"])


def test_what_comes_back_is_noted_and_what_goes_again_too(deployment, verified, store, put):
    put(NAMES[0], OTHER)
    seen = []
    for body in (OTHER, BODY, OTHER):
        put(NAMES[0], body)
        counted(deployment)
        drift = Drift.objects.get()
        seen.append((drift.back_at is not None, drift.seen_etag == MD5))
    assert seen == [(False, False), (True, True), (False, False)]
    assert states(verified[:1]) == ["mismatch"]  # a person settles it


@pytest.mark.parametrize("step", ["confirm", "presign"])
def test_what_a_client_finds_out_is_noted_too(uploader, site, store, step):
    uploader.send("a.jpg", BODY)
    store.delete_object(Bucket=site.bucket.name, Key=site.key("a.jpg"))
    if step == "confirm":
        uploader.results("confirm", files=["a.jpg"])
    else:
        assert uploader.grant("a.jpg", BODY)["status"] == "granted"
    assert found() == {("a.jpg", "vanished")}


def test_what_a_client_finds_changed_is_noted_too(uploader, site, store):
    uploader.send("a.jpg", BODY)
    store.put_object(Bucket=site.bucket.name, Key=site.key("a.jpg"), Body=OTHER)
    assert uploader.results("confirm", files=["a.jpg"])[0]["status"] == "mismatch"
    assert found() == {("a.jpg", "changed")}
