"""What files a deployment has. The app that keeps them registers, since this one imports none of those above it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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


class FilesProvider:
    """What the app that keeps the files tells of deployments; this one, of none. It registers a subclass."""

    def under_way(self, deployments: Iterable[Deployment]) -> Mapping[int, Sequence[str]]:
        """By primary key, of those only into which somebody is uploading now: a sentence for each upload.

        It reads the database alone, for services ask it within their transaction.
        """
        return {}

    def holdings_of(self, deployment: Deployment) -> Holdings:
        """What was brought to this deployment, and what is under way."""
        return Holdings()

    def urls_end_at(self, deployments: Iterable[Deployment]) -> datetime | None:
        """When the last upload URL into these deployments runs out: it works whatever became of the deployment."""
        return None

    def recount(self, deployment: Deployment) -> None:
        """Order that the store be counted again."""

    def panels(self, request: HttpRequest, deployment: Deployment) -> Sequence[SafeString]:
        """Sections of the deployment's page in the admin."""
        return ()


_provider = FilesProvider()


def register(provider: FilesProvider) -> None:
    """Called once, by the app that keeps the files, in its AppConfig.ready."""
    global _provider
    _provider = provider


def files_provider() -> FilesProvider:
    """What is registered; before that, one that knows of no files."""
    return _provider
