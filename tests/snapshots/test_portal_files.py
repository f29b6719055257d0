"""The portal's own files on their way to a person, and what is said when they cannot be had."""

import pytest
from django.core.files.base import ContentFile

from amiportal.core.errors import NotFound, StoreUnavailable
from amiportal.objectstore import portal_files
from tests.faultproxy import FaultProxy
from tests.faults import ResetMidAnswer, Status, always, once

CONTENT = bytes(range(256)) * 16_384  # 4 MiB: several pieces


@pytest.fixture
def name():
    return portal_files.save_file("tests/many.bin", ContentFile(CONTENT))


def test_streamed_under_another_name(name):
    response = portal_files.stream_file(name, 'ünter "x".bin', "application/octet-stream")
    pieces = list(response.streaming_content)
    assert b"".join(pieces) == CONTENT
    assert max(map(len, pieces)) < len(CONTENT)
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%C3%BCnter%20%22x%22.bin"
    assert (response["Cache-Control"], response["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_names_are_never_overwritten(name):
    other = portal_files.save_file(name, ContentFile(b"other"))
    assert other != name
    parts = []
    portal_files.read_file(name, parts.append)
    assert b"".join(parts) == CONTENT


def test_what_is_gone_is_a_404_page(name):
    portal_files.delete_file(name)
    portal_files.delete_file(name)  # again is no fault
    response = portal_files.stream_file(name, "x", "text/plain")
    assert response.status_code == 404
    assert b"not in the portal&#x27;s storage any more" in response.content
    with pytest.raises(NotFound):
        portal_files.read_file(name, print)


def test_a_store_that_is_down_is_a_503_page(name, settings):
    settings.S3_MAX_ATTEMPTS = 2
    with FaultProxy(settings.S3_ENDPOINT_URL, fault=always(Status(503))) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        response = portal_files.stream_file(name, "x", "text/plain")
        assert proxy.count(method="GET") == 2
    assert response.status_code == 503
    assert b"overloaded or down" in response.content


def test_a_short_fault_is_not_noticed(name, settings):
    with FaultProxy(settings.S3_ENDPOINT_URL, fault=once(Status(503))) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        response = portal_files.stream_file(name, "x", "text/plain")
        assert b"".join(response.streaming_content) == CONTENT


def test_a_download_that_breaks_off_does_not_end_as_if_whole(name, settings):
    with FaultProxy(settings.S3_ENDPOINT_URL, fault=always(ResetMidAnswer(2_000_000))) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        response = portal_files.stream_file(name, "x", "text/plain")
        with pytest.raises(StoreUnavailable):
            b"".join(response.streaming_content)
