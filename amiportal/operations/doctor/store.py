"""The object store: reachable, its key good, its clock right, each bucket as it must be, and bytes that come back."""

from collections.abc import Iterator
from datetime import date
from functools import partial

from django.conf import settings
from django.utils import timezone

from amiportal.core.errors import PortalError, StoreDenied, StoreUnavailable
from amiportal.objectstore import buckets as store_buckets
from amiportal.objectstore.own_files import is_own
from amiportal.objectstore.public_access import PublicAccess
from amiportal.objectstore.roundtrip import clock_difference_s, round_trip
from amiportal.operations.doctor.addresses import ADDRESSES, OWN_FILES, examine_addresses
from amiportal.operations.doctor.alone import alone
from amiportal.operations.doctor.observations import Observation, State
from deployments.models import Bucket
from deployments.services import refresh_bucket_state

CLOCK_WARN_S = 30
CLOCK_BAD_S = 300  # a signature allows the clocks 15 minutes; a URL of an hour has little left by then
KEY_WARN_DAYS = 60
_CLOCK = ("clock", "Clocks")
_ROUND_TRIP = ("round trip", "Round trip")


def examine_store() -> Iterator[Observation]:
    (store,) = alone(_store, ("store", "Object store"))
    yield store
    yield from alone(partial(_key_expiry, timezone.now().date()), ("store key", "Store's key"))
    rows = list(Bucket.objects.order_by("name"))
    if store.state != State.OK:
        for subject, title in (_CLOCK, _ROUND_TRIP, ADDRESSES, OWN_FILES, *map(_of_bucket, rows)):
            yield Observation(subject, title, State.UNKNOWN, "Not looked at.", "See the object store above.")
        return
    trial = next((row.name for row in rows if row.is_test), None)
    yield from alone(partial(_clock, trial or settings.PORTAL_FILES_BUCKET), _CLOCK)
    yield from alone(partial(_round_trip, trial), _ROUND_TRIP)
    yield from alone(partial(examine_addresses, trial), ADDRESSES, OWN_FILES)
    for row in rows:
        yield from alone(partial(_bucket, row), _of_bucket(row))


def _store() -> Observation:
    told = ("store", "Object store")
    try:
        store_buckets.ping()
    except StoreDenied:
        return Observation(
            *told,
            State.BAD,
            "The store refuses the portal's key.",
            "Ask the store's operator whether the key has expired or lost its rights. Put the new one into "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and restart.",
            is_certain=True,
        )
    except StoreUnavailable:
        return Observation(
            *told,
            State.BAD,
            "The store does not answer.",
            "Uploads wait and go on by themselves. Look at the store's status page or ask its operator.",
        )
    return Observation(*told, State.OK, "Answers, and knows the portal's key.")


def _key_expiry(today: date) -> Observation:
    told = ("store key", "Store's key")
    ends = settings.S3_KEY_EXPIRES_ON
    if ends is None:
        return Observation(*told, State.OK, "No day of expiry is set (S3_KEY_EXPIRES_ON).")
    left = (ends - today).days
    remedy = "Ask the store's operator for a new key, set it and S3_KEY_EXPIRES_ON, and restart."
    if left < 0:
        return Observation(*told, State.BAD, f"Expired on {ends}.", remedy, is_certain=True)
    state = State.WARN if left <= KEY_WARN_DAYS else State.OK
    return Observation(*told, state, f"Expires on {ends}, in {left} days.", remedy, is_certain=True)


def _clock(bucket: str) -> Observation:
    try:
        ahead_s = clock_difference_s(bucket)
    except StoreUnavailable as error:
        return Observation(*_CLOCK, State.UNKNOWN, error.message, "See the object store above.")
    if ahead_s is None:
        return Observation(*_CLOCK, State.OK, "The store does not tell its time.")
    text = f"The store's clock differs from the portal's by {ahead_s:+,.0f} s."
    if abs(ahead_s) < 1:
        text = "The clocks of the store and of the portal agree."
    remedy = "Set the portal's clock by NTP; signed URLs fail when the clocks are far apart."
    if abs(ahead_s) >= CLOCK_BAD_S:
        return Observation(*_CLOCK, State.BAD, text, remedy)
    return Observation(*_CLOCK, State.WARN if abs(ahead_s) >= CLOCK_WARN_S else State.OK, text, remedy)


def _round_trip(bucket: str | None) -> Observation:
    if bucket is None:
        return Observation(
            *_ROUND_TRIP,
            State.WARN,
            "There is no bucket for trials, so no upload is tried.",
            "Mark one bucket as for trials, such as test-upload.",
        )
    try:
        round_trip(bucket)
    except PortalError as error:
        return Observation(
            *_ROUND_TRIP,
            State.BAD,
            f"A file sent to {bucket} by a signed URL did not come back: {error.message}",
            "Look at S3_PUBLIC_ENDPOINT_URL and at the bucket's rights; clients meet the same fault. Where the store "
            f"was changed, run “python manage.py probe_store {bucket}”: addresses are signed by what it then honoured.",
        )
    return Observation(*_ROUND_TRIP, State.OK, f"A file went to {bucket} by a signed URL and came back the same.")


def _of_bucket(row: Bucket) -> tuple[str, str]:
    return f"bucket {row.name}", f"Bucket {row.name}"


def _bucket(row: Bucket) -> Observation:
    if is_own(row.name):
        return Observation(
            *_of_bucket(row),
            State.BAD,
            "It is the bucket of the portal's own files, and can be none for uploads: they are refused.",
            "Make its deployments in another bucket. If PORTAL_FILES_BUCKET was changed to this name, change it back "
            "and restart.",
            is_certain=True,
        )
    try:
        row = refresh_bucket_state(bucket=row)
    except PortalError as error:
        return Observation(*_of_bucket(row), State.BAD, error.message, "See the object store above; then look again.")
    remedy = "Open the bucket's page and choose “Create or check in the store”, or ask the store's operator."
    if not row.exists_in_store:
        return Observation(*_of_bucket(row), State.BAD, "The store has no such bucket.", remedy)
    if row.cors_ok is False:
        return Observation(*_of_bucket(row), State.BAD, row.store_error, remedy)
    if row.public_access == PublicAccess.SHUT_TO_UPLOADS and not _takes_uploads(row.name):
        return Observation(
            *_of_bucket(row),
            State.BAD,
            "The store refuses every upload into it, as Ceph does while BlockPublicAcls is on.",
            "Ask the store's operator to put this PublicAccessBlock on the bucket: BlockPublicAcls false, "
            "IgnorePublicAcls, BlockPublicPolicy and RestrictPublicBuckets true.",
            is_certain=True,
        )
    if row.public_access == PublicAccess.OPEN:
        return Observation(
            *_of_bucket(row), State.WARN, "Exists, and is not shut to the public, as it could be.", remedy
        )
    return Observation(*_of_bucket(row), State.OK, "Exists, and the upload page may send into it.")


def _takes_uploads(bucket: str) -> bool:
    """False for a refusal alone: what else may be wrong with the store is another check's to tell."""
    try:
        round_trip(bucket)
    except StoreDenied:
        return False
    except PortalError:
        pass
    return True
