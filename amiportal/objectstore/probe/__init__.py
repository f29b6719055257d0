"""Finds out what a store honours, by trying.

Each capability is one function, which makes a few small objects under a prefix of its own and says what it saw. None
relies on another, but for the form of the URLs that they try. One that cannot be tried is recorded as such. Everything
made is deleted, one by one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.core.cache import cache

from amiportal.core.errors import BucketMissing, PortalError
from amiportal.objectstore.capabilities import cache_key
from amiportal.objectstore.http import call
from amiportal.objectstore.models import StoreProbe
from amiportal.objectstore.probe import attacks, copies, encryption, headers, listings, places, uploads, versions
from amiportal.objectstore.probe.workbench import ProbeFinding, Workbench

# In the order in which people read them. The attacks come first, since the first of them finds out how URLs are signed.
CHECKS: tuple[Callable[[Workbench], ProbeFinding], ...] = (
    *attacks.CHECKS,
    *uploads.CHECKS,
    *headers.CHECKS,
    *listings.CHECKS,
    *places.CHECKS,
    *encryption.CHECKS,
    *copies.CHECKS,
    *versions.CHECKS,
)


@dataclass(frozen=True)
class ProbeResult:
    """record: capability -> {"value", "detail"}, in a fixed order. errors: capability -> code, for a value "error"."""

    endpoint: str
    bucket: str
    record: dict[str, dict[str, str]]
    errors: dict[str, str] = field(default_factory=dict)


def probe(bucket: str, *, origins: Sequence[str]) -> ProbeResult:
    """Tries every capability in an existing bucket; takes seconds and leaves nothing behind.

    origins: those of the portal's pages, for what CORS allows. Raises BucketMissing, StoreUnavailable or StoreDenied
    where there is nothing to try.
    """
    if call("HEAD", bucket=bucket).status == 404:
        raise BucketMissing(f'The object store has no bucket "{bucket}".')
    record: dict[str, dict[str, str]] = {}
    errors: dict[str, str] = {}
    with Workbench(bucket, origins=origins) as bench:
        for check in CHECKS:
            name = check.__name__
            try:
                finding = check(bench)
            except PortalError as error:
                finding, errors[name] = ProbeFinding("error", error.message), error.code
            except (LookupError, TypeError, ValueError) as error:
                finding, errors[name] = ProbeFinding("error", "The answer could not be read."), type(error).__name__
            record[name] = {"value": finding.value, "detail": finding.detail}
    return ProbeResult(endpoint=settings.S3_ENDPOINT_URL, bucket=bucket, record=record, errors=errors)


def record_probe(result: ProbeResult) -> StoreProbe:
    """Stores what was found; this process follows it at once, others within capabilities.REMEMBERED_S."""
    row = StoreProbe(endpoint=result.endpoint, bucket=result.bucket, record=result.record, errors=result.errors)
    row.save()
    cache.delete_many([cache_key(result.endpoint, bucket) for bucket in (None, result.bucket)])
    return row
