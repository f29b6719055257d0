"""Capabilities of a PUT: conditions, checksums, and whether a signed URL is good for itself alone."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256

from amiportal.core.errors import StoreUnavailable
from amiportal.objectstore import listing
from amiportal.objectstore.http import anonymous
from amiportal.objectstore.objects import bare_etag
from amiportal.objectstore.probe.workbench import (
    ProbeFinding,
    Workbench,
    condition_finding,
    said,
    unexpected,
)

IF_ABSENT = {"If-None-Match": "*"}


def put_if_none_match(bench: Workbench) -> ProbeFinding:
    key = bench.key("put-condition")
    first = bench.put(key, b"first", IF_ABSENT)
    if first.status in (400, 405, 501):
        return ProbeFinding("refused", f"The store does not take the condition: {said(first)}.")
    if first.status != 200:
        raise unexpected(first, bench.bucket)
    return condition_finding(bench, bench.put(key, b"second", IF_ABSENT), key=key, before=b"first")


def url_if_none_match(bench: Workbench) -> ProbeFinding:
    key = bench.key("url-condition")
    first = bench.put_by_url(key, b"first", signed=IF_ABSENT)
    if first.status in (400, 405, 501):
        return ProbeFinding("refused", f"The store does not take the condition: {said(first)}.")
    if first.status != 200:
        raise unexpected(first, bench.bucket)
    return condition_finding(bench, bench.put_by_url(key, b"second", signed=IF_ABSENT), key=key, before=b"first")


def content_md5(bench: Workbench) -> ProbeFinding:
    """A body that is not the one whose Content-MD5 was signed."""
    key = bench.key("content-md5")
    digest = b64encode(md5(b"promised", usedforsecurity=False).digest()).decode()
    try:
        answer = bench.put_by_url(key, b"sent", signed={"Content-MD5": digest})
        how = said(answer)
    except StoreUnavailable:
        answer, how = None, "the connection was closed"
    stored = bench.head(key).status == 200
    if stored:
        return ProbeFinding("ignored", f"Other bytes than announced were stored ({how}).")
    if answer is not None and answer.status >= 500 and answer.status != 501:
        raise unexpected(answer, bench.bucket)
    return ProbeFinding("verified", f"Other bytes than announced are not stored ({how}).")


def put_etag(bench: Workbench) -> ProbeFinding:
    key, body = bench.key("etag"), b"the bytes of an etag"
    expected = md5(body, usedforsecurity=False).hexdigest()
    told = {
        "PUT": bare_etag(bench.stored(key, body).headers.get("ETag")),
        "HEAD": bare_etag(bench.head(key).headers.get("ETag")),
    }
    for entry in listing.page(bucket=bench.bucket, prefix=key).objects:
        told["listing"] = entry.etag
    differing = [source for source, etag in told.items() if etag != expected]
    if not differing:
        return ProbeFinding("md5", f"The MD5 of the bytes, in the answers to {', '.join(told)}.")
    return ProbeFinding("other", f"Not the MD5 of the bytes in {', '.join(differing)}.")


def checksum_sha256(bench: Workbench) -> ProbeFinding:
    key = bench.key("sha256")
    wrong = b64encode(sha256(b"promised").digest()).decode()
    answer = bench.put(key, b"sent", {"x-amz-checksum-sha256": wrong})
    if 400 <= answer.status < 500 and bench.head(key).status == 404:
        return ProbeFinding("verified", f"Other bytes than announced are not stored ({said(answer)}).")
    if answer.status != 200:
        raise unexpected(answer, bench.bucket)
    told = bench.head(key, {"x-amz-checksum-mode": "ENABLED"}).headers.get("x-amz-checksum-sha256")
    if told == wrong:
        return ProbeFinding("stored", "Kept as sent, without a look at the bytes.")
    return ProbeFinding("absent", "Neither verified nor kept.")


def expired_url(bench: Workbench) -> ProbeFinding:
    key = bench.key("expired")
    answer = bench.put_by_url(key, now=datetime.now(UTC) - timedelta(days=1))
    if bench.head(key).status == 404 and 400 <= answer.status < 500:
        return ProbeFinding("refused", f"A URL of yesterday is refused ({said(answer)}).")
    return ProbeFinding("accepted", f"A URL of yesterday was taken ({said(answer)}).")


def altered_url(bench: Workbench) -> ProbeFinding:
    """A URL for one key used for another, with another header, for reading, or with another signature."""
    key, other = bench.key("altered"), bench.key("altered-other")
    binary = {"Content-Type": "application/octet-stream"}
    url = bench.signer.put_url(
        bucket=bench.bucket, key=key, signed_headers=binary, expires_in_s=300, now=datetime.now(UTC)
    )
    last = "0" if url[-1] != "0" else "1"
    tried = {
        "another key": anonymous("PUT", url.replace(key, other, 1), body=b"a", headers=binary),
        "another signature": anonymous("PUT", url[:-1] + last, body=b"a", headers=binary),
        "another content type": anonymous("PUT", url, body=b"a", headers={"Content-Type": "text/html"}),
        "a longer life": anonymous(
            "PUT", url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000"), body=b"a", headers=binary
        ),
        "a delete": anonymous("DELETE", url, headers=binary),
    }
    taken = [use for use, answer in tried.items() if answer.status < 400]
    stored = [made for made in (key, other) if bench.head(made).status == 200]
    if taken or stored:
        return ProbeFinding("accepted", f"Taken anyway: {', '.join(taken) or 'unannounced'}.")
    return ProbeFinding("refused", f"Refused: {', '.join(tried)}.")


CHECKS = (
    put_if_none_match,
    url_if_none_match,
    content_md5,
    put_etag,
    checksum_sha256,
    expired_url,
    altered_url,
)
