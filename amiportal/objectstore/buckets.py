"""Buckets: made, shut to the public, opened to the portal's pages, and looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from django.conf import settings

from amiportal.core.errors import Conflict, StoreDenied
from amiportal.objectstore import cors, listing, own_files, public_access
from amiportal.objectstore.client import client, error_for, has_no_such_call, our_errors
from amiportal.objectstore.http import attempt, call
from amiportal.objectstore.public_access import PublicAccess

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import ServerSideEncryptionRuleTypeDef

PING_TIMEOUT_S = 3.0  # a readiness check that waits longer is itself the outage
ENCRYPTION: Final = "AES256"
_NO_RIGHT = frozenset({"AccessDenied", "AllAccessDisabled"})  # to this bucket; other codes are of the key itself


@dataclass(frozen=True)
class BucketState:
    """What the store says of a bucket.

    cors_ok: whether pages of all the portal's origins may PUT; None where that was not asked. created: by this call.
    public_access: None for a missing bucket. error: for people, empty when all is well.
    """

    exists: bool
    cors_ok: bool | None
    public_access: PublicAccess | None = None
    created: bool = False
    error: str = ""


def ensure_bucket(name: str, *, origins: Sequence[str], encrypt: bool = False, shut: bool = True) -> BucketState:
    """Makes the bucket where it is missing, shuts it to the public, and lets pages of `origins` PUT into it.

    The last two where the store can; what it holds, and others' CORS rules, stay as they are.
    encrypt: has the store encrypt it while it holds nothing; ask for it only where the store was seen to honour that.
    shut: False for a store that was seen to take no uploads then. May be repeated. Raises Conflict for a bucket that
    belongs to somebody else. A store that has no CORS calls is reported, not raised: its operator sets the rules.
    """
    if origins and own_files.is_own(name):
        raise Conflict("The bucket of the portal's own files is open to no page.", code="bucket_reserved")
    created = _create_if_missing(name)
    if encrypt and not listing.page(bucket=name, prefix="", max_keys=1).objects:
        encrypt_bucket(name)
    access = public_access.shut(name) if shut else public_access.state(name)
    is_settable = not origins or cors.let_in(name, origins)
    state = replace(bucket_state(name, origins=origins), public_access=access)
    if not is_settable and not state.cors_ok:
        state = replace(state, error="The store has no call to set CORS rules; its operator has to set them.")
    return replace(state, created=created)


def bucket_state(name: str, *, origins: Sequence[str]) -> BucketState:
    """Looks, changes nothing. A missing bucket is a state; StoreUnavailable and StoreDenied are raised."""
    if call("HEAD", bucket=name).status == 404:
        return BucketState(exists=False, cors_ok=None, error=f'The object store has no bucket "{name}".')
    state = BucketState(exists=True, cors_ok=None, public_access=public_access.state(name))
    if not origins:
        return state
    if barred := cors.barred(name, origins):
        error = f"Pages of {', '.join(barred)} may not upload: the bucket's CORS rules do not allow it."
        return replace(state, cors_ok=False, error=error)
    return replace(state, cors_ok=True)


def encrypt_bucket(name: str) -> bool:
    """Has the store encrypt, with keys of its own (SSE-S3), what comes from now on; False where it has no such call."""
    rule: ServerSideEncryptionRuleTypeDef = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": ENCRYPTION}}
    with our_errors(bucket=name):
        try:
            client(name).put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        except ClientError as error:
            if not has_no_such_call(error, or_finds_fault=True):
                raise
            return False
    return True


def ping() -> None:
    """Raises StoreUnavailable or StoreDenied within seconds unless the store answers and knows our keys. Tries once."""
    bucket = settings.PORTAL_FILES_BUCKET
    answer = attempt("HEAD", bucket=bucket, timeout_s=PING_TIMEOUT_S)
    if answer.status not in (200, 404):
        raise error_for(code=answer.code, status=answer.status, bucket=bucket)
    if own_files.has_own_key():
        uploads_key_reads_own_files()  # which asks the store whether it knows that key


def uploads_key_reads_own_files() -> bool:
    """Whether the uploads' key may list the bucket of the portal's own files. StoreDenied: the key is not known."""
    bucket = settings.PORTAL_FILES_BUCKET
    answer = attempt(
        "GET",
        bucket=bucket,
        query={"list-type": "2", "max-keys": "1"},
        with_key=own_files.uploads_key(),
        timeout_s=PING_TIMEOUT_S,
    )
    if answer.status in (200, 404):
        return answer.status == 200
    if answer.status == 403 and answer.code in _NO_RIGHT:
        return False
    raise error_for(code=answer.code, status=answer.status, bucket=bucket)


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
        _check_key(name)
        raise _belongs_to_another(name) from None
    raise _belongs_to_another(name)


def _check_key(bucket: str) -> None:
    """Raises StoreDenied where the store refuses our key wherever it is used: a HEAD does not say why it is refused."""
    answer = attempt("GET", bucket=bucket, query={"location": ""})
    if answer.status in (401, 403) and answer.code not in _NO_RIGHT:
        raise error_for(code=answer.code, status=answer.status, bucket=bucket)


def create(name: str, **location: Any) -> bool:
    """Whether it was made; False where the store says that it is there, as it does of our own, too."""
    with our_errors(bucket=name):
        try:
            client(name).create_bucket(Bucket=name, **location)
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
