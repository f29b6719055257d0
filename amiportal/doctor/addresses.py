"""Upload addresses: good for one upload, and for nothing else. Tried as somebody would who holds one."""

from amiportal.doctor.observations import Observation, State
from amiportal.errors import PortalError
from amiportal.objectstore.habits import current_habits
from amiportal.objectstore.presign import signer
from amiportal.objectstore.probe import attacks
from amiportal.objectstore.probe.workbench import Workbench

ADDRESSES = ("upload addresses", "Upload addresses")
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


def examine_addresses(bucket: str | None) -> Observation:
    """What the holder of an address as the portal signs them today could do beyond the upload; tried in `bucket`."""
    if bucket is None:
        return Observation(
            *ADDRESSES,
            State.WARN,
            "There is no bucket for trials, so what an upload address can be used for is not tried.",
            "Mark one bucket as for trials, such as test-upload.",
        )
    try:
        with Workbench(bucket, signer=signer()) as bench:
            found = {check.__name__: check(bench) for check in attacks.BY_HOLDERS}
    except PortalError as error:
        return Observation(
            *ADDRESSES, State.UNKNOWN, f"Not tried: {error.message}", "See the round trip, then look again."
        )
    done = [_HARM[name] for name, finding in found.items() if finding.value in attacks.DONE]
    if not done:
        return Observation(*ADDRESSES, State.OK, "The store does nothing by an address beyond the upload it is for.")
    told = f"Whoever holds an upload address can, while it lives: {'; '.join(done)}."
    # A record of before this was looked for may lack that the store can do better.
    remedy = _ASK if current_habits().was_asked_for_absent_headers else _PROBE
    return Observation(*ADDRESSES, State.BAD, told, remedy.format(bucket=bucket), is_certain=True)
