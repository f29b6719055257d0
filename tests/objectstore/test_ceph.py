"""On a real Ceph gateway, which obeys more than any other store: where CEPH_S3_URL and its keys name one, else skipped.

CEPH_ACCESS_KEY_ID and CEPH_SECRET_ACCESS_KEY are a user's that may make buckets; CEPH_FILES_... another one's.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import fields

import boto3
import botocore.config
import pytest
from django.core.files.base import ContentFile

from amiportal.objectstore import portal_files, presign
from amiportal.objectstore.buckets import ensure_bucket, ping, uploads_key_reads_own_files
from amiportal.objectstore.capabilities import capabilities_of, current_capabilities
from amiportal.objectstore.portal_storage import PortalStorage
from amiportal.objectstore.probe import attacks, probe, record_probe
from amiportal.objectstore.probe.workbench import Workbench
from amiportal.objectstore.public_access import BLOCK, PublicAccess
from amiportal.objectstore.roundtrip import round_trip

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("CEPH_S3_URL" not in os.environ, reason="no Ceph gateway is named in CEPH_S3_URL"),
]


def ceph_client(access_key: str, secret_key: str):
    return boto3.client(
        "s3",
        endpoint_url=os.environ["CEPH_S3_URL"],
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name="us-east-1",
        config=botocore.config.Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@pytest.fixture
def ceph(settings):
    """A client of the gateway, which stands in the place of the store for everything that reads the settings."""
    settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = os.environ["CEPH_S3_URL"]
    settings.S3_ACCESS_KEY_ID = os.environ["CEPH_ACCESS_KEY_ID"]
    settings.S3_SECRET_ACCESS_KEY = os.environ["CEPH_SECRET_ACCESS_KEY"]
    settings.PORTAL_FILES_BUCKET = f"files-{uuid.uuid4().hex[:12]}"
    return ceph_client(settings.S3_ACCESS_KEY_ID, settings.S3_SECRET_ACCESS_KEY)


@pytest.fixture
def trials(ceph, settings) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:12]}"
    for made in (name, settings.PORTAL_FILES_BUCKET):
        ceph.create_bucket(Bucket=made)
    yield name
    for made in (name, settings.PORTAL_FILES_BUCKET):
        assert "Contents" not in ceph.list_objects_v2(Bucket=made)
        ceph.delete_bucket(Bucket=made)


def attacked(bucket: str) -> dict[str, str]:
    with Workbench(bucket, signer=presign.signer()) as bench:
        return {check.__name__: check(bench).value for check in attacks.BY_HOLDERS}


def test_what_it_does_for_holders_of_addresses_ends_with_the_probe(trials):
    assert attacked(trials) == {
        "copy_onto_stored": "overwritten",
        "unsigned_copy_source": "applied",
        "copy_of_portal_files": "applied",
        "unsigned_acl": "applied",
    }
    record_probe(probe(trials, origins=[]))
    assert set(attacked(trials).values()) == {"refused"}
    round_trip(trials)


def test_it_is_classified(trials):
    found = probe(trials, origins=[])
    assert found.errors == {}
    values = {name: finding["value"] for name, finding in found.record.items()}
    assert (values["absent_headers"], values["public_access_block"]) == ("bound", "works")
    assert (values["url_if_none_match"], values["content_md5"]) == ("honoured", "verified")
    capabilities = capabilities_of(found.record)
    print({field.name: getattr(capabilities, field.name) for field in fields(capabilities)})


def test_a_bucket_that_is_shut_takes_uploads_and_gives_nothing_out(trials, ceph):
    made = ensure_bucket(trials, origins=["http://portal.example"])
    assert (made.public_access, made.cors_ok) == (PublicAccess.SHUT, True)
    assert ceph.get_public_access_block(Bucket=trials)["PublicAccessBlockConfiguration"] == BLOCK
    round_trip(trials)
    assert attacked(trials)["unsigned_acl"] == "ignored"


def test_the_capabilities_that_the_portal_signs_by_are_those_of_the_endpoint(trials, settings):
    record_probe(probe(trials, origins=[]))
    assert current_capabilities().binds_absent_headers
    settings.S3_ENDPOINT_URL = "http://another.example"
    assert not current_capabilities().binds_absent_headers


@pytest.mark.skipif("CEPH_FILES_ACCESS_KEY_ID" not in os.environ, reason="no second user of the gateway is named")
def test_under_a_key_of_their_own_the_portals_files_are_out_of_reach(ceph, settings, monkeypatch):
    settings.PORTAL_FILES_ACCESS_KEY_ID = os.environ["CEPH_FILES_ACCESS_KEY_ID"]
    settings.PORTAL_FILES_SECRET_ACCESS_KEY = os.environ["CEPH_FILES_SECRET_ACCESS_KEY"]
    place = settings.STORAGES["default"]["OPTIONS"]
    options = place | {
        "bucket_name": settings.PORTAL_FILES_BUCKET,
        "endpoint_url": settings.S3_ENDPOINT_URL,
        "region_name": settings.S3_REGION,
        "access_key": settings.PORTAL_FILES_ACCESS_KEY_ID,
        "secret_key": settings.PORTAL_FILES_SECRET_ACCESS_KEY,
    }
    monkeypatch.setattr(portal_files, "default_storage", PortalStorage(**options))
    name = f"test-{uuid.uuid4().hex[:12]}"
    ceph.create_bucket(Bucket=name)
    assert ensure_bucket(settings.PORTAL_FILES_BUCKET, origins=[]).public_access == PublicAccess.SHUT
    kept = portal_files.save_file("snapshots/a", ContentFile(b"people"))
    read: list[bytes] = []
    portal_files.read_file(kept, read.append)
    assert read == [b"people"]
    ping()
    assert not uploads_key_reads_own_files()
    # By an address that demands nothing, on a store that heeds all: the other key is what stands in the way.
    with Workbench(name, signer=presign.plain_signer()) as bench:
        assert attacks.unsigned_copy_source(bench).value == "applied"
        assert attacks.copy_of_portal_files(bench).value == "refused"
    portal_files.delete_file(kept)
    owner = ceph_client(settings.PORTAL_FILES_ACCESS_KEY_ID, settings.PORTAL_FILES_SECRET_ACCESS_KEY)
    assert "Contents" not in owner.list_objects_v2(Bucket=settings.PORTAL_FILES_BUCKET)
    owner.delete_bucket(Bucket=settings.PORTAL_FILES_BUCKET)
    ceph.delete_bucket(Bucket=name)
