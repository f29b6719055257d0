"""Presigned URLs by our own signer: botocore's byte for byte, in microseconds instead of hundreds of them.

`UrlSigner` is pure. What is constant within a batch (host, bucket, headers, moment) is put together once and
kept; per URL remain the quoting of the key, one SHA-256 and one HMAC. The signature is the last parameter of
the URL.
"""

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from django.conf import settings

from amiportal.core.errors import StoreError
from amiportal.objectstore import own_files
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.signing import (
    ALGORITHM,
    UNSIGNED_PAYLOAD,
    Endpoint,
    Identity,
    amz_timestamp,
    query_string,
    quote_key,
    quote_value,
)

MAX_EXPIRES_IN_S = 7 * 24 * 3600  # the longest that signature version 4 allows
_MAX_TEMPLATES = 64
_SENT_AS_IT_IS = re.compile(r"[A-Za-z0-9/._~-]+")  # nearly every key; quoting would leave it alone, at some cost
# Headers that clients, proxies and botocore change or leave unsigned: a URL cannot depend on them.
_NEVER_SIGNED = frozenset({"host", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id", "connection"})
# What makes something else of an upload, and no client of ours sends. Some stores heed these headers where the URL does
# not bind them: whoever holds it could fill the key from another object, overwrite what it stored, make it public, or
# lock it. Ceph is one; it also lets a URL name a header as signed that does not come, and refuses it when it does.
BOUND_TO_BE_ABSENT = (
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-copy-source-range",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
)


class NotSignable(StoreError):
    """The URL would not say what was asked for, so it is not handed out: the caller's fault or this module's."""

    code = "not_signable"
    http_status = 500


class UrlSigner:
    """Signs URLs for one endpoint with one access key. Thread-safe; no repr shows the secret it holds.

    absent: lower-case names of headers with which a PUT by its URLs is refused; for stores that were seen to do so.
    withheld: buckets for which nothing is signed, whoever asks.
    """

    def __init__(
        self,
        endpoint_url: str,
        access_key: str,
        secret_key: str,
        region: str,
        *,
        absent: Sequence[str] = (),
        withheld: Sequence[str] = (),
    ):
        self._absent = frozenset(absent)
        self._withheld = frozenset(withheld)
        self._endpoint = Endpoint.parse(endpoint_url)
        self._identity = Identity(access_key, secret_key, region)
        self._templates: dict[tuple, _Template] = {}

    def put_url(
        self, *, bucket: str, key: str, signed_headers: Mapping[str, str], expires_in_s: int, now: datetime
    ) -> str:
        """A URL that takes a PUT of `key`, sent with exactly these headers, until `now` + `expires_in_s`."""
        return self._template("PUT", bucket, tuple(signed_headers), expires_in_s, amz_timestamp(now)).url(
            key, signed_headers
        )

    def put_urls(
        self,
        *,
        bucket: str,
        files: Iterable[tuple[str, Mapping[str, str]]],
        expires_in_s: int,
        now: datetime,
    ) -> list[str]:
        """`put_url` for (key, signed headers) pairs, in their order."""
        timestamp = amz_timestamp(now)
        return [
            self._template("PUT", bucket, tuple(headers), expires_in_s, timestamp).url(key, headers)
            for key, headers in files
        ]

    def part_url(
        self,
        *,
        bucket: str,
        key: str,
        upload_id: str,
        part_number: int,
        expires_in_s: int,
        now: datetime,
        signed_headers: Mapping[str, str] | None = None,
    ) -> str:
        """A URL that takes one part of a multipart upload."""
        headers = signed_headers or {}
        query = query_string({"partNumber": str(part_number), "uploadId": upload_id})
        template = self._template("PUT", bucket, tuple(headers), expires_in_s, amz_timestamp(now), query)
        return template.url(key, headers)

    def get_url(self, *, bucket: str, key: str, expires_in_s: int, now: datetime) -> str:
        """A URL that reads one object."""
        return self._template("GET", bucket, (), expires_in_s, amz_timestamp(now)).url(key, {})

    def _template(
        self,
        method: str,
        bucket: str,
        header_names: tuple[str, ...],
        expires_in_s: int,
        timestamp: str,
        query: str = "",
    ) -> "_Template":
        parts = (method, bucket, header_names, expires_in_s, timestamp, query)
        template = self._templates.get(parts)
        if template is None:
            if bucket in self._withheld:
                raise NotSignable("No URL leads to the portal's own files.")
            if not 1 <= expires_in_s <= MAX_EXPIRES_IN_S:
                raise NotSignable(f"A URL lasts between 1 and {MAX_EXPIRES_IN_S} seconds.")
            absent = self._absent if method == "PUT" else frozenset()
            template = _Template(self._endpoint, self._identity, absent, *parts)
            if len(self._templates) >= _MAX_TEMPLATES:
                self._templates.clear()
            # Parts' own queries are used once each; keeping them would only drive the others out.
            if not query:
                self._templates[parts] = template
        return template


class _Template:
    """What all URLs of one bucket, header set and moment have in common."""

    def __init__(
        self,
        endpoint: Endpoint,
        identity: Identity,
        absent: frozenset[str],
        method: str,
        bucket: str,
        header_names: tuple[str, ...],
        expires_in_s: int,
        timestamp: str,
        query: str,
    ):
        by_lower = {name.lower(): name for name in header_names}
        if len(by_lower) != len(header_names) or by_lower.keys() & _NEVER_SIGNED:
            raise NotSignable("Each header is signed once, under a name that clients send unchanged.")
        self._absent = absent.difference(by_lower)
        names = sorted([*by_lower, *self._absent, "host"])
        signed = ";".join(names)
        scope = identity.scope(timestamp)
        auth = (
            f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={quote_value(f'{identity.access_key}/{scope}')}"
            f"&X-Amz-Date={timestamp}&X-Amz-Expires={expires_in_s:d}&X-Amz-SignedHeaders={quote_value(signed)}"
        )
        # Sent as botocore does, the operation's own parameters first; signed in the order of all their names.
        sent_query = f"{query}&{auth}" if query else auth
        canonical_query = "&".join(sorted(sent_query.split("&")))
        bucket_path = f"{endpoint.base_path}/{quote_value(bucket)}/"

        self._value_names = [by_lower[name] for name in sorted(by_lower)]
        lines = "".join(
            f"host:{endpoint.host.replace('%', '%%')}\n" if name == "host" else f"{name}:%s\n"
            for name in names
            if name not in self._absent
        )
        self._canonical_prefix = f"{method}\n{bucket_path}"
        self._canonical_rest = f"\n{canonical_query.replace('%', '%%')}\n{lines}\n{signed}\n{UNSIGNED_PAYLOAD}"
        self._to_sign_prefix = f"{ALGORITHM}\n{timestamp}\n{scope}\n"
        self._signing_key = identity.signing_key(timestamp)
        self._url_prefix = f"{endpoint.origin}{bucket_path}"
        self._url_rest = f"?{sent_query}&X-Amz-Signature="

    def url(self, key: str, headers: Mapping[str, str]) -> str:
        if not key:
            raise NotSignable("An object has a key.")
        quoted = key if _SENT_AS_IT_IS.fullmatch(key) else quote_key(key)
        values = tuple([_header_value(headers[name]) for name in self._value_names])
        canonical = self._canonical_prefix + quoted + self._canonical_rest % values
        to_sign = self._to_sign_prefix + sha256(canonical.encode()).hexdigest()
        signature = hmac.digest(self._signing_key, to_sign.encode(), "sha256").hex()
        url = self._url_prefix + quoted + self._url_rest + signature
        _check_signed_headers(url, headers, self._absent)
        return url


@lru_cache(maxsize=4_096)
def _header_value(value: str) -> str:
    """As botocore signs it: trimmed, runs of blanks as one.

    What a client could not send as it is, is refused.
    """
    if not value.isascii() or not value.isprintable():
        raise NotSignable("A signed header's value is printable ASCII.")
    return " ".join(value.split()) if " " in value else value


@lru_cache(maxsize=256)
def _expected_parameter(header_names: tuple[str, ...], absent: frozenset[str]) -> str:
    names = sorted({name.lower() for name in header_names} | absent | {"host"})
    return f"&X-Amz-SignedHeaders={'%3B'.join(names)}&X-Amz-Signature="


def _check_signed_headers(url: str, headers: Mapping[str, str], absent: frozenset[str]) -> None:
    """The last look at a URL: it binds exactly the headers asked for and those to be absent, or is not handed out.

    A URL that lost a header (signers in the old style drop them) would let its holder overwrite, or send
    other bytes.
    """
    query = url.partition("?")[2]
    if query.count("X-Amz-SignedHeaders=") != 1 or _expected_parameter(tuple(headers), absent) not in query:
        raise NotSignable("The URL does not bind the headers it should.")


def signer() -> UrlSigner:
    """The process-wide signer of URLs for clients, so for the endpoint under which they reach the store.

    Binds headers to be absent where the store's last probe saw that it honours this.
    """
    return binding_signer() if current_capabilities().binds_absent_headers else plain_signer()


def plain_signer() -> UrlSigner:
    """Relies on nothing that a store has to be seen to honour."""
    return _made(absent=())


def binding_signer() -> UrlSigner:
    """Its URLs are refused by stores that do not know of signed headers that are absent."""
    return _made(absent=BOUND_TO_BE_ABSENT)


def _made(*, absent: tuple[str, ...]) -> UrlSigner:
    """With the uploads' key, whatever other keys there are."""
    key = own_files.uploads_key()
    return _kept(
        settings.S3_PUBLIC_ENDPOINT_URL,
        key.access_key,
        key.secret_key,
        settings.S3_REGION,
        absent,
        (settings.PORTAL_FILES_BUCKET, own_files.USUAL_BUCKET),
    )


@lru_cache(maxsize=2)
def _kept(
    endpoint_url: str,
    access_key: str,
    secret_key: str,
    region: str,
    absent: tuple[str, ...],
    withheld: tuple[str, ...],
) -> UrlSigner:
    return UrlSigner(endpoint_url, access_key, secret_key, region, absent=absent, withheld=withheld)
