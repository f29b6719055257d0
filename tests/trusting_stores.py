"""Stores that obey too much, or can be told not to: variants as those of tests/store_variants.py."""

import base64
import hashlib
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from amiportal.objectstore.signing import UNSIGNED_PAYLOAD, Identity, query_string, quote_key
from tests.faults import Answer, Forward, Request, error_answer

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


class HeedsUnsigned:
    """Heeds every x-amz-* header of a PUT by a signed URL, whether the URL binds it or not, as Ceph does.

    As there, a header that is named as signed and does not come is no part of what is signed: `binds_absent`. Without
    it such a URL is refused. Copies overwrite whatever a condition says. `store` is a boto3 client of upstream.
    """

    def __init__(self, store, *, binds_absent: bool = True):
        self._store = store
        self._binds_absent = binds_absent
        self._public: set[str] = set()

    def __call__(self, request: Request, forward: Forward) -> Answer:
        if request.method == "GET" and request.path in self._public and "authorization" not in request.headers:
            return Answer(200, [], self._store.get_object(Bucket=request.bucket, Key=request.key)["Body"].read())
        if request.method != "PUT" or not request.key or "X-Amz-Signature" not in request.query:
            return forward(request)
        if not self._is_signed(request):
            return error_answer(403, "SignatureDoesNotMatch")
        try:
            return self._done(request)
        except self._store.exceptions.ClientError as error:
            told = error.response
            return error_answer(told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"])

    def _done(self, request: Request) -> Answer:
        where, sent = {"Bucket": request.bucket, "Key": request.key}, request.headers
        if source := sent.get("x-amz-copy-source"):
            self._store.copy_object(**where, CopySource=source.lstrip("/"))
            return Answer(200, [], b"<CopyObjectResult></CopyObjectResult>")
        digest = base64.b64encode(hashlib.md5(request.body).digest()).decode()
        if sent.get("content-md5", digest) != digest:
            return error_answer(400, "BadDigest")
        more = {"IfNoneMatch": "*"} if "if-none-match" in sent else {}
        if "content-encoding" in sent:
            more["ContentEncoding"] = sent["content-encoding"]
        made = self._store.put_object(
            **where, Body=request.body, ContentType=sent.get("content-type", "binary/octet-stream"), **more
        )
        if sent.get("x-amz-acl") == "public-read" or ALL_USERS in sent.get("x-amz-grant-read", ""):
            self._public.add(request.path)
        return Answer(200, [("ETag", made["ETag"])], b"")

    def _is_signed(self, request: Request) -> bool:
        query = request.query
        given = query.pop("X-Amz-Signature")
        stamp, names = query["X-Amz-Date"], query["X-Amz-SignedHeaders"].split(";")
        made_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        lifetime = timedelta(seconds=int(query["X-Amz-Expires"]))
        if not datetime.now(UTC) - lifetime <= made_at <= datetime.now(UTC) + timedelta(minutes=15):
            return False
        absent = [name for name in names if name not in request.headers]
        if absent and not self._binds_absent:
            return False
        lines = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names if name not in absent)
        canonical = "\n".join(
            ["PUT", quote_key(request.path), query_string(query), lines, ";".join(names), UNSIGNED_PAYLOAD]
        )
        key = Identity(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_REGION"])
        return given == key.signature(timestamp=stamp, canonical_request=canonical)


class ShutsPublicAccess:
    """Has the calls of PublicAccessBlock, which SeaweedFS has not; under BlockPublicAcls it refuses uploads, as Ceph.

    It stands before others in `variants`, to hide from the public what they give out.
    """

    def __init__(self):
        self.blocks: dict[str, dict[str, bool]] = {}

    def __call__(self, request: Request, forward: Forward) -> Answer:
        block = self.blocks.get(request.bucket, {})
        if "publicAccessBlock" in request.query:
            return self._told(request, block)
        if block.get("BlockPublicAcls") and request.method == "PUT" and request.key:
            return error_answer(403, "AccessDenied")
        is_signed = "authorization" in request.headers or "X-Amz-Signature" in request.query
        if block.get("IgnorePublicAcls") and request.method == "GET" and not is_signed:
            return error_answer(403, "AccessDenied")
        return forward(request)

    def _told(self, request: Request, block: dict[str, bool]) -> Answer:
        if request.method == "PUT":
            found = re.findall(rb"<(\w+)>(true|false)<", request.body)
            self.blocks[request.bucket] = {name.decode(): value == b"true" for name, value in found}
            return Answer(200, [], b"")
        if not block:
            return error_answer(404, "NoSuchPublicAccessBlockConfiguration")
        entries = "".join(f"<{name}>{str(value).lower()}</{name}>" for name, value in block.items())
        return Answer(200, [], f"<PublicAccessBlockConfiguration>{entries}</PublicAccessBlockConfiguration>".encode())


class KnowsKeys:
    """A store with several users: each bucket is its owner's alone. `owners`: access key by bucket; else `others`.

    Signatures of keys that upstream does not know are not looked at: the request is sent on by the store's own key.
    """

    def __init__(self, owners: dict[str, str], *, others: str):
        self._owners, self._others = owners, others
        self.known = {*owners.values(), others}
        self._seen: dict[str, set[str]] = {}
        self._open: set[str] = set()

    def let_in(self, bucket: str) -> None:
        """Every key may do everything with this bucket."""
        self._open.add(bucket)

    def seen(self, bucket: str) -> set[str]:
        """The access keys by which a bucket was asked for."""
        return self._seen.get(bucket, set())

    def __call__(self, request: Request, forward: Forward) -> Answer:
        found = re.search(r"Credential=([^/]+)/", request.headers.get("authorization", ""))
        if not found:
            return forward(request)
        self._seen.setdefault(request.bucket, set()).add(found[1])
        if found[1] not in self.known:
            return error_answer(403, "InvalidAccessKeyId")
        if request.bucket not in self._open and found[1] != self._owners.get(request.bucket, self._others):
            return error_answer(403, "AccessDenied")
        return forward(request if found[1] == self._others else self._signed_anew(request))

    def _signed_anew(self, request: Request) -> Request:
        kept = ("content-type", "content-md5", "x-amz-copy-source")
        key = Identity(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_REGION"])
        host = request.headers["host"]
        signed = key.authorized_headers(
            method=request.method,
            host=host,
            path=quote_key(request.path),
            query=query_string(request.query),
            headers={name: request.headers[name] for name in kept if name in request.headers},
            payload_sha256=hashlib.sha256(request.body).hexdigest(),
            moment=datetime.now(UTC),
        )
        length = {"Content-Length": str(len(request.body))}
        query = query_string(request.query)
        target = quote_key(request.path) + (f"?{query}" if query else "")
        return replace(request, target=target, headers={"Host": host, **length, **signed})
