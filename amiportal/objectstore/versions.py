"""Older versions of objects, where a bucket keeps them: the way back from an overwritten or deleted one.

A store without these calls, or a key without the rights to them, is an answer here, not an error.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from amiportal.core.errors import StoreDenied, StoreError, StoreUnavailable
from amiportal.objectstore.client import client, has_no_such_call, our_errors
from amiportal.objectstore.http import attempt
from amiportal.objectstore.objects import bare_etag


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object. version_id: as the store names it; is_current: what a GET without it gives."""

    version_id: str
    size_bytes: int
    etag: str
    last_modified: datetime
    is_current: bool


def keeps_versions(bucket: str) -> bool | None:
    """Whether the bucket keeps what is overwritten or deleted; None where the store does not say.

    Raises StoreUnavailable and BucketMissing.
    """
    try:
        with our_errors(bucket=bucket):
            return client(bucket).get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"
    except (StoreUnavailable, StoreDenied):
        raise
    except StoreError:
        return None


def keep_versions(bucket: str) -> bool:
    """Have the bucket keep older versions from now on; False where the store has no such call or does not heed it.

    Every version takes room: what is overwritten or deleted is no longer freed. Raises StoreError and its kin.
    """
    with our_errors(bucket=bucket):
        try:
            client(bucket).put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        except ClientError as error:
            if not has_no_such_call(error):
                raise
            return False
    return keeps_versions(bucket) is True


def versions(bucket: str, key: str) -> Iterator[Version]:
    """The versions of one object, the newest first, deletions left out. Raises StoreError and its kin."""
    after: dict[str, Any] = {}
    while True:
        with our_errors(bucket=bucket):
            page = client(bucket).list_object_versions(Bucket=bucket, Prefix=key, **after)
        for entry in page.get("Versions", []):
            if entry["Key"] == key:
                yield Version(
                    entry["VersionId"],
                    entry["Size"],
                    bare_etag(entry.get("ETag")),
                    entry["LastModified"],
                    entry["IsLatest"],
                )
        # Keys come in order: beyond this one there are only longer ones.
        if not page.get("IsTruncated") or page.get("NextKeyMarker", key) > key:
            return
        after = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page.get("NextVersionIdMarker", "")}


def forget_versions(bucket: str, prefix: str) -> None:
    """Delete every version below a prefix, deletions too; for what the portal itself made to try things."""
    with our_errors(bucket=bucket):
        page = client(bucket).list_object_versions(Bucket=bucket, Prefix=prefix)
    for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
        attempt("DELETE", bucket=bucket, key=entry["Key"], query={"versionId": entry["VersionId"]})


def bring_back(bucket: str, key: str, version: Version) -> None:
    """Copy an older version over what is there now, which becomes an older version itself. Up to 5 GiB.

    The caller looks at what is there afterwards: a copy may answer 200 with an error. Raises StoreError and its kin.
    """
    with our_errors(bucket=bucket):
        client(bucket).copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": bucket, "Key": key, "VersionId": version.version_id},
            MetadataDirective="COPY",
        )
