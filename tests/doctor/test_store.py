"""The doctor on what a store lets the holders of upload addresses do."""

import io
import os
from collections.abc import Iterator

import pytest
from django.core.management import call_command

from amiportal.objectstore.buckets import ensure_bucket
from amiportal.operations.doctor.models import Finding
from amiportal.operations.doctor.observations import Observation, State
from amiportal.operations.doctor.services import record
from amiportal.operations.doctor.store import examine_store
from deployments.models import Bucket
from tests.faultproxy import FaultProxy
from tests.trusting_stores import HeedsUnsigned, KnowsKeys, ShutsPublicAccess


@pytest.fixture
def trials(empty_queue, bucket, settings) -> Bucket:
    ensure_bucket(bucket, origins=settings.PORTAL_ORIGINS)
    return Bucket.objects.create(name=bucket, title="Trials", is_test=True)


@pytest.fixture
def proxy(settings) -> Iterator[FaultProxy]:
    with FaultProxy(os.environ["S3_ENDPOINT_URL"]) as proxy:
        settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = proxy.url
        yield proxy


def seen(subject: str) -> Observation:
    return {observation.subject: observation for observation in examine_store()}[subject]


def test_a_bucket_that_could_be_shut_to_the_public_is_warned_of(trials, proxy, settings):
    proxy.variants = [ShutsPublicAccess()]
    of_bucket = seen(f"bucket {trials.name}")
    assert (of_bucket.state, "not shut to the public" in of_bucket.told) == (State.WARN, True)
    assert "Create or check in the store" in of_bucket.remedy
    ensure_bucket(trials.name, origins=settings.PORTAL_ORIGINS)
    assert seen(f"bucket {trials.name}").state == State.OK


def test_a_block_by_which_the_store_refuses_uploads_is_bad(trials, proxy, store):
    variant = ShutsPublicAccess()
    variant.blocks[trials.name] = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    proxy.variants = [variant]
    of_bucket = seen(f"bucket {trials.name}")
    assert (of_bucket.state, of_bucket.is_certain) == (State.BAD, True)
    assert "BlockPublicAcls false" in of_bucket.remedy
    assert "Contents" not in store.list_objects_v2(Bucket=trials.name)


def test_addresses_are_good_for_their_uploads_alone(trials, store):
    assert seen("upload addresses").state == State.OK
    assert "Contents" not in store.list_objects_v2(Bucket=trials.name)


def test_addresses_that_can_be_abused_are_bad_until_they_are_signed_otherwise(trials, proxy, store):
    proxy.variants = [HeedsUnsigned(store)]
    abused = seen("upload addresses")
    assert (abused.state, abused.is_certain) == (State.BAD, True)
    for harm in ("overwrite the file that it has stored", "read the portal's own files", "make a file public"):
        assert harm in abused.told
    assert f"manage.py probe_store {trials.name}" in abused.remedy
    call_command("probe_store", trials.name, stdout=io.StringIO())
    assert seen("upload addresses").state == State.OK


def test_addresses_that_cannot_be_signed_otherwise_stay_bad_with_words_for_the_operator(trials, proxy, store):
    proxy.variants = [HeedsUnsigned(store, binds_absent=False)]
    call_command("probe_store", trials.name, stdout=io.StringIO())
    abused = seen("upload addresses")
    assert abused.state == State.BAD
    assert "please refuse every x-amz-* header that X-Amz-SignedHeaders does not name" in abused.remedy
    assert len(abused.remedy) <= Finding._meta.get_field("remedy").max_length
    (changed,) = record([abused])
    assert changed.finding.state == State.BAD


def test_without_a_bucket_for_trials_they_are_not_tried(trials):
    Bucket.objects.update(is_test=False)
    assert seen("upload addresses").state == State.WARN


def test_a_bucket_that_the_setting_now_names_is_bad(trials, settings):
    settings.PORTAL_FILES_BUCKET = trials.name
    reserved = seen(f"bucket {trials.name}")
    assert (reserved.state, reserved.is_certain) == (State.BAD, True)
    assert "change it back" in reserved.remedy


def test_files_of_the_portals_own_without_a_bucket_are_bad(trials, settings):
    settings.PORTAL_FILES_BUCKET = "never-made-files"
    assert seen("portal files").state == State.BAD
    assert "make_files_bucket" in seen("portal files").remedy


def test_one_key_is_well_while_no_address_reaches_the_portals_files(trials, proxy, store):
    assert seen("portal files").state == State.OK
    proxy.variants = [HeedsUnsigned(store)]
    read = seen("portal files")
    assert (read.state, read.is_certain) == (State.BAD, True)
    assert "people's names, mail addresses" in read.told
    assert "PORTAL_FILES_ACCESS_KEY_ID" in read.remedy
    assert len(read.remedy) <= Finding._meta.get_field("remedy").max_length


@pytest.mark.parametrize(("owner", "state"), [("files-key", State.OK), (None, State.WARN)])
def test_a_second_key_helps_only_where_the_first_cannot_read(trials, proxy, settings, owner, state):
    settings.PORTAL_FILES_ACCESS_KEY_ID, settings.PORTAL_FILES_SECRET_ACCESS_KEY = "files-key", "files-secret"
    proxy.variants = [KnowsKeys({settings.PORTAL_FILES_BUCKET: owner or "files-key"}, others=settings.S3_ACCESS_KEY_ID)]
    if owner is None:
        proxy.variants[0].let_in(settings.PORTAL_FILES_BUCKET)
    told = seen("portal files")
    assert told.state == state
    if state == State.WARN:
        assert f"radosgw-admin bucket link --bucket={settings.PORTAL_FILES_BUCKET}" in told.remedy
