"""Stores that differ: what the fault proxy can pose as. Each is called for every exchange (see FaultProxy.variants)."""

import hashlib
import re
import threading
from dataclasses import replace
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

from tests.faults import Answer, Forward, Request, error_answer

_ETAG = re.compile(rb"(<ETag>)(?:&#34;|&quot;|\")?([^<&\"]+)(?:&#34;|&quot;|\")?(</ETag>)")
_CONTENTS = re.compile(rb"<Contents>.*?</Contents>", re.DOTALL)
_KEY = re.compile(rb"<Key>([^<]*)</Key>")


class IgnoresConditions:
    """Overwrites whatever If-None-Match and x-amz-copy-source-if-match say; `store` is a boto3 client of upstream.

    The store judges first, signature included; where only its condition stood in the way, that is removed.
    """

    def __init__(self, store):
        self._store = store

    def __call__(self, request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if request.method not in ("PUT", "POST") or answer.status != 412:
            return answer
        source = request.headers.get("x-amz-copy-source")
        if source:
            made = self._store.copy_object(Bucket=request.bucket, Key=request.key, CopySource=source.lstrip("/"))
            etag = escape(made["CopyObjectResult"]["ETag"])
            body = f"<CopyObjectResult><ETag>{etag}</ETag></CopyObjectResult>".encode()
            return Answer(200, [("Content-Type", "application/xml")], body)
        self._store.delete_object(Bucket=request.bucket, Key=request.key)
        return forward(request)


def refuses_conditions(request: Request, forward: Forward) -> Answer:
    """501 on sight of If-None-Match, as Swift's s3api."""
    if "if-none-match" in request.headers and request.method == "PUT":
        return error_answer(501, "NotImplemented")
    return forward(request)


def opaque_etag(etag: str) -> str:
    return hashlib.md5(f"opaque {etag}".encode()).hexdigest()


def opaque_etags(request: Request, forward: Forward) -> Answer:
    """ETags that look like an MD5 and are not, as under encryption. Parts keep theirs: completing needs them."""
    answer = forward(request)
    if "partNumber" in request.query:
        return answer
    headers = [
        (name, f'"{opaque_etag(value.strip(chr(34)))}"' if name.lower() == "etag" else value)
        for name, value in answer.headers
    ]
    body = _ETAG.sub(lambda found: found[1] + opaque_etag(found[2].decode()).encode() + found[3], answer.body)
    answer = replace(answer, headers=headers)
    return answer.with_body(body) if body != answer.body else answer


class LateListing:
    """Lists what was there before it began, until `catch_up`: new objects are not shown, deleted ones still are."""

    def __init__(self):
        self._lock = threading.Lock()
        self._hidden: set[str] = set()
        self._ghosts: dict[str, bytes] = {}
        self._listed: dict[str, bytes] = {}

    def catch_up(self) -> None:
        with self._lock:
            self._hidden.clear()
            self._ghosts.clear()

    def __call__(self, request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        name = f"{request.bucket}/{request.key}"
        with self._lock:
            if request.is_listing and answer.status == 200:
                return answer.with_body(self._stale(request, answer.body))
            if request.method == "PUT" and request.key and answer.status == 200:
                self._hidden.add(name)
            if request.method == "DELETE" and name in self._listed and name not in self._hidden:
                self._ghosts[name] = self._listed[name]
        return answer

    def _stale(self, request: Request, body: bytes) -> bytes:
        entries = {}
        for entry in _CONTENTS.findall(body):
            name = f"{request.bucket}/{_key_of(entry, body)}"
            self._listed[name] = entry
            if name not in self._hidden:
                entries[name] = entry
        start = f"{request.bucket}/{request.query.get('prefix', '')}"
        entries |= {name: entry for name, entry in self._ghosts.items() if name.startswith(start)}
        return with_entries(body, [entries[name] for name in sorted(entries)])


def no_cors(request: Request, forward: Forward) -> Answer:
    """No CORS calls, no CORS headers, preflights refused."""
    if request.method == "OPTIONS":
        return error_answer(403, "AccessForbidden")
    if "cors" in request.query:
        return error_answer(501, "NotImplemented")
    answer = forward(request)
    kept = [(name, value) for name, value in answer.headers if not name.lower().startswith("access-control-")]
    return replace(answer, headers=kept)


def no_cors_on_errors(request: Request, forward: Forward) -> Answer:
    answer = forward(request)
    return no_cors(request, lambda _: answer) if answer.status >= 400 and request.method != "OPTIONS" else answer


def empty_listing(request: Request, forward: Forward) -> Answer:
    answer = forward(request)
    return answer.with_body(with_entries(answer.body, [])) if request.is_listing and answer.status == 200 else answer


def short_listing(request: Request, forward: Forward) -> Answer:
    """Leaves out every other object, and says nothing of it."""
    answer = forward(request)
    if not request.is_listing or answer.status != 200:
        return answer
    return answer.with_body(with_entries(answer.body, _CONTENTS.findall(answer.body)[::2]))


def deaf_listing(request: Request, forward: Forward) -> Answer:
    """Does not begin where StartAfter says: shows an object from before it."""
    answer = forward(request)
    if not request.is_listing or "start-after" not in request.query:
        return answer
    earlier = (
        f"<Contents><Key>{escape(request.query['prefix'])}!earlier</Key><ETag>&#34;0&#34;</ETag><Size>0</Size>"
        "<LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"
    )
    return answer.with_body(with_entries(answer.body, [earlier.encode(), *_CONTENTS.findall(answer.body)]))


def descending_listing(request: Request, forward: Forward) -> Answer:
    """The right objects on the right pages, in another order than that of their bytes."""
    answer = forward(request)
    if not request.is_listing or answer.status != 200:
        return answer
    return answer.with_body(with_entries(answer.body, _CONTENTS.findall(answer.body)[::-1]))


class Ghosts(LateListing):
    """Lists new objects at once, and deleted ones still."""

    def __call__(self, request: Request, forward: Forward) -> Answer:
        answer = super().__call__(request, forward)
        self._hidden.clear()
        return answer


class RepeatedListing:
    """Answers every page with the first one, which says that there is more."""

    def __init__(self):
        self._first: Answer | None = None

    def __call__(self, request: Request, forward: Forward) -> Answer:
        if not request.is_listing:
            return forward(request)
        self._first = self._first or forward(request)
        return self._first


def with_entries(body: bytes, entries: list[bytes]) -> bytes:
    """A listing's document with these <Contents> in place of its own."""
    bare = _CONTENTS.sub(b"", body)
    return bare.replace(b"</IsTruncated>", b"</IsTruncated>" + b"".join(entries), 1)


def _key_of(entry: bytes, body: bytes) -> str:
    key = _KEY.search(entry)[1].decode()
    return unquote_plus(key) if b"<EncodingType>url" in body else key


class MakesBuckets:
    """Makes a missing bucket on the first PUT into it, as SeaweedFS does unless told not to."""

    def __init__(self, store):
        self._store = store

    def __call__(self, request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if request.method == "PUT" and request.key and answer.status == 404:
            self._store.create_bucket(Bucket=request.bucket)
            return forward(request)
        return answer


class Credulous:
    """Does every PUT that the store refused for its signature or digest; heeds unsigned x-amz-* headers, as Ceph."""

    def __init__(self, store):
        self._store = store
        self._public: set[str] = set()

    def __call__(self, request: Request, forward: Forward) -> Answer:
        if request.method == "GET" and request.path in self._public:
            stored = self._store.get_object(Bucket=request.bucket, Key=request.key)
            return Answer(200, [], stored["Body"].read())
        answer = forward(request)
        if request.method != "PUT" or not request.key or answer.status not in (400, 403):
            return answer
        source = request.headers.get("x-amz-copy-source")
        try:
            if source:
                self._store.copy_object(Bucket=request.bucket, Key=request.key, CopySource=source)
            else:
                self._store.put_object(Bucket=request.bucket, Key=request.key, Body=request.body)
        except self._store.exceptions.ClientError:
            return answer  # a key that no store would take
        if request.headers.get("x-amz-acl") == "public-read":
            self._public.add(request.path)
        return Answer(200, [], b"")


def takes_settings_for_new_buckets(request: Request, forward: Forward) -> Answer:
    """Overlooks what is set of a bucket, as some small servers do, and answers as to CreateBucket or a listing."""
    if request.key or not {"cors", "publicAccessBlock", "encryption"} & request.query.keys():
        return forward(request)
    if request.method == "PUT":
        return error_answer(409, "BucketAlreadyOwnedByYou")
    return Answer(200, [], b"<ListBucketResult></ListBucketResult>")


def preflights_only_signed(request: Request, forward: Forward) -> Answer:
    """400 to a preflight of a bare address, as Swift's s3api."""
    if request.method == "OPTIONS" and "X-Amz-Signature" not in request.query:
        return error_answer(400, "BadRequest")
    return forward(request)
