"""Row 24: an upload URL used for anything but its upload, before it has stored its file and after."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import urllib3

from tests.uploads.conftest import Site, Uploader, content_md5, described

HTTP = urllib3.PoolManager(retries=False, maxsize=4)
OTHER = b"of somebody else, and none of this URL's business"


@dataclass(frozen=True)
class Granted:
    """A URL as the portal gave it out, with the file it is for."""

    name: str
    content: bytes
    url: str
    headers: dict[str, str]

    def sent(self, method: str = "PUT", *, url: str = "", body: bytes | None = None, **headers: str | None) -> int:
        """The status of a request that differs from the upload in what is given; None takes a header away."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in changed}
        kept |= {name: value for name, value in changed.items() if value is not None}
        content = self.content if body is None else body
        return HTTP.request(method, url or self.url, headers=kept, body=content if method == "PUT" else None).status


Use = Callable[[Granted, str, str], int]
# (URL, path of somebody else's object, an other bucket) -> the store's answer.
USES: dict[str, Use] = {
    "another key": lambda it, other, bucket: it.sent(url=it.url.replace(it.name, f"x{it.name}")),
    "another bucket": lambda it, other, bucket: it.sent(url=it.url.replace(it.url.split("/")[3], bucket, 1)),
    "a longer life": lambda it, other, bucket: it.sent(url=it.url.replace("X-Amz-Expires=3600", "X-Amz-Expires=36000")),
    "other bytes": lambda it, other, bucket: it.sent(body=b"x" * len(it.content)),
    "other bytes with their MD5": lambda it, other, bucket: it.sent(body=OTHER, content_md5=content_md5(OTHER)),
    "no condition": lambda it, other, bucket: it.sent(if_none_match=None),
    "another type": lambda it, other, bucket: it.sent(content_type="text/html"),
    "a copy of another object": lambda it, other, bucket: it.sent(body=b"", x_amz_copy_source=quote(other)),
    "a copy, with the bound bytes": lambda it, other, bucket: it.sent(x_amz_copy_source=quote(other)),
    "made public": lambda it, other, bucket: it.sent(x_amz_acl="public-read"),
    "read": lambda it, other, bucket: it.sent("GET"),
    "deleted": lambda it, other, bucket: it.sent("DELETE"),
    "another call": lambda it, other, bucket: it.sent(url=f"{it.url}&acl=", x_amz_acl="public-read"),
}


def grant_many(uploader: Uploader, files: dict[str, bytes]) -> list[Granted]:
    results = uploader.results("presign", files=[described(name, content) for name, content in files.items()])
    return [Granted(it["name"], files[it["name"]], it["url"], it["headers"]) for it in results]


def files_of(start: int, count: int) -> dict[str, bytes]:
    """So many files of a night, each with bytes of its own."""
    return {f"{20_240_918_000_000 + start + number}-snapshot.jpg": os.urandom(300) for number in range(count)}


def hashes(store, bucket: str) -> dict[str, str]:
    """SHA-256 by key of all that the bucket holds, by a client that knows nothing of our code."""
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    bodies = {key: store.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    return {key: hashlib.sha256(body).hexdigest() for key, body in bodies.items()}


def misuse(uploader: Uploader, store, site: Site, other_bucket: str, *, count: int) -> int:
    """`count` URLs before their upload and `count` after it, each put to every other use; the number of tries.

    Asserts that each was refused, and that at the end the store holds the verified files and nothing else.
    """
    other_key = "dep000001/snapshot_images/somebody-elses.jpg"
    store.put_object(Bucket=other_bucket, Key=other_key, Body=OTHER)
    elsewhere = hashes(store, other_bucket)
    verified, unused = files_of(0, count), files_of(500_000, count)
    stored = grant_many(uploader, verified)
    assert {it.sent() for it in stored} == {200}
    confirmed = uploader.results("confirm", files=list(verified))
    assert {result["status"] for result in confirmed} == {"verified"}
    tries = 0
    for it in [*stored, *grant_many(uploader, unused)]:
        for use, tried in USES.items():
            status = tried(it, f"/{other_bucket}/{other_key}", other_bucket)
            assert 400 <= status < 500, (use, it.name, status)
            tries += 1
    expected = {site.key(name): hashlib.sha256(content).hexdigest() for name, content in verified.items()}
    assert hashes(store, site.bucket.name) == expected
    assert hashes(store, other_bucket) == elsewhere
    again = uploader.results("confirm", files=list(verified))
    assert {result["status"] for result in again} == {"verified"}
    return tries
