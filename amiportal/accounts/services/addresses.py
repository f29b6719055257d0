"""Mail addresses of people who belong together, to write to them all."""

from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from amiportal.accounts.models import User


@dataclass(frozen=True)
class Addresses:
    """`addresses` of open accounts, each once; `without` are the people who have none; closed accounts are left out."""

    addresses: list[str] = field(default_factory=list)
    without: list[User] = field(default_factory=list)
    closed: int = 0

    @property
    def text(self) -> str:
        """As mail programs take them."""
        return ", ".join(self.addresses)


def of_bucket(bucket_id: int) -> QuerySet[User]:
    """Those who may upload into it by name; maintainers who may upload everywhere are not named there."""
    return User.objects.filter(buckets=bucket_id)


def of_deployment(deployment_id: int) -> QuerySet[User]:
    """Those who may upload into its bucket, and those who have uploaded to it."""
    return User.objects.filter(
        Q(buckets__deployments=deployment_id) | Q(upload_sessions__deployment=deployment_id)
    ).distinct()


PEOPLE_OF = {"bucket": of_bucket, "deployment": of_deployment}


def addresses_of(people: QuerySet[User]) -> Addresses:
    addresses: dict[str, str] = {}
    without, closed = [], 0
    for person in people.order_by("last_name", "first_name", "username"):
        if not person.is_active:
            closed += 1
        elif person.email:
            addresses.setdefault(person.email.lower(), person.email)
        elif not person.is_service_account:
            without.append(person)
    return Addresses(list(addresses.values()), without, closed)
