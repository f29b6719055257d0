"""The capability of encrypted buckets: some stores take the setting and then no upload any more."""

import secrets
from hashlib import md5

from amiportal.objectstore.buckets import ENCRYPTION, create, encrypt_bucket
from amiportal.objectstore.http import attempt
from amiportal.objectstore.objects import bare_etag
from amiportal.objectstore.probe.copies import completed
from amiportal.objectstore.probe.workbench import ProbeFinding, Workbench, said

_BODY = b"encrypted by the store"


def bucket_encryption(bench: Workbench) -> ProbeFinding:
    """Tried in a bucket of its own, so that no other changes its ways."""
    name = f"portal-probe-{secrets.token_hex(8)}"
    create(name)
    try:
        with Workbench(name) as own:
            return _tried(own)
    finally:
        attempt("DELETE", bucket=name)


def _tried(own: Workbench) -> ProbeFinding:
    if not encrypt_bucket(own.bucket):
        return ProbeFinding("missing", "The store has no call to encrypt a bucket.")
    single, parts = own.key("encrypted"), own.key("encrypted-parts")
    put = own.put(single, _BODY)
    if put.status != 200 or own.get(single).body != _BODY:
        return ProbeFinding("broken", f"The setting is taken, and uploads fail with it ({said(put)}): leave it off.")
    head = own.head(single)
    if head.headers.get("x-amz-server-side-encryption") != ENCRYPTION:
        return ProbeFinding("ignored", "The setting is taken, and objects are not encrypted.")
    whole = md5(_BODY, usedforsecurity=False)
    in_parts = completed(own, parts, _BODY)
    etags = [bare_etag(head.headers.get("ETag")), bare_etag(own.head(parts).headers.get("ETag"))]
    if in_parts.status != 200 or etags != [
        whole.hexdigest(),
        f"{md5(whole.digest(), usedforsecurity=False).hexdigest()}-1",
    ]:
        return ProbeFinding("other_etags", "Objects are encrypted, and their ETags no longer prove what was sent.")
    return ProbeFinding("honoured", "Objects are encrypted, and their ETags are as without.")


CHECKS = (bucket_encryption,)
