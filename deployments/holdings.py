"""What other apps hold of a deployment: told by registration, since this app imports none of those above it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest
from django.utils.safestring import SafeString

from deployments.models import Deployment


@dataclass(frozen=True, slots=True)
class Holdings:
    """What was brought to one deployment. Sums over its ledger stop at a bound: then `is_more`, and they are a least.

    under_way: a sentence for each upload that a retirement would cut off. links: (text, address) of where to look.
    """

    under_way: Sequence[str] = ()
    sessions: int = 0
    last_sessions: Sequence[str] = ()
    files: int = 0
    size_bytes: int = 0
    is_more: bool = False
    last_upload_at: datetime | None = None
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class FilesProvider:
    """What an app tells of deployments.

    under_way: deployments' primary keys -> sentences by key, of those only where something is under way; it reads
    the database alone, for services ask it within their transaction. urls_end_at: when the last upload URL into
    deployments runs out, None where none is alive. recount: orders that the store be counted again.
    panels: sections of the deployment's page.
    """

    under_way: Callable[[Iterable[int]], Mapping[int, Sequence[str]]]
    holdings: Callable[[Deployment], Holdings]
    urls_end_at: Callable[[Iterable[int]], datetime | None]
    recount: Callable[[Deployment], None]
    panels: Callable[[HttpRequest, Deployment], Sequence[SafeString]]


@dataclass(slots=True)
class _Registry:
    provider: FilesProvider = field(
        default_factory=lambda: FilesProvider(
            under_way=lambda pks: {},
            holdings=lambda deployment: Holdings(),
            urls_end_at=lambda pks: None,
            recount=lambda deployment: None,
            panels=lambda request, deployment: (),
        )
    )


_registry = _Registry()


def register(provider: FilesProvider) -> None:
    """Called once, by the app whose files the deployments have, when it is ready."""
    _registry.provider = provider


def under_way(deployments: Iterable[Deployment]) -> Mapping[int, Sequence[str]]:
    """By primary key, of those only into which somebody is uploading now: a sentence for each upload."""
    return _registry.provider.under_way([deployment.pk for deployment in deployments])


def urls_end_at(deployments: Iterable[Deployment]) -> datetime | None:
    """When the last upload URL into these deployments runs out: it works whatever became of the deployment."""
    return _registry.provider.urls_end_at([deployment.pk for deployment in deployments])


def holdings_of(deployment: Deployment) -> Holdings:
    return _registry.provider.holdings(deployment)


def recount(deployment: Deployment) -> None:
    _registry.provider.recount(deployment)


def panels(request: HttpRequest, deployment: Deployment) -> Sequence[SafeString]:
    return _registry.provider.panels(request, deployment)
