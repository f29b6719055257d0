"""What the meter of the old clients has counted, read for people."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Max, Min, Sum

from amiportal.accounts.models import LegacyCount, LegacySwitch
from amiportal.legacy.switches import STYLES, Kind

DAYS = 30
SAFE_AFTER_DAYS = 30  # partners empty their cards every few weeks


@dataclass(frozen=True, slots=True)
class Bar:
    """One day; `height` is its share of the highest day of its row, 0 to 10."""

    day: date
    calls: int
    height: float


@dataclass
class Use:
    """One call or one style of credentials."""

    kind: str
    name: str
    told: str
    is_on: bool = True
    calls: int = 0
    refused: int = 0
    failed: int = 0
    last: date | None = None
    bars: list[Bar] = field(default_factory=list)
    unused_days: int | None = None  # None: never seen; counted from the day on which counting began
    is_safe: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    client: str
    account: str
    styles: str
    calls: int
    last: date


def uses(*, calls: Sequence[str], today: date) -> list[Use]:
    """Every call and every style that there is, and those that were counted under a name of before."""
    known: dict[tuple[str, str], Use] = {(Kind.CALL, name): Use(Kind.CALL, name, name) for name in calls}
    known |= {(Kind.STYLE, name): Use(Kind.STYLE, name, told) for name, told in STYLES.items()}
    for switch in LegacySwitch.objects.all():
        use = known.setdefault((switch.kind, switch.name), Use(switch.kind, switch.name, switch.name))
        use.is_on = switch.is_on
    began = counting_since()
    for kind in Kind:
        _fill(known, kind, today)
    for use in known.values():
        since = use.last or began
        use.unused_days = (today - since).days if since else None
        use.is_safe = bool(
            use.is_on
            and began
            and use.unused_days is not None
            and use.unused_days >= SAFE_AFTER_DAYS
            and (today - began).days >= SAFE_AFTER_DAYS
        )
    return list(known.values())


def counting_since() -> date | None:
    return LegacyCount.objects.aggregate(first=Min("day"))["first"]


def callers(*, today: date) -> list[Caller]:
    """Who still calls by which program, the busiest first, of the last DAYS days."""
    rows = (
        LegacyCount.objects.filter(day__gt=today - timedelta(days=DAYS))
        .values("client", "account", "style")
        .annotate(number=Sum("calls"), last=Max("day"))
    )
    found: dict[tuple[str, str], list] = defaultdict(list)
    for row in rows:
        found[row["client"], row["account"]].append(row)
    told = [
        Caller(
            client,
            account,
            ", ".join(sorted(row["style"] for row in of_one)),
            sum(row["number"] for row in of_one),
            max(row["last"] for row in of_one),
        )
        for (client, account), of_one in found.items()
    ]
    return sorted(told, key=lambda caller: -caller.calls)


def _fill(known: dict[tuple[str, str], Use], kind: str, today: date) -> None:
    """The last days of each, and the last day ever."""
    for row in LegacyCount.objects.values(kind).annotate(last=Max("day")):
        use = known.setdefault((kind, row[kind]), Use(kind, row[kind], row[kind]))
        use.last = row["last"]
    first = today - timedelta(days=DAYS - 1)
    by_day: dict[str, dict[date, int]] = defaultdict(dict)
    rows = LegacyCount.objects.filter(day__gte=first).values(kind, "day")
    for row in rows.annotate(number=Sum("calls"), of_them=Sum("refused"), names=Sum("failed")):
        by_day[row[kind]][row["day"]] = row["number"]
        known[kind, row[kind]].refused += row["of_them"]
        known[kind, row[kind]].failed += row["names"]
    for (of_kind, name), use in known.items():
        if of_kind != kind:
            continue
        numbers = by_day[name]
        most = max(numbers.values(), default=0)
        days = [first + timedelta(days=ago) for ago in range(DAYS)]
        use.bars = [Bar(day, n, 10 * n / most if n else 0) for day in days for n in (numbers.get(day, 0),)]
        use.calls = sum(numbers.values())
