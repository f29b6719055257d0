"""The watch over the network inside transactions sees each of the portal's ways out, and nothing of the tests' own."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction

from amiportal.objectstore import buckets, portal_files
from amiportal.objectstore.http import anonymous
from amiportal.operations.doctor import machine
from tests.networkwatch import own_transaction, take
from tests.smtpserver import SmtpServer

pytestmark = pytest.mark.django_db


def send_mail(settings) -> None:
    with SmtpServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        list(machine.examine_machine())


WAYS_OUT = {
    "wire": lambda settings: buckets.ping(),
    "anonymous": lambda settings: anonymous("GET", settings.S3_PUBLIC_ENDPOINT_URL),
    "botocore": lambda settings: portal_files.save_file("networkwatch", ContentFile(b"x")),
    "mail": send_mail,
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_each_way_out_is_seen_inside_a_transaction_of_the_portals_and_nowhere_else(way, settings):
    WAYS_OUT[way](settings)
    assert take() == []
    with own_transaction():
        WAYS_OUT[way](settings)
        assert take() == []
        with transaction.atomic():
            WAYS_OUT[way](settings)
        seen = take()
    assert seen
    assert all(", from amiportal/" in one for one in seen), seen


@pytest.mark.django_db(transaction=True)
def test_threads_of_the_portals_are_watched_too():
    def in_a_thread() -> None:
        with transaction.atomic():
            buckets.ping()
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(in_a_thread).result()
    assert len(take()) == 1


def test_what_the_tests_ask_themselves_is_theirs(store, bucket):
    with transaction.atomic():
        store.list_objects_v2(Bucket=bucket)
    assert take() == []
