"""Clients' failures that nobody was told of yet, as a maintainer wants them: who, what, where, how often, why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max
from django.db.models.functions import Coalesce
from django.urls import reverse

from amiportal.accounts.models import User
from amiportal.operations.doctor.models import FailuresReported
from deployments.models import Deployment
from uploads.models import UploadFailure

# A poor link fails for hours: one mail an hour tells it as well as one every five minutes.
REPEATED_AFTER = timedelta(hours=1)
GROUPS_TOLD = 20
CODES_TOLD = 5


@dataclass(frozen=True, slots=True)
class Failed:
    """One person's failures at one place. codes: how many of each, the most frequent first."""

    who: str
    where: str
    files: int
    codes: Sequence[tuple[str, int]]
    last_message: str
    link: str  # a path


@dataclass(frozen=True, slots=True)
class News:
    """upto: the last failure that it speaks of; more: groups beyond those told."""

    groups: Sequence[Failed]
    more: int
    upto: int


def news(now: datetime) -> News | None:
    """What came since the last mail; None where nothing did, or the last mail is too young."""
    reported = FailuresReported.objects.get(pk=FailuresReported.ONLY)
    if reported.told_at is not None and now - reported.told_at < REPEATED_AFTER:
        return None
    fresh = UploadFailure.objects.filter(pk__gt=reported.last_failure_id).annotate(
        by=Coalesce("account_id", "session__account_id"), at=Coalesce("deployment_id", "session__deployment_id")
    )
    upto = fresh.aggregate(upto=Max("pk"))["upto"]
    if upto is None:
        return None
    fresh = fresh.filter(pk__lte=upto)
    groups = list(fresh.values("by", "at").annotate(files=Count("pk"), last=Max("pk")).order_by("-files", "by", "at"))
    told = groups[:GROUPS_TOLD]
    people = User.objects.in_bulk([group["by"] for group in told if group["by"]])
    places = Deployment.objects.select_related("bucket").in_bulk([group["at"] for group in told if group["at"]])
    last = UploadFailure.objects.in_bulk([group["last"] for group in told])
    failed = [
        Failed(
            who=_who(people.get(group["by"])),
            where=_where(places.get(group["at"])),
            files=group["files"],
            codes=list(
                fresh.filter(by=group["by"], at=group["at"])
                .values_list("code")
                .annotate(times=Count("pk"))
                .order_by("-times", "code")[:CODES_TOLD]
            ),
            last_message=_last(last[group["last"]]),
            link=reverse("admin:uploads_uploadfailure_change", args=[group["last"]]),
        )
        for group in told
    ]
    return News(failed, len(groups) - len(told), upto)


def told(news: News, *, at: datetime) -> None:
    FailuresReported.objects.filter(pk=FailuresReported.ONLY, last_failure_id__lt=news.upto).update(
        last_failure_id=news.upto, told_at=at
    )


def _who(person: User | None) -> str:
    if person is None:
        return "Somebody not signed in"
    parts = [person.get_full_name() or person.username, person.organisation]
    named = ", ".join(part for part in parts if part)
    return f"{named} <{person.email}>" if person.email else named


def _where(place: Deployment | None) -> str:
    if place is None:
        return "no deployment chosen yet"
    return f"{place.deployment_id} ({place.bucket.title}, {place.location_name})"


def _last(failure: UploadFailure) -> str:
    """One line: what a client sends may hold anything."""
    parts = [failure.filename, failure.message or failure.code, failure.client]
    return " – ".join(" ".join(part.split()) for part in parts if part)
