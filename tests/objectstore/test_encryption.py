"""Buckets are encrypted where the store was seen to honour it, and only while they are empty."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from amiportal.objectstore.buckets import ensure_bucket
from amiportal.objectstore.capabilities import capabilities_of
from amiportal.objectstore.probe.encryption import bucket_encryption
from amiportal.objectstore.probe.workbench import Workbench
from tests.faults import Answer, error_answer
from tests.store_variants import opaque_etags

MARK = ("x-amz-server-side-encryption", "AES256")


class Encrypts:
    """Takes the setting, and says of each object that it is encrypted. SeaweedFS itself then takes no upload."""

    def __init__(self, *, marks: bool = True):
        self.marks, self.asked = marks, []

    def __call__(self, request, forward) -> Answer:
        if "encryption" in request.query:
            self.asked.append(request.bucket)
            return Answer(200, [], b"")
        answer = forward(request)
        marked = self.marks and request.method == "HEAD" and request.key
        return replace(answer, headers=[*answer.headers, MARK]) if marked else answer


def knows_no_encryption(request, forward) -> Answer:
    return error_answer(501, "NotImplemented") if "encryption" in request.query else forward(request)


@pytest.fixture
def unmade(store) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:16]}"
    yield name
    with suppress(store.exceptions.NoSuchBucket):
        store.delete_bucket(Bucket=name)


def found(bucket: str, store) -> str:
    before = {entry["Name"] for entry in store.list_buckets()["Buckets"]}
    with Workbench(bucket, origins=[]) as bench:
        finding = bucket_encryption(bench)
    assert {entry["Name"] for entry in store.list_buckets()["Buckets"]} == before
    record = {"bucket_encryption": {"value": finding.value, "detail": finding.detail}}
    assert capabilities_of(record).honours_bucket_encryption == (finding.value == "honoured")
    return finding.value


def test_seaweedfs_without_a_master_key_takes_no_uploads_then(store, bucket):
    assert found(bucket, store) == "broken"


@pytest.mark.parametrize(
    ("variants", "value"),
    [
        ([Encrypts()], "honoured"),
        ([Encrypts(marks=False)], "ignored"),
        ([opaque_etags, Encrypts()], "other_etags"),
        ([knows_no_encryption], "missing"),
    ],
    ids=["honoured", "ignored", "other etags", "missing"],
)
def test_other_stores_are_told_apart(store, bucket, proxy, variants, value):
    proxy.variants = variants
    assert found(bucket, store) == value


def test_a_bucket_is_encrypted_while_it_is_empty(proxy, store, unmade):
    taken = Encrypts()
    proxy.variants = [taken]
    ensure_bucket(unmade, origins=[], encrypt=True)
    ensure_bucket(unmade, origins=[], encrypt=True)
    assert taken.asked == [unmade, unmade]
    store.put_object(Bucket=unmade, Key="a", Body=b"a")
    ensure_bucket(unmade, origins=[], encrypt=True)
    assert len(taken.asked) == 2


def test_unless_it_is_asked_for_the_setting_is_left_alone(store, unmade):
    ensure_bucket(unmade, origins=[])
    with pytest.raises(ClientError, match="EncryptionConfigurationNotFound"):
        store.get_bucket_encryption(Bucket=unmade)
