"""Health says which buckets keep older versions, how to switch it on, and where the store cannot."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from amiportal.objectstore.models import StoreProbe
from amiportal.objectstore.versions import forget_versions, keeps_versions
from amiportal.operations.doctor.versions import examine_versions
from deployments.models import Bucket
from tests.faultproxy import FaultProxy
from tests.faults import Status, always
from tests.objectstore.test_versions import knows_no_versioning

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(bucket) -> Bucket:
    return Bucket.objects.create(name=bucket, title="Wetland")


def probed(endpoint: str, value: str) -> None:
    record = {"bucket_versioning": {"value": value, "detail": ""}}
    StoreProbe.objects.create(endpoint=endpoint, bucket="x", record=record)
    cache.clear()


def told() -> str:
    (seen,) = examine_versions()
    assert seen.state == "ok"
    return seen.told


def test_what_is_on_and_what_could_be(client, row, settings, maintainer):
    assert "is not known" in told()
    probed(settings.S3_ENDPOINT_URL, "kept")
    assert told().startswith(f"Not kept in {row.name}")
    assert "choose “Keep older versions” on the bucket's page" in told()
    client.force_login(maintainer)
    page = reverse("admin:deployments_bucket_keep_versions", args=[row.pk])
    assert "takes room of the allocation" in client.get(page).content.decode()
    assert keeps_versions(row.name) is False
    assert "keeps older versions from now on" in client.post(page, follow=True).content.decode()
    assert keeps_versions(row.name) is True
    assert told() == f"Kept in {row.name}: what is overwritten or deleted there can be brought back."
    forget_versions(row.name, "")


def test_a_store_that_cannot(client, row, settings, maintainer):
    with FaultProxy(settings.S3_ENDPOINT_URL, variants=[knows_no_versioning]) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        probed(proxy.url, "missing")
        assert told() == f"The store cannot keep them: what is overwritten or deleted in {row.name} is lost for good."
        client.force_login(maintainer)
        page = reverse("admin:deployments_bucket_keep_versions", args=[row.pk])
        assert "cannot keep older versions" in client.post(page, follow=True).content.decode()


def test_a_store_that_is_away_is_not_judged(row, settings):
    settings.S3_MAX_ATTEMPTS = 1
    with FaultProxy(settings.S3_ENDPOINT_URL, fault=always(Status(503))) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        (seen,) = examine_versions()
    assert seen.state == "unknown"


def test_no_bucket_yet(db):
    assert not Bucket.objects.filter(is_test=False).exists()
    assert told() == "There is no bucket yet."


@pytest.mark.parametrize("who", ["colleague", "outsider"])
def test_only_maintainers_switch_it_on(client, request, row, who):
    client.force_login(request.getfixturevalue(who))
    client.post(reverse("admin:deployments_bucket_keep_versions", args=[row.pk]))
    assert keeps_versions(row.name) is False
