"""Upload addresses: good for one upload, and for nothing else. Tried as somebody would who holds one."""

from collections.abc import Iterator

from django.conf import settings

from amiportal.core.errors import PortalError
from amiportal.objectstore import own_files
from amiportal.objectstore.buckets import uploads_key_reads_own_files
from amiportal.objectstore.capabilities import current_capabilities
from amiportal.objectstore.http import call
from amiportal.objectstore.presign import signer
from amiportal.objectstore.probe import attacks
from amiportal.objectstore.probe.workbench import Workbench
from amiportal.operations.doctor.observations import Observation, State

ADDRESSES = ("upload addresses", "Upload addresses")
OWN_FILES = ("portal files", "Portal's own files")
_HARM = {
    "copy_onto_stored": "overwrite the file that it has stored, a verified one too",
    "unsigned_copy_source": "fill a file from any other that the portal's key may read",
    "copy_of_portal_files": "read the portal's own files, snapshots with people's names among them",
    "unsigned_acl": "make a file public",
}
_PROBE = (
    "Run “python manage.py probe_store {bucket}”: it finds out whether this store lets addresses be signed that "
    "cannot be used so, and the portal then does that within a minute. Look again after that."
)
_ASK = (
    "Write to the store's operator: “In requests signed by query string, please refuse every x-amz-* header that "
    "X-Amz-SignedHeaders does not name, above all x-amz-copy-source, x-amz-acl and x-amz-grant-*, or remove them in "
    "the proxy of the public address.” Then run “python manage.py probe_store {bucket}” and look again. Give the "
    "portal's own files a key of their own (PORTAL_FILES_ACCESS_KEY_ID): no address reaches them then."
)
_TAKE_RIGHTS = (
    "Ask the store's operator to make the other key's user the only one with rights to the bucket {bucket}; on Ceph: "
    "“radosgw-admin bucket link --bucket={bucket} --uid=OTHER”, then “radosgw-admin bucket chown --bucket={bucket} "
    "--uid=OTHER”."
)
_OWN_KEY = (
    "Ask the store's operator for a second user, with a key of its own, who owns the bucket {bucket} (on Ceph “radosgw-"
    "admin user create --uid=ami-portal-files --display-name=ami-portal-files”, then “radosgw-admin bucket link” and "
    "“bucket chown” with that uid); set PORTAL_FILES_ACCESS_KEY_ID and PORTAL_FILES_SECRET_ACCESS_KEY, and restart."
)


def examine_addresses(bucket: str | None) -> Iterator[Observation]:
    """What the holder of an address as the portal signs them today could do beyond the upload; tried in `bucket`."""
    if bucket is None:
        yield Observation(
            *ADDRESSES,
            State.WARN,
            "There is no bucket for trials, so what an upload address can be used for is not tried.",
            "Mark one bucket as for trials, such as test-upload.",
        )
        yield _own_files(None)
        return
    try:
        with Workbench(bucket, signer=signer()) as bench:
            found = {check.__name__: check(bench).value in attacks.DONE for check in attacks.BY_HOLDERS}
    except PortalError as error:
        remedy = "See the round trip and the portal's own files; then look again."
        yield Observation(*ADDRESSES, State.UNKNOWN, f"Not tried: {error.message}", remedy)
        yield _own_files(None)
        return
    yield _addresses(bucket, [harm for name, harm in _HARM.items() if found[name]])
    yield _own_files(found["copy_of_portal_files"])


def _addresses(bucket: str, harm: list[str]) -> Observation:
    if not harm:
        return Observation(*ADDRESSES, State.OK, "The store does nothing by an address beyond the upload it is for.")
    told = f"Whoever holds an upload address can, while it lives: {'; '.join(harm)}."
    # A record from before this was looked for may lack that the store can do better.
    remedy = _ASK if current_capabilities().was_asked_for_absent_headers else _PROBE
    return Observation(*ADDRESSES, State.BAD, told, remedy.format(bucket=bucket), is_certain=True)


def _own_files(are_read: bool | None) -> Observation:
    """are_read: whether a file of the portal's own was read by an upload address; None where that was not tried."""
    bucket = settings.PORTAL_FILES_BUCKET
    try:
        if call("HEAD", bucket=bucket).status == 404:
            remedy = "Run “python manage.py make_files_bucket”: without it there are no snapshots and no exports."
            return Observation(*OWN_FILES, State.BAD, f"The store has no bucket {bucket}.", remedy, is_certain=True)
        is_out_of_reach = own_files.has_own_key() and not uploads_key_reads_own_files()
    except PortalError as error:
        remedy = "Look at PORTAL_FILES_ACCESS_KEY_ID and at that key's rights to the bucket; then look again."
        return Observation(*OWN_FILES, State.BAD, f"{bucket}: {error.message}", remedy)
    if are_read:
        told = "An upload address reads them: snapshots (people's names, mail addresses and rights) and exports."
        return Observation(*OWN_FILES, State.BAD, told, _OWN_KEY.format(bucket=bucket), is_certain=True)
    if is_out_of_reach:
        told = "They have a key of their own; the key of the uploads cannot read them."
        return Observation(*OWN_FILES, State.OK, told)
    if own_files.has_own_key():
        told = "They have a key of their own, and the key of the uploads can read them anyway."
        return Observation(*OWN_FILES, State.WARN, told, _TAKE_RIGHTS.format(bucket=bucket), is_certain=True)
    if are_read is None:
        told = "They are under the key of the uploads; whether an upload address reads them was not tried."
        return Observation(*OWN_FILES, State.WARN, told, _OWN_KEY.format(bucket=bucket))
    told = "They are under the key of the uploads, and the addresses that it signs do not reach them."
    return Observation(*OWN_FILES, State.OK, told)
