"""Buckets: a row first, then the store. The store is never asked while a transaction is open."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.core.errors import Conflict, PortalError
from amiportal.core.history import recorded
from amiportal.objectstore.buckets import BucketState, bucket_state, ensure_bucket
from amiportal.objectstore.capabilities import current_capabilities
from deployments.domain.countries import code_fault
from deployments.domain.names import SALTMARSH_DATA_TYPES, STATION_DATA_TYPES
from deployments.models import Bucket
from deployments.permissions import require_maintainer

_DATA_TYPES_OF_PROJECTS = {"saltmarsh-soundscapes": SALTMARSH_DATA_TYPES}
_CHANGEABLE = frozenset({"title", "country_code", "data_types", "is_test"})
_ERROR_LENGTH = Bucket._meta.get_field("store_error").max_length


def usual_data_types(name: str) -> list[str]:
    """What is uploaded to a bucket of this name when nobody says otherwise."""
    return [str(data_type) for data_type in _DATA_TYPES_OF_PROJECTS.get(name, STATION_DATA_TYPES)]


def create_bucket(
    *,
    actor: User | None,
    name: str,
    title: str,
    country_code: str = "",
    data_types: list[str] | None = None,
    is_test: bool = False,
) -> Bucket:
    """A new bucket's row, and nothing in the store yet: see make_bucket_in_store.

    Raises Conflict when the name is taken, ValidationError for what the model refuses.
    """
    require_maintainer(actor)
    bucket = Bucket(
        name=name.strip(),
        title=title.strip(),
        country_code=country_code,
        data_types=usual_data_types(name) if data_types is None else data_types,
        is_test=is_test,
    )
    if Bucket.objects.filter(name=bucket.name).exists():
        raise _taken(bucket.name)
    _check_country(bucket)
    bucket.full_clean()
    try:
        with transaction.atomic(), recorded(bucket, actor=actor):
            bucket.save()
    except IntegrityError as error:
        raise _taken(bucket.name) from error
    return bucket


def open_bucket(*, actor: User | None, name: str, **given: Any) -> Bucket:
    """A new bucket, here and in the store; takes what create_bucket takes.

    After a fault of the store (StoreError) the same call is repeated: it goes on from the row that is there.
    Raises Conflict when the bucket is in use already, or belongs to somebody else in the store.
    """
    require_maintainer(actor)
    bucket = Bucket.objects.filter(name=name).first()
    if bucket is None:
        bucket = create_bucket(actor=actor, name=name, **given)
    elif bucket.exists_in_store:
        raise _taken(name)
    return make_bucket_in_store(actor=actor, bucket=bucket)


def update_bucket(*, actor: User | None, bucket: Bucket, why: str = "", **changes: Any) -> Bucket:
    """Change title, country, data types or the trial mark. The name is in every object's address: it stays."""
    require_maintainer(actor)
    if unknown := changes.keys() - _CHANGEABLE:
        raise TypeError(f"cannot be changed: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        bucket = Bucket.objects.select_for_update().get(pk=bucket.pk)
        for name, value in changes.items():
            setattr(bucket, name, value)
        if "country_code" in changes:
            _check_country(bucket)
        bucket.full_clean()
        if changes:
            with recorded(bucket, actor=actor, reason=why or None):
                bucket.save(update_fields=list(changes))
    return bucket


def make_bucket_in_store(*, actor: User | None, bucket: Bucket) -> Bucket:
    """Create the bucket in the store, or find it there, shut it to the public, let the upload page in (CORS).

    What the store said is kept. While it is empty it is encrypted, too, where the store was seen to honour that.

    Raises StoreError, or Conflict when somebody else owns that name in the store; the row keeps the reason.
    """
    require_maintainer(actor)
    with _refusal_kept(bucket):
        capabilities = current_capabilities()
        state = ensure_bucket(
            bucket.name,
            origins=settings.PORTAL_ORIGINS,
            encrypt=capabilities.honours_bucket_encryption,
            shut=capabilities.takes_uploads_when_shut is not False,
        )
        return _record(bucket, state)


def refresh_bucket_state(*, bucket: Bucket) -> Bucket:
    """Ask the store whether the bucket is there and open to the page's origins; changes nothing in the store.

    Raises StoreError; the row keeps the reason.
    """
    with _refusal_kept(bucket):
        return _record(bucket, bucket_state(bucket.name, origins=settings.PORTAL_ORIGINS))


@contextmanager
def _refusal_kept(bucket: Bucket) -> Iterator[None]:
    """What the store had said before stays, with its fault beside it: an outage is no proof of absence."""
    try:
        yield
    except PortalError as error:
        bucket.store_error = error.message[:_ERROR_LENGTH]
        bucket.checked_at = timezone.now()
        Bucket.objects.filter(pk=bucket.pk).update(store_error=bucket.store_error, checked_at=bucket.checked_at)
        raise


def _record(bucket: Bucket, state: BucketState) -> Bucket:
    """By UPDATE: no history row, since this is what the store said and not what anybody did."""
    bucket.exists_in_store = state.exists
    bucket.cors_ok = state.cors_ok
    bucket.public_access = state.public_access or ""
    bucket.checked_at = timezone.now()
    bucket.store_error = state.error[:_ERROR_LENGTH]
    Bucket.objects.filter(pk=bucket.pk).update(
        exists_in_store=bucket.exists_in_store,
        cors_ok=bucket.cors_ok,
        public_access=bucket.public_access,
        checked_at=bucket.checked_at,
        store_error=bucket.store_error,
    )
    return bucket


def _check_country(bucket: Bucket) -> None:
    if fault := code_fault(bucket.country_code):
        raise ValidationError({"country_code": fault})


def _taken(name: str) -> Conflict:
    return Conflict(f"Bucket '{name}' already exists.", code="bucket_exists", fields={"name": ["Already exists."]})
