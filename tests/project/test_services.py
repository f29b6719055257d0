"""The services that every other test stands on."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import connection

from deployments.models import HardwareConfig


@pytest.mark.django_db
def test_database_is_the_tests_own():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('server_version_num')::int")
        name, version = cursor.fetchone()
    assert name.startswith("test_portal")  # with the process's number, where there are several
    assert version >= 180000
    assert settings.DATABASES["default"]["HOST"] == "127.0.0.1"


def test_bucket_is_empty_and_takes_objects(store, bucket):
    assert "Contents" not in store.list_objects_v2(Bucket=bucket)
    store.put_object(Bucket=bucket, Key="dep000001/snapshot_images/a.jpg", Body=b"abc")
    assert store.get_object(Bucket=bucket, Key="dep000001/snapshot_images/a.jpg")["Body"].read() == b"abc"


def test_missing_bucket_is_not_made_on_put(store):
    with pytest.raises(ClientError) as caught:
        store.put_object(Bucket="never-made", Key="a", Body=b"")
    assert caught.value.response["Error"]["Code"] == "NoSuchBucket"


def test_fifty_buckets_hold_objects_at_once(store):
    names = [f"many-{number:02}" for number in range(50)]

    def fill(name: str) -> None:
        store.put_object(Bucket=name, Key="a", Body=name.encode())

    try:
        # Not made while others are filled: at a new bucket SeaweedFS 4.48 lists its collections, and where a first
        # object makes one meanwhile, its master may wait for itself for ever.
        for name in names:
            store.create_bucket(Bucket=name)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(fill, names))
        assert [store.get_object(Bucket=name, Key="a")["Body"].read().decode() for name in names] == names
    finally:
        for name in names:
            store.delete_bucket(Bucket=name)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_every_transactional_test_finds_what_migrations_made(turn):
    assert HardwareConfig.objects.count() == 7
    assert Permission.objects.filter(content_type__app_label="deployments").exists()
    HardwareConfig.objects.all().delete()
    Group.objects.all().delete()


def test_so_does_one_that_asks_for_the_database_late(request):
    request.getfixturevalue("db")
    assert HardwareConfig.objects.count() == 7
    assert Group.objects.exists()
