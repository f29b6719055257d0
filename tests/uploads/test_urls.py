"""A URL serves for the one PUT that it was granted for, and for nothing else, judged by the real store."""

import urllib.parse
from datetime import timedelta

import pytest
from django.utils import timezone

from amiportal.objectstore.presign import signer
from tests.uploads.conftest import HTTP, content_md5, put

NAME, CONTENT = "a.jpg", b"granted content"


def with_query(url: str, **changes) -> str:
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query)) | changes
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))


MUTATIONS = {
    "another name": lambda url, headers: (url.replace("a.jpg", "b.jpg"), headers),
    "another deployment": lambda url, headers: (url.replace("dep000119", "dep000041"), headers),
    "another data type": lambda url, headers: (url.replace("snapshot_images", "motion_images"), headers),
    "longer life": lambda url, headers: (with_query(url, **{"X-Amz-Expires": "604800"}), headers),
    "another date": lambda url, headers: (with_query(url, **{"X-Amz-Date": "20990101T000000Z"}), headers),
    "fewer signed headers": lambda url, headers: (with_query(url, **{"X-Amz-SignedHeaders": "host"}), headers),
    "no signature": lambda url, headers: (url.partition("?")[0], headers),
    "altered signature": lambda url, headers: (url[:-1] + ("0" if url[-1] != "0" else "1"), headers),
    "another type": lambda url, headers: (url, headers | {"Content-Type": "text/html"}),
    "another MD5": lambda url, headers: (url, headers | {"Content-MD5": content_md5(b"other")}),
    "no MD5": lambda url, headers: (url, {k: v for k, v in headers.items() if k != "Content-MD5"}),
    "no condition": lambda url, headers: (url, {k: v for k, v in headers.items() if k != "If-None-Match"}),
    "other condition": lambda url, headers: (url, headers | {"If-None-Match": '"etag"'}),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_an_altered_url_or_header_is_refused(uploader, objects, mutation):
    granted = uploader.grant(NAME, CONTENT)
    url, headers = MUTATIONS[mutation](granted["url"], granted["headers"])
    body = b"other" if mutation == "another MD5" else CONTENT
    assert put(url, headers, body).status in (400, 403)
    assert objects() == {}


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
def test_a_url_for_put_serves_no_other_method(uploader, objects, site, method):
    granted = uploader.grant(NAME, CONTENT)
    put(granted["url"], granted["headers"], CONTENT)
    answer = HTTP.request(method, granted["url"], headers=granted["headers"])
    assert answer.status >= 400
    assert CONTENT not in answer.data
    assert objects() == {site.key(NAME): CONTENT}


def test_an_expired_url_stores_nothing(uploader, site, objects):
    headers = uploader.grant(NAME, CONTENT)["headers"]
    url = signer().put_url(
        bucket=site.bucket.name,
        key=site.key(NAME),
        signed_headers=headers,
        expires_in_s=60,
        now=timezone.now() - timedelta(seconds=61),
    )
    assert put(url, headers, CONTENT).status == 403
    assert objects() == {}
