"""Where a probe works: a prefix of its own in one bucket, cleared afterwards."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from amiportal.core.errors import PortalError
from amiportal.objectstore import listing
from amiportal.objectstore.client import CONDITION_FAILED_STATUSES, error_for
from amiportal.objectstore.http import Answer, anonymous, attempt, call
from amiportal.objectstore.presign import UrlSigner, plain_signer
from amiportal.objectstore.signing import quote_key

URL_LIFETIME_S = 300


@dataclass(frozen=True)
class ProbeFinding:
    """value: a short word that behaviour may depend on. detail: a sentence for people."""

    value: str
    detail: str


class Workbench:
    """Small raw calls: every status is an answer, StoreUnavailable means that none came."""

    def __init__(self, bucket: str, *, origins: Sequence[str] = (), signer: UrlSigner | None = None):
        self.bucket = bucket
        self.signer = signer or plain_signer()  # of the URLs that checks try
        self.origins = list(origins)
        self.prefix = f".portal-probe-{secrets.token_hex(8)}/"
        self.filled = False  # by the listing checks, with the objects they share
        self._made: dict[str, None] = {}
        self._uploads: list[tuple[str, str]] = []

    def __enter__(self) -> "Workbench":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.clear()

    def key(self, name: str) -> str:
        """A key of the probe's own, remembered for clearing."""
        return self.note(self.prefix + name)

    def note(self, key: str) -> str:
        self._made[key] = None
        return key

    def note_upload(self, key: str, upload_id: str) -> None:
        self._uploads.append((key, upload_id))

    def put(self, key: str, body: bytes = b"a", headers: Mapping[str, str] | None = None) -> Answer:
        return attempt("PUT", bucket=self.bucket, key=self.note(key), body=body, headers=headers)

    def stored(self, key: str, body: bytes = b"a") -> Answer:
        """Puts what a check presupposes, with retries; raises when the store does not take it."""
        return call("PUT", bucket=self.bucket, key=self.note(key), body=body)

    def get(self, key: str) -> Answer:
        return call("GET", bucket=self.bucket, key=key)

    def head(self, key: str, headers: Mapping[str, str] | None = None) -> Answer:
        return call("HEAD", bucket=self.bucket, key=key, headers=headers)

    def delete(self, key: str) -> Answer:
        return call("DELETE", bucket=self.bucket, key=key)

    def copy(self, source: str, key: str, headers: Mapping[str, str] | None = None) -> Answer:
        source_header = {"x-amz-copy-source": quote_key(f"{self.bucket}/{source}")}
        return attempt("PUT", bucket=self.bucket, key=self.note(key), headers={**source_header, **(headers or {})})

    def listed(self, folder: str = "", **arguments: Any) -> list[str]:
        """The names under a folder of the probe's, in the order of the listing's first page."""
        prefix = self.prefix + folder
        objects = listing.page(bucket=self.bucket, prefix=prefix, **arguments).objects
        return [entry.key[len(prefix) :] for entry in objects]

    def put_by_url(
        self,
        key: str,
        body: bytes = b"a",
        *,
        signed: Mapping[str, str] | None = None,
        unsigned: Mapping[str, str] | None = None,
        bucket: str | None = None,
        now: datetime | None = None,
        altered: Callable[[str], str] = lambda url: url,
    ) -> Answer:
        """Uploads as clients do: by a signed URL of the public endpoint, with nothing but its headers."""
        signed = {"Content-Type": "application/octet-stream", **(signed or {})}
        url = self.signer.put_url(
            bucket=bucket or self.bucket,
            key=self.note(key),
            signed_headers=signed,
            expires_in_s=URL_LIFETIME_S,
            now=now or datetime.now(UTC),
        )
        return anonymous("PUT", altered(url), body=body, headers={**signed, **(unsigned or {})})

    def clear(self) -> None:
        """Deletes what was made, and what else stands under the prefix: a store may have rewritten a key."""
        keys = dict(self._made)
        with suppress(PortalError):  # the keys noted will do
            keys |= {entry.key: None for entry in listing.stream(self.bucket, self.prefix)}
        for key, upload_id in self._uploads:
            self._quietly("DELETE", key, query={"uploadId": upload_id})
        for key in keys:
            self._quietly("DELETE", key)

    def _quietly(self, method: str, key: str, **request: Any) -> None:
        """A key that the store would not store it may not delete either; the rest is still to be cleared."""
        with suppress(PortalError):
            call(method, bucket=self.bucket, key=key, **request)


def said(answer: Answer) -> str:
    """An answer in short, for a finding's detail."""
    return f"{answer.status} {answer.code}".strip()


def condition_finding(bench: Workbench, answer: Answer, *, key: str, before: bytes) -> ProbeFinding:
    """What became of a write whose condition was false: `key` held `before`, and should still."""
    if answer.status in (400, 405, 501):
        return ProbeFinding("refused", f"The store does not take the condition: {said(answer)}.")
    kept = bench.get(key).body == before
    if answer.status in CONDITION_FAILED_STATUSES and kept:
        return ProbeFinding("honoured", f"Refused with {said(answer)}; the object is unchanged.")
    if 200 <= answer.status < 300 and not kept:
        return ProbeFinding("ignored", "The object was overwritten.")
    if 200 <= answer.status < 300:
        return ProbeFinding("dropped", f"Answered {answer.status}, but the object is unchanged.")
    raise unexpected(answer, bench.bucket)


def unexpected(answer: Answer, bucket: str) -> PortalError:
    """For an answer that says nothing about the capability."""
    return error_for(code=answer.code, status=answer.status, bucket=bucket)
