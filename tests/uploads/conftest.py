"""A site with a real bucket behind it, and the calls of a client."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import urllib3
from django.conf import settings
from django.core.cache import cache
from rest_framework.test import APIClient

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.objectstore.models import StoreProbe
from amiportal.objectstore.probe import probe
from deployments.domain.names import DataType
from deployments.models import Bucket, Deployment
from tests.faultproxy import FaultProxy
from tests.people import make_person
from tests.uploads.large import ABOVE_BYTES, PART_BYTES, LargeUploader
from tests.uploads.legacy_client import PASSWORD as LEGACY_PASSWORD
from uploads.domain import shared

HTTP = urllib3.PoolManager(retries=False)


@dataclass(frozen=True)
class Site:
    """A deployment whose bucket exists in the store."""

    bucket: Bucket
    deployment: Deployment

    def key(self, name: str, data_type: str = DataType.SNAPSHOT_IMAGES) -> str:
        return f"{self.deployment.deployment_id}/{data_type}/{name}"


def described(name: str, content: bytes, **more) -> dict:
    """A file as a client of the new API describes it."""
    return {"name": name, "size": len(content), "md5": hashlib.md5(content).hexdigest(), **more}


def content_md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def put(url: str, headers: dict, content: bytes) -> urllib3.BaseHTTPResponse:
    return HTTP.request("PUT", url, body=content, headers=headers)


class Uploader:
    """A client of the new API, signed in."""

    def __init__(self, user: User, site: Site, data_type: str = DataType.SNAPSHOT_IMAGES):
        self.user, self.site, self.data_type = user, site, data_type
        self.http = APIClient()
        self.http.force_authenticate(user)
        self.session_id = None

    def open(self, files: int = 0) -> "Uploader":
        body = {"deployment": self.site.deployment.deployment_id, "data_type": self.data_type, "files": files}
        response = self.http.post("/api/v1/uploads/sessions/", body, format="json")
        assert response.status_code == 201, response.json()
        self.session_id = response.json()["id"]
        return self

    def call(self, step: str, **body):
        return self.http.post(f"/api/v1/uploads/sessions/{self.session_id}/{step}/", body, format="json")

    def results(self, step: str, **body) -> list[dict]:
        response = self.call(step, **body)
        assert response.status_code == 200, response.json()
        return response.json()["files"]

    def grant(self, name: str, content: bytes) -> dict:
        (result,) = self.results("presign", files=[described(name, content)])
        return result

    def send(self, name: str, content: bytes) -> dict:
        """Grant, PUT and confirm one file; the confirmation."""
        granted = self.grant(name, content)
        assert granted["status"] == "granted", granted
        assert put(granted["url"], granted["headers"], content).status == 200
        (confirmed,) = self.results("confirm", files=[name])
        return confirmed


@pytest.fixture
def site(db, bucket) -> Site:
    return make_site(bucket)


def make_site(bucket_name: str, deployment_id: str = "dep000119") -> Site:
    bucket = Bucket.objects.create(name=bucket_name, title=f"Country {bucket_name}")
    deployment = Deployment.objects.create(
        deployment_id=deployment_id, bucket=bucket, location_name="Wetland North", camera_id="6B46159A", status="active"
    )
    return Site(bucket, deployment)


@pytest.fixture
def uploader(site, colleague, probed_store) -> Uploader:
    colleague.buckets.add(site.bucket)
    return Uploader(colleague, site).open()


@pytest.fixture
def rival(site, other_colleague, probed_store) -> Uploader:
    """Another partner with access to the same site."""
    other_colleague.buckets.add(site.bucket)
    return Uploader(other_colleague, site).open()


@pytest.fixture
def proxy(settings, uploader) -> Iterator[FaultProxy]:
    """The fault proxy in the place of the store, for the portal and its clients; known capabilities stay."""
    upstream = settings.S3_ENDPOINT_URL
    with FaultProxy(upstream) as proxy:
        settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = proxy.url
        settings.S3_READ_TIMEOUT_S = 2
        record = StoreProbe.objects.get().record
        StoreProbe.objects.create(endpoint=proxy.url, bucket="probe-for-tests", record=record)
        yield proxy


@pytest.fixture
def objects(store, site):
    """What the store really has in the site's bucket: {key: bytes}, read without any code of ours."""

    def read() -> dict[str, bytes]:
        pages = store.get_paginator("list_objects_v2").paginate(Bucket=site.bucket.name)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {key: store.get_object(Bucket=site.bucket.name, Key=key)["Body"].read() for key in keys}

    return read


@pytest.fixture(scope="session")
def store_record(store) -> dict:
    """What a real probe said of the tests' store; asked once."""
    store.create_bucket(Bucket="probe-for-tests")
    return probe("probe-for-tests", origins=["http://127.0.0.1"]).record


@pytest.fixture
def probed_store(db, store_record) -> None:
    """The store's capabilities are known, as in any portal that was set up."""
    StoreProbe.objects.create(endpoint=settings.S3_ENDPOINT_URL, bucket="probe-for-tests", record=store_record)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def unprobed_store(probed_store) -> None:
    """Nothing is known of the store, so nothing is relied upon."""
    StoreProbe.objects.all().delete()
    cache.clear()


@pytest.fixture
def small_parts(monkeypatch) -> None:
    """Files are large, and parts small, at sizes that a test can send."""
    monkeypatch.setattr(shared, "MULTIPART_ABOVE_BYTES", ABOVE_BYTES)
    monkeypatch.setattr(shared, "PART_SIZE_BYTES", PART_BYTES)


@pytest.fixture
def sender(uploader, small_parts) -> LargeUploader:
    """A client with a large recording to send."""
    uploader.data_type = DataType.AUDIBLE_RECORDINGS
    return LargeUploader(uploader.open(files=1))


@pytest.fixture
def other_sender(rival, small_parts) -> LargeUploader:
    """Another partner with the same recording."""
    rival.data_type = DataType.AUDIBLE_RECORDINGS
    return LargeUploader(rival.open(files=1))


@pytest.fixture
def other_colleague(db) -> User:
    return make_person("other", Role.PARTNERS)


@pytest.fixture
def account(site, colleague, probed_store):
    colleague.set_password(LEGACY_PASSWORD)
    colleague.save()
    colleague.buckets.add(site.bucket)
    return colleague
