"""Two questions a running portal asks its store: do bytes come back as they went, and how late is it there."""

import base64
import hashlib
import secrets
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from amiportal.core.errors import StoreError
from amiportal.objectstore.client import error_for
from amiportal.objectstore.http import anonymous, attempt, call
from amiportal.objectstore.presign import signer

PLACE = "portal-health/"  # beside all deployments, whose ids begin with "dep"
_CLIENTS_TIMEOUT_S = 10.0
_URL_LIFETIME_S = 300


class RoundTripBroken(StoreError):
    """The store took the bytes and gave back others, or none."""

    code = "round_trip_broken"


def round_trip(bucket: str) -> None:
    """A small object by a signed URL, as clients send theirs, read back and removed. Raises StoreError."""
    body = secrets.token_bytes(1_000)
    key = PLACE + secrets.token_hex(8)
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-MD5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
    }
    url = signer().put_url(
        bucket=bucket, key=key, signed_headers=headers, expires_in_s=_URL_LIFETIME_S, now=datetime.now(UTC)
    )
    answer = anonymous("PUT", url, body=body, headers=headers, timeout_s=_CLIENTS_TIMEOUT_S)
    if answer.status != 200 or answer.is_error_in_200:
        raise error_for(code=answer.code, status=answer.status, bucket=bucket)
    try:
        back = call("GET", bucket=bucket, key=key)
        if back.status == 404 or back.body != body:
            raise RoundTripBroken(f"What was stored in {bucket} did not come back as it went.")
    finally:
        attempt("DELETE", bucket=bucket, key=key)


def clock_difference_s(bucket: str) -> float | None:
    """How many seconds the store's clock runs ahead of ours; None where the store does not tell its time."""
    before = datetime.now(UTC)
    answer = attempt("HEAD", bucket=bucket)
    after = datetime.now(UTC)
    told = answer.headers.get("Date")
    if not told:
        return None
    # The Date header has whole seconds, cut off.
    ahead_s = (parsedate_to_datetime(told) - before).total_seconds()
    return 0.0 if -1.0 <= ahead_s <= (after - before).total_seconds() else ahead_s
