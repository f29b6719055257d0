"""Does a selection fit the place? Judged by the times in its names, before anything is sent; writes nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from amiportal.accounts.models import User
from deployments.models import Deployment
from deployments.selectors import neighbours_of
from uploads.domain.nights import NOCTURNAL, Nights, judge_nights
from uploads.domain.seasons import Clock, clock_of, is_outside
from uploads.permissions import deployment_to_compare


@dataclass(frozen=True, slots=True)
class Fit:
    """A deployment at the same place, and how many of the files its season holds."""

    deployment: Deployment
    files: int


@dataclass(frozen=True, slots=True)
class Survey:
    """dated = reset + ahead + in_season + outside. Days are those of plausible times, None where there are none."""

    deployment: Deployment
    dated: int
    undated: int
    reset: int
    ahead: int
    in_season: int
    outside: int
    days: tuple[date, date] | None
    outside_days: tuple[date, date] | None
    fits: list[Fit] = field(default_factory=list)
    nights: Nights = field(default_factory=Nights)


def survey_selection(
    *, actor: User, deployment_id: str, data_type: str, hours: Mapping[datetime, int], undated: int
) -> Survey:
    """hours: files per hour of the device's clock, as `capture_time.device_time` gives it; undated: names without one.

    Retired deployments may be surveyed too. Raises NotFound and Forbidden as `permissions.deployment_to_compare` does.
    """
    deployment = deployment_to_compare(actor=actor, deployment_id=deployment_id, data_type=data_type)
    now = timezone.now()
    clocks: Counter[Clock] = Counter()
    per_day: Counter[date] = Counter()
    plausible = {}
    for hour, files in hours.items():
        clock = clock_of(hour, now=now)
        clocks[clock] += files
        if clock is Clock.PLAUSIBLE:
            plausible[hour] = files
            per_day[hour.date()] += files
    outside = {day: files for day, files in per_day.items() if not _holds(deployment, day)}
    return Survey(
        deployment=deployment,
        dated=clocks.total(),
        undated=undated,
        reset=clocks[Clock.RESET],
        ahead=clocks[Clock.AHEAD],
        in_season=clocks[Clock.PLAUSIBLE] - sum(outside.values()),
        outside=sum(outside.values()),
        days=_span(per_day),
        outside_days=_span(outside),
        fits=_fits(neighbours_of(deployment, actor), per_day),
        nights=_nights(deployment, plausible) if data_type in NOCTURNAL else Nights(),
    )


def _holds(deployment: Deployment, day: date) -> bool:
    return not is_outside(day, first_day=deployment.first_day, last_day=deployment.last_day)


def _fits(neighbours: Iterable[Deployment], per_day: Mapping[date, int]) -> list[Fit]:
    """Best first; of equals the latest season, since one that has no last day seems to hold all that came after it.

    A season of which nothing is known holds nothing for sure.
    """
    fits = [
        Fit(neighbour, sum(files for day, files in per_day.items() if _holds(neighbour, day)))
        for neighbour in neighbours
        if neighbour.season
    ]
    fits.sort(key=lambda fit: (fit.files, fit.deployment.first_day or date.min, fit.deployment.is_active), reverse=True)
    return [fit for fit in fits if fit.files]


def _nights(deployment: Deployment, plausible: Mapping[datetime, int]) -> Nights:
    latitude, longitude = deployment.latitude, deployment.longitude
    return judge_nights(
        plausible,
        latitude=None if latitude is None else float(latitude),
        longitude=None if longitude is None else float(longitude),
        time_zone=deployment.time_zone,
    )


def _span(days: Mapping[date, int]) -> tuple[date, date] | None:
    return (min(days), max(days)) if days else None
