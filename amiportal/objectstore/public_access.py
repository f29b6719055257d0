"""Public access to a bucket, which no file of the field needs: shut where the store has the call for it.

On stores that heed headers which a URL does not bind, the holder of an upload URL could make the object public.
"""

from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from amiportal.objectstore.client import client, has_no_such_call, our_errors

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import PublicAccessBlockConfigurationTypeDef

# Never BlockPublicAcls: Ceph then answers 403 to every plain PUT by a signed URL. An ACL that is ignored does no harm.
BLOCK: "PublicAccessBlockConfigurationTypeDef" = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_NONE_SET = "NoSuchPublicAccessBlockConfiguration"


class PublicAccess(StrEnum):
    """What the store says of public access to a bucket."""

    SHUT = "shut"  # public ACLs are ignored; public policies are refused and without effect
    SHUT_TO_UPLOADS = "shut to uploads"  # BlockPublicAcls as well, by which Ceph refuses every upload
    OPEN = "open"  # the store has the call, and somebody has to make it
    REFUSED = "refused"  # the portal's key has no right to the call
    NO_CALL = "no call"


def shut(bucket: str) -> PublicAccess:
    """Shuts public access where the store can, and returns what it then says. Repeating it changes nothing.

    What is stricter already stays as it is. A refusal is an answer; StoreUnavailable is raised.
    """
    before = state(bucket)
    if before != PublicAccess.OPEN:
        return before
    with our_errors(bucket=bucket):
        try:
            client(bucket).put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=BLOCK)
        except ClientError as error:
            return _told_by(error)
    after = state(bucket)
    # Taken and without effect: a store that does not know the call took it for another.
    return PublicAccess.NO_CALL if after == PublicAccess.OPEN else after


def state(bucket: str) -> PublicAccess:
    """What the store has on record; asked, not tried. Raises StoreUnavailable."""
    with our_errors(bucket=bucket):
        try:
            answer = client(bucket).get_public_access_block(Bucket=bucket)
        except ClientError as error:
            return _told_by(error)
    found = answer.get("PublicAccessBlockConfiguration", {})
    if not all(found.get(name) for name, wanted in BLOCK.items() if wanted):
        return PublicAccess.OPEN
    return PublicAccess.SHUT_TO_UPLOADS if found.get("BlockPublicAcls") else PublicAccess.SHUT


def _told_by(error: ClientError) -> PublicAccess:
    """What a refusal says of the call; raises those that say nothing of it."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if error.response["Error"].get("Code") == _NONE_SET:
        return PublicAccess.OPEN
    if has_no_such_call(error, or_finds_fault=True):
        return PublicAccess.NO_CALL
    if status == 403:
        return PublicAccess.REFUSED
    raise error
