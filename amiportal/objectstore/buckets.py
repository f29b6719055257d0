"""Buckets: made, given their CORS rules, and looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from botocore.exceptions import ClientError
from django.conf import settings

from amiportal.errors import Conflict, StoreDenied, StoreError, StoreUnavailable
from amiportal.objectstore import listing
from amiportal.objectstore.client import client, error_for, our_errors
from amiportal.objectstore.wire import anonymous, attempt, call

PING_TIMEOUT_S = 3.0  # a readiness check that waits longer is itself the outage
CORS_MAX_AGE_S = 86_400
# What the page sends with a PUT, and what it reads from the answer.
CORS_METHODS = ["PUT", "GET", "HEAD"]
CORS_REQUEST_HEADERS = ["content-type", "content-md5", "if-none-match"]
CORS_EXPOSED_HEADERS = ["ETag", "Retry-After"]  # the page waits as long as the store asks it to
ENCRYPTION = "AES256"
_NOT_SETTABLE = frozenset({"NotImplemented", "MethodNotAllowed"})


@dataclass(frozen=True)
class BucketState:
    """What the store says of a bucket.

    cors_ok: whether pages of all the portal's origins may PUT; None where that was not asked. created: by this call.
    error: for people, empty when all is well.
    """

    exists: bool
    cors_ok: bool | None
    created: bool = False
    error: str = ""


def ensure_bucket(name: str, *, origins: Sequence[str], encrypt: bool = False) -> BucketState:
    """Makes the bucket where it is missing, and lets pages of `origins` PUT into it where the store can.

    encrypt: has the store encrypt it while it holds nothing; ask for it only where the store was seen to honour that.
    May be repeated. Raises Conflict for a bucket that belongs to somebody else. A store that has no CORS calls is
    reported, not raised: its operator sets the rules.
    """
    created = _create_if_missing(name)
    if encrypt and not listing.page(bucket=name, prefix="", max_keys=1).objects:
        encrypt_bucket(name)
    has_no_such_call = bool(origins) and not _set_cors(name, origins)
    state = bucket_state(name, origins=origins)
    if has_no_such_call and not state.cors_ok:
        state = replace(state, error="The store has no call to set CORS rules; its operator has to set them.")
    return replace(state, created=created)


def bucket_state(name: str, *, origins: Sequence[str]) -> BucketState:
    """Looks, changes nothing. A missing bucket is a state; StoreUnavailable and StoreDenied are raised."""
    if call("HEAD", bucket=name).status == 404:
        return BucketState(exists=False, cors_ok=None, error=f'The object store has no bucket "{name}".')
    if not origins:
        return BucketState(exists=True, cors_ok=None)
    barred = [origin for origin in origins if not preflight_allows(name, origin=origin)]
    if barred and not _rules_allow(name, barred):
        error = f"Pages of {', '.join(barred)} may not upload: the bucket's CORS rules do not allow it."
        return BucketState(exists=True, cors_ok=False, error=error)
    return BucketState(exists=True, cors_ok=True)


def encrypt_bucket(name: str) -> bool:
    """Has the store encrypt, with keys of its own (SSE-S3), what comes from now on; False where it has no such call."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": ENCRYPTION}}
    with our_errors(bucket=name):
        try:
            client().put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        except ClientError as error:
            if not _has_no_such_call(error):
                raise
            return False
    return True


def ping() -> None:
    """Raises StoreUnavailable or StoreDenied within seconds unless the store answers and knows our key. Tries once."""
    bucket = settings.PORTAL_FILES_BUCKET
    answer = attempt("HEAD", bucket=bucket, timeout_s=PING_TIMEOUT_S)
    if answer.status not in (200, 404):
        raise error_for(code=answer.code, status=answer.status, bucket=bucket)


def preflight_allows(bucket: str, *, origin: str) -> bool:
    """Asks as a browser on `origin` would before a PUT, where browsers ask: at the public endpoint."""
    try:
        answer = anonymous(
            "OPTIONS",
            f"{settings.S3_PUBLIC_ENDPOINT_URL}/{bucket}/preflight",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": ",".join(CORS_REQUEST_HEADERS),
            },
            timeout_s=settings.S3_CONNECT_TIMEOUT_S,
        )
    except StoreUnavailable:
        return False
    allowed_headers = _words(answer.headers.get("Access-Control-Allow-Headers"))
    return (
        200 <= answer.status < 300
        and answer.headers.get("Access-Control-Allow-Origin") in ("*", origin)
        and bool({"put", "*"} & _words(answer.headers.get("Access-Control-Allow-Methods")))
        and ("*" in allowed_headers or allowed_headers >= set(CORS_REQUEST_HEADERS))
    )


def _create_if_missing(name: str) -> bool:
    """Whether the bucket was made by this call."""
    try:
        if call("HEAD", bucket=name).status != 404:
            return False
        if create(name):
            return True
        if call("HEAD", bucket=name).status != 404:  # somebody made it meanwhile, with our key
            return False
    except StoreDenied:
        raise _belongs_to_another(name) from None
    raise _belongs_to_another(name)


def create(name: str, **location) -> bool:
    """Whether it was made; False where the store says that it is there, as it does of our own, too."""
    with our_errors(bucket=name):
        try:
            client().create_bucket(Bucket=name, **location)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                return False
            # AWS wants its region told, except in us-east-1; others know no such place.
            if code != "IllegalLocationConstraintException" or location:
                raise
            return create(name, CreateBucketConfiguration={"LocationConstraint": settings.S3_REGION})
    return True


def _belongs_to_another(name: str) -> Conflict:
    return Conflict(f'A bucket "{name}" belongs to somebody else in this store.', code="bucket_taken")


def _set_cors(name: str, origins: Sequence[str]) -> bool:
    """False where the store has no such call."""
    rule = {
        "AllowedOrigins": list(origins),
        "AllowedMethods": CORS_METHODS,
        "AllowedHeaders": CORS_REQUEST_HEADERS,
        "ExposeHeaders": CORS_EXPOSED_HEADERS,
        "MaxAgeSeconds": CORS_MAX_AGE_S,
    }
    with our_errors(bucket=name):
        try:
            client().put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
        except ClientError as error:
            if not _has_no_such_call(error):
                raise
            return False
    return True


def _has_no_such_call(error: ClientError) -> bool:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return error.response["Error"].get("Code") in _NOT_SETTABLE or status in (405, 501)


def _rules_allow(name: str, origins: Sequence[str]) -> bool:
    """What the store has on record: it may hold a moment before preflights follow it, or they cannot be asked."""
    try:
        with our_errors(bucket=name):
            rules = client().get_bucket_cors(Bucket=name)["CORSRules"]
    except StoreUnavailable:
        raise
    except StoreError:
        return False  # no rules, no such call, or no right to read them
    return all(any(_covers(rule, origin) for rule in rules) for origin in origins)


def _covers(rule: dict, origin: str) -> bool:
    headers = {header.lower() for header in rule.get("AllowedHeaders", ())}
    return (
        bool({origin, "*"} & set(rule.get("AllowedOrigins", ())))
        and "PUT" in rule.get("AllowedMethods", ())
        and ("*" in headers or headers >= set(CORS_REQUEST_HEADERS))
    )


def _words(header: str | None) -> set[str]:
    return {word.strip().lower() for word in (header or "").split(",")}
