"""What the store says of a bucket's openness is kept and shown, and its CORS rules survive the button."""

import os

import pytest
from django.urls import reverse

from deployments.models import Bucket
from deployments.services import refresh_bucket_state
from tests.faultproxy import FaultProxy
from tests.trusting_stores import ShutsPublicAccess


@pytest.fixture
def shutting(settings):
    variant = ShutsPublicAccess()
    with FaultProxy(os.environ["S3_ENDPOINT_URL"], variants=[variant]) as proxy:
        settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = proxy.url
        yield variant


@pytest.fixture
def row(db, bucket) -> Bucket:
    return Bucket.objects.create(name=bucket, title="Tried")


def shown(page, row: Bucket) -> str:
    return page.get(reverse("admin:deployments_bucket_change", args=[row.pk])).content.decode()


def test_the_button_shuts_the_bucket_and_the_page_says_so(page, row, shutting):
    assert "not asked yet" in shown(page, row)
    refresh_bucket_state(bucket=row)
    assert "Not shut yet: choose" in shown(page, row)
    asked = page.get(reverse("admin:deployments_bucket_open_in_store", args=[row.pk])).content.decode()
    assert "nor are the CORS rules of other applications" in asked
    assert row.name not in shutting.blocks
    page.post(reverse("admin:deployments_bucket_open_in_store", args=[row.pk]))
    assert shutting.blocks[row.name]["IgnorePublicAcls"]
    row.refresh_from_db()
    assert (row.public_access, row.exists_in_store, row.cors_ok) == ("shut", True, True)
    assert "Shut: an object that its uploader marks as public" in shown(page, row)
    # What the store said is nobody's doing.
    assert row.history.count() == 1


def test_a_store_without_the_call_is_shown_as_such(page, row):
    page.post(reverse("admin:deployments_bucket_open_in_store", args=[row.pk]))
    row.refresh_from_db()
    assert row.public_access == "no call"
    assert "The store has no call to shut it." in shown(page, row)
