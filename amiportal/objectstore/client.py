"""One configured boto3 client per process, and the one place where a store's refusals become our errors.

For the calls that are rare and have many forms: buckets, CORS, copies, deletes, multipart. The hot ones
(HEAD, listings) go through http.py.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from amiportal.core.errors import BucketMissing, Conflict, PortalError, StoreDenied, StoreError, StoreUnavailable
from amiportal.objectstore.own_files import key_for

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_BUCKET_MISSING = frozenset({"NoSuchBucket"})
_UNAVAILABLE = frozenset(
    {
        "SlowDown",
        "ServiceUnavailable",
        "InternalError",
        "RequestTimeout",
        "Throttling",
        "TooManyRequests",
        "Busy",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AllAccessDisabled",
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidSecurity",
        "InvalidToken",
        "NotSignedUp",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)
# The last two: a store that overlooks what is asked of the bucket takes the call for one that makes it.
_NO_SUCH_CALL = frozenset({"NotImplemented", "MethodNotAllowed", "BucketAlreadyExists", "BucketAlreadyOwnedByYou"})
_CONFLICT = frozenset({"BucketAlreadyExists", "PreconditionFailed", "ConditionalRequestConflict"})
RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
CONDITION_FAILED_STATUSES = frozenset({304, 409, 412})  # stores differ; 412 is the standard's

_clients: "dict[tuple, S3Client]" = {}
_lock = threading.Lock()


def _forget_after_fork() -> None:
    """A child of a fork makes its own: two processes on one connection would read each other's answers."""
    global _lock
    _clients.clear()
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget_after_fork)


def client(bucket: str) -> "S3Client":
    """The process's S3 client for calls to `bucket`, for use inside `our_errors`.

    Thread-safe, made at the first call, fork-safe.
    """
    key = key_for(bucket)
    parts = (
        settings.S3_ENDPOINT_URL,
        key.access_key,
        key.secret_key,
        settings.S3_REGION,
        settings.S3_CONNECT_TIMEOUT_S,
        settings.S3_READ_TIMEOUT_S,
        settings.S3_MAX_ATTEMPTS,
        settings.S3_MAX_CONNECTIONS,
    )
    made = _clients.get(parts)
    if made is None:
        with _lock:
            made = _clients.get(parts)
            if made is None:
                made = _clients[parts] = _make_client(*parts)
    return made


def _make_client(
    endpoint_url: str,
    access_key: str,
    secret_key: str,
    region: str,
    connect_timeout_s: int,
    read_timeout_s: int,
    max_attempts: int,
    max_connections: int,
) -> "S3Client":
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint_url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
        config=client_config(
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
            max_attempts=max_attempts,
            max_connections=max_connections,
        ),
    )


def client_config(*, connect_timeout_s: int, read_timeout_s: int, max_attempts: int, max_connections: int) -> Config:
    """How every boto3 client of the portal speaks to the store."""
    return Config(
        # Region us-east-1 with the default signature presigns in the old style, which drops headers.
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        # By default botocore sends CRCs that several stores refuse or misread.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=connect_timeout_s,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": max_attempts},
        max_pool_connections=max_connections,
    )


@contextmanager
def our_errors(*, bucket: str = "") -> Iterator[None]:
    """Raises what botocore raises as one of ours; `bucket` is named in the message."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        raise error_for(code=error.response.get("Error", {}).get("Code", ""), status=status, bucket=bucket) from None
    except BotoCoreError:
        # Its text may hold the signed URL; what it says to us is that no answer came.
        raise unreachable() from None


def has_no_such_call(error: ClientError, *, or_finds_fault: bool = False) -> bool:
    """Whether a store refused to set something of a bucket because it knows no call for it.

    or_finds_fault: some stores say so by finding fault with the document; for documents that can have none.
    """
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if status in (405, 501) or error.response["Error"].get("Code") in _NO_SUCH_CALL:
        return True
    return or_finds_fault and status == 400


def unreachable() -> StoreUnavailable:
    return StoreUnavailable("The object store cannot be reached. Try again in a few minutes.")


def error_for(*, code: str, status: int, bucket: str = "") -> PortalError:
    """Our error for a store's refusal, decided by code, else by status: texts differ and may be empty.

    A 404 without a code (an answer to HEAD) is not decided here: the caller knows whether it asked for a key.
    """
    said = code if code and not code.isdigit() else f"HTTP {status}"
    if code in _BUCKET_MISSING:
        return BucketMissing(f'The object store has no bucket "{bucket}".')
    if code in _CONFLICT:
        return Conflict(f"The object store holds something else under that name ({said}).", code="store_conflict")
    if code in _DENIED or status in (401, 403):
        return StoreDenied(f"The object store refused the portal's access key or its rights ({said}).")
    if code in _UNAVAILABLE or status in RETRIED_STATUSES:
        return StoreUnavailable(f"The object store is overloaded or down ({said}). Try again in a few minutes.")
    return StoreError(f"The object store did not do what it was asked ({said}).")
