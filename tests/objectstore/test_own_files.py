"""The portal's own files: reached by their key alone, by no URL, and in a bucket that takes no uploads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from amiportal.core import redaction
from amiportal.core.errors import Conflict, StoreDenied
from amiportal.objectstore import buckets, own_files, portal_files, presign
from amiportal.objectstore.http import call
from amiportal.objectstore.portal_storage import PortalStorage
from tests.trusting_stores import KnowsKeys

FILES_KEY, FILES_SECRET = "files-access-key", "files-secret-key-of-the-portal"


@pytest.fixture
def two_keys(settings, proxy, monkeypatch) -> KnowsKeys:
    """A store where the bucket of the portal's files is its own user's."""
    settings.PORTAL_FILES_ACCESS_KEY_ID, settings.PORTAL_FILES_SECRET_ACCESS_KEY = FILES_KEY, FILES_SECRET
    variant = KnowsKeys({settings.PORTAL_FILES_BUCKET: FILES_KEY}, others=settings.S3_ACCESS_KEY_ID)
    proxy.variants = [variant]
    options = settings.STORAGES["default"]["OPTIONS"] | {
        "endpoint_url": proxy.url,
        "access_key": FILES_KEY,
        "secret_key": FILES_SECRET,
    }
    monkeypatch.setattr(portal_files, "default_storage", PortalStorage(**options))
    return variant


def test_every_call_goes_by_the_key_of_its_bucket(two_keys, bucket, settings):
    name = portal_files.save_file("tests/of-their-own", ContentFile(b"people"))
    read: list[bytes] = []
    portal_files.read_file(name, read.append)
    assert b"".join(read) == b"people"
    portal_files.delete_file(name)
    buckets.ensure_bucket(settings.PORTAL_FILES_BUCKET, origins=[])
    call("PUT", bucket=bucket, key="a", body=b"of an upload")
    assert two_keys.seen(settings.PORTAL_FILES_BUCKET) == {FILES_KEY}
    assert two_keys.seen(bucket) == {settings.S3_ACCESS_KEY_ID}


def test_one_key_is_all_there_is_unless_another_is_set(settings):
    assert not own_files.has_own_key()
    assert own_files.key_for(settings.PORTAL_FILES_BUCKET) == own_files.uploads_key()
    settings.PORTAL_FILES_ACCESS_KEY_ID = settings.S3_ACCESS_KEY_ID
    assert not own_files.has_own_key()


def test_the_portal_is_ready_only_with_both_keys(two_keys, settings):
    buckets.ping()
    assert not buckets.uploads_key_reads_own_files()
    two_keys.known.discard(settings.S3_ACCESS_KEY_ID)
    with pytest.raises(StoreDenied):
        buckets.ping()
    two_keys.known.add(settings.S3_ACCESS_KEY_ID)
    two_keys.known.discard(FILES_KEY)
    with pytest.raises(StoreDenied):
        buckets.ping()


@pytest.mark.parametrize("made", [presign.plain_signer, presign.binding_signer], ids=["plain", "binding"])
def test_no_url_is_signed_for_them_and_all_by_the_uploads_key(settings, made):
    settings.PORTAL_FILES_ACCESS_KEY_ID, settings.PORTAL_FILES_SECRET_ACCESS_KEY = FILES_KEY, FILES_SECRET
    rest = {"expires_in_s": 60, "now": timezone.now()}
    for name in (settings.PORTAL_FILES_BUCKET, own_files.USUAL_BUCKET):
        with pytest.raises(presign.NotSignable):
            made().put_url(bucket=name, key="a", signed_headers={}, **rest)
        with pytest.raises(presign.NotSignable):
            made().put_urls(bucket=name, files=[("a", {})], **rest)
        with pytest.raises(presign.NotSignable):
            made().get_url(bucket=name, key="a", **rest)
        with pytest.raises(presign.NotSignable):
            made().part_url(bucket=name, key="a", upload_id="u", part_number=1, **rest)
    url = made().put_url(bucket="pan", key="a", signed_headers={}, **rest)
    assert f"X-Amz-Credential={settings.S3_ACCESS_KEY_ID}%2F" in url


def test_no_page_is_let_into_their_bucket(settings, store):
    with pytest.raises(Conflict):
        buckets.ensure_bucket(settings.PORTAL_FILES_BUCKET, origins=["http://portal.example"])
    with pytest.raises(store.exceptions.ClientError, match="NoSuchCORSConfiguration"):
        store.get_bucket_cors(Bucket=settings.PORTAL_FILES_BUCKET)


def test_the_second_secret_is_masked_like_the_first(settings):
    settings.PORTAL_FILES_ACCESS_KEY_ID, settings.PORTAL_FILES_SECRET_ACCESS_KEY = FILES_KEY, FILES_SECRET
    assert FILES_SECRET not in redaction.redact(f"refused {FILES_SECRET} of {FILES_KEY}")
    assert FILES_SECRET not in repr(own_files.key_for(settings.PORTAL_FILES_BUCKET))


def test_half_a_key_ends_the_start():
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PORTAL_FILES_ACCESS_KEY_ID": "alone"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "PORTAL_FILES_ACCESS_KEY_ID should be set together with PORTAL_FILES_SECRET_ACCESS_KEY" in ended.stderr
