"""The step by which a portal of before learns which of its verdicts may still be belied."""

import hashlib
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from uploads.models import UploadLog, UploadSession

UNSETTLE = import_module("uploads.migrations.0011_unsettled_before").UNSETTLE
CONTENT = b"moths"
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def make_row(account, site):
    def make(name: str, status: str, *, minutes_left: int | None = None, **fields) -> UploadLog:
        now = timezone.now()
        session = UploadSession.objects.create(
            account=account, deployment=site.deployment, data_type="snapshot_images", started_at=now, last_seen_at=now
        )
        times = {}
        if minutes_left is not None:
            end = now + timedelta(minutes=minutes_left)
            times = {"granted_at": end - timedelta(hours=1), "grant_expires_at": end}
        if status in UploadLog.PROVEN:
            times |= {"md5": MD5, "size_bytes": len(CONTENT), "etag": MD5, "stored_at": now, "verified_at": now}
        return UploadLog.objects.create(
            session=session,
            deployment=site.deployment,
            data_type="snapshot_images",
            filename=name,
            status=status,
            **times | fields,
        )

    return make


def test_verdicts_on_keys_that_may_still_be_overwritten_are_taken_back(make_row):
    old = make_row("a.jpg", "unproven", minutes_left=30)
    dead = make_row("b.jpg", "unproven", minutes_left=-200)
    claims = [
        make_row("a.jpg", "present"),
        make_row("b.jpg", "present"),
        make_row("c.jpg", "verified", minutes_left=30),
    ]
    with connection.cursor() as cursor:
        cursor.execute(UNSETTLE)
    for row in (old, dead, *claims):
        row.refresh_from_db()
    assert old.unsettled_until == old.grant_expires_at + timedelta(minutes=75)
    assert (claims[0].status, claims[0].unsettled_until) == ("unsettled", old.unsettled_until)
    # Its URL is dead: the verdict stands until the job has compared the key, which is due at once.
    assert dead.unsettled_until < timezone.now()
    assert (claims[1].status, claims[1].unsettled_until) == ("present", None)
    assert (claims[2].status, claims[2].unsettled_until) == ("verified", None)
