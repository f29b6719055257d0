"""The capability of keeping what is overwritten: the net below everything that goes past the portal."""

import secrets

from amiportal.core.errors import PortalError
from amiportal.objectstore.buckets import create
from amiportal.objectstore.http import attempt, call
from amiportal.objectstore.probe.workbench import ProbeFinding, Workbench
from amiportal.objectstore.versions import forget_versions, keep_versions, versions

_OLDER, _NEWER = b"proven", b"overwritten"


def bucket_versioning(bench: Workbench) -> ProbeFinding:
    """Tried in a bucket of its own, by a real overwrite and a real deletion: a setting that is taken proves nothing."""
    name = f"portal-probe-{secrets.token_hex(8)}"
    create(name)
    try:
        with Workbench(name, origins=[]) as own:
            try:
                return _tried(own)
            finally:
                _clear(own)
    finally:
        attempt("DELETE", bucket=name)


def _tried(own: Workbench) -> ProbeFinding:
    if not keep_versions(own.bucket):
        return ProbeFinding("missing", "The store has no call to keep versions: what is overwritten is lost.")
    overwritten, deleted = own.key("overwritten"), own.key("deleted")
    for key in (overwritten, deleted):
        own.stored(key, _OLDER)
    own.stored(overwritten, _NEWER)
    own.delete(deleted)
    if own.get(overwritten).body != _NEWER or own.get(deleted).status != 404:
        return ProbeFinding(
            "broken", "With versions kept, an overwritten or deleted object is not what was done to it last."
        )
    for key in (overwritten, deleted):
        older = [version for version in versions(own.bucket, key) if not version.is_current]
        bodies = [
            call("GET", bucket=own.bucket, key=key, query={"versionId": version.version_id}).body for version in older
        ]
        if bodies != [_OLDER]:
            return ProbeFinding(
                "ignored", f"The setting is taken, and the older version of an {key.rpartition('/')[2]} object is gone."
            )
    return ProbeFinding("kept", "An overwritten and a deleted object could be had again.")


def _clear(own: Workbench) -> None:
    try:
        forget_versions(own.bucket, "")
    except PortalError:
        return  # no such call: then there are no versions either


CHECKS = (bucket_versioning,)
