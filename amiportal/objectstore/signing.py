"""AWS Signature Version 4 for the service "s3". Pure: no settings, no clock, no network.

Source of the rules: "Authenticating Requests (AWS Signature Version 4)" of the Amazon S3 API reference. S3
differs from other services in two ways that matter here: the path is quoted once and never normalised, and
the payload may stay unsigned.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
_UNRESERVED = "-._~"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def quote_key(key: str) -> str:
    """An object key as it stands in a URL's path and in the canonical request: UTF-8, slashes kept."""
    return quote(key, safe="/" + _UNRESERVED)


def quote_value(value: str) -> str:
    """A query parameter's name or value: UTF-8, slashes quoted, blanks as %20."""
    return quote(value, safe=_UNRESERVED)


def query_string(params: Mapping[str, str]) -> str:
    """Parameters in canonical order, which is also how they may be sent."""
    pairs = sorted((quote_value(name), quote_value(value)) for name, value in params.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def amz_timestamp(moment: datetime) -> str:
    """An aware time as X-Amz-Date wants it, in UTC and whole seconds."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


@dataclass(frozen=True)
class Endpoint:
    """An endpoint URL taken apart. `host` is what clients send as Host: lower case, no default port."""

    origin: str
    host: str
    base_path: str

    @classmethod
    def parse(cls, endpoint_url: str) -> "Endpoint":
        """Raises ValueError for what cannot be signed as it stands, such as a query or a path to be quoted."""
        parts = urlsplit(endpoint_url)
        base_path = parts.path.rstrip("/")
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise ValueError("an endpoint is an http:// or https:// address")
        if parts.username or parts.password or parts.query or parts.fragment or quote_key(base_path) != base_path:
            raise ValueError("an endpoint is scheme, host, port and a plain path")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        if parts.port is not None and parts.port != _DEFAULT_PORTS[parts.scheme]:
            host = f"{host}:{parts.port}"
        return cls(origin=f"{parts.scheme}://{parts.netloc}", host=host, base_path=base_path)

    def path(self, bucket: str, key: str = "") -> str:
        """The quoted path of a bucket or of an object, path style."""
        return f"{self.base_path}/{bucket}/{quote_key(key)}" if key else f"{self.base_path}/{bucket}"


@dataclass(frozen=True)
class Identity:
    """An access key with the region it signs for. The secret shows in no repr."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    _day_keys: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def scope(self, timestamp: str) -> str:
        return f"{timestamp[:8]}/{self.region}/s3/aws4_request"

    def signing_key(self, timestamp: str) -> bytes:
        """The key of the timestamp's day; derived once per day."""
        day = timestamp[:8]
        key = self._day_keys.get(day)
        if key is None:
            key = f"AWS4{self.secret_key}".encode()
            for part in (day, self.region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            if len(self._day_keys) > 8:
                self._day_keys.clear()
            self._day_keys[day] = key
        return key

    def signature(self, *, timestamp: str, canonical_request: str) -> str:
        digest = hashlib.sha256(canonical_request.encode()).hexdigest()
        to_sign = f"{ALGORITHM}\n{timestamp}\n{self.scope(timestamp)}\n{digest}"
        return hmac.digest(self.signing_key(timestamp), to_sign.encode(), "sha256").hex()

    def authorized_headers(
        self,
        *,
        method: str,
        host: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        payload_sha256: str,
        moment: datetime,
    ) -> dict[str, str]:
        """`headers` with those added that authorise the request. `path` and `query` come quoted and in order.

        Host is signed but left to the HTTP client to send. Every given header is signed.
        """
        timestamp = amz_timestamp(moment)
        sent = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
        sent["x-amz-content-sha256"] = payload_sha256
        sent["x-amz-date"] = timestamp
        signed = sorted([*sent, "host"])
        lines = "".join(f"{name}:{host if name == 'host' else sent[name]}\n" for name in signed)
        names = ";".join(signed)
        canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload_sha256}"
        signature = self.signature(timestamp=timestamp, canonical_request=canonical)
        sent["authorization"] = (
            f"{ALGORITHM} Credential={self.access_key}/{self.scope(timestamp)}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return sent
