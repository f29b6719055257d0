"""A ledger of as many rows as asked for, made by COPY: skewed as years of use skew it.

One deployment holds three rows of ten, some deployments, accounts and buckets have none; seasons are short, so that
what is asked for may lie far behind the newest row; motion images and unproven files stopped coming long ago; states
other than verified are rare to very rare. Sessions overlap: several upload at once.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from amiportal.accounts.models import User
from deployments.models import Bucket, Deployment
from uploads.models import UploadLog, UploadSession

DEPLOYMENTS, ACCOUNTS, BUCKETS = 300, 60, 20
AT_ONCE = 4  # sessions under way at the same time
BATCH_ROWS = 200  # what a client asks for in one call
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 1_000
COLUMNS = (
    "session_id, deployment_id, data_type, filename, path_on_card, size_bytes, md5, device_time, status, granted_at, "
    "grant_expires_at, stored_at, verified_at, etag, error_code"
)
MD5 = "9e107d9d372bb6826bd81d3542a419d6"
NULL = r"\N"


@dataclass
class Plan:
    """A session to be written: its row's values, its share of the rows, its place in time from 0 to 1."""

    deployment: int
    account: User
    data_type: str
    at: float
    rows: int
    pk: int = 0
    written: int = 0


def make_people_and_places() -> None:
    buckets = Bucket.objects.bulk_create([Bucket(name=f"bench-{n:02}", title=f"Bench {n:02}") for n in range(BUCKETS)])
    Deployment.objects.bulk_create(
        [
            # Buckets of very unequal size: the first has a quarter of the deployments, the last ones hold no file.
            Deployment(
                deployment_id=f"dep{900_000 + n}",
                bucket=buckets[0 if n % 4 == 0 else n % BUCKETS],
                location_name=f"Site {n:03}",
                camera_id=f"CAM{n:05}",
            )
            for n in range(DEPLOYMENTS)
        ]
    )
    User.objects.bulk_create([User(username=f"bench-{n:02}") for n in range(ACCOUNTS)])


def add_rows(rows: int, sessions: int, *, seed: int) -> None:
    """So many more rows, in so many more sessions. Indexes are made again afterwards: quicker than row by row."""
    plans = _plans(rows, sessions, random.Random(seed))
    with connection.cursor() as cursor:
        dropped = _drop_indexes(cursor)
        taken = _names_taken(cursor)
        with cursor.copy(f"COPY uploads_uploadlog ({COLUMNS}) FROM STDIN") as copy:
            for lines in _lines(plans, taken, random.Random(seed + 1)):
                copy.write(lines)
        for definition in dropped:
            cursor.execute(definition)
        # As autovacuum would leave them in a portal that has run for years.
        cursor.execute("VACUUM ANALYZE uploads_uploadlog")
        cursor.execute("VACUUM ANALYZE uploads_uploadsession")


def _drop_indexes(cursor) -> list[str]:
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes "
        "WHERE tablename = 'uploads_uploadlog' AND indexname NOT LIKE '%pkey'"
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


def _plans(rows: int, sessions: int, chance: random.Random) -> list[Plan]:
    """Every tenth deployment and every sixth account stays without a file; the last buckets hence too."""
    accounts = [
        user for n, user in enumerate(User.objects.filter(username__startswith="bench-").order_by("pk")) if n % 6
    ]
    places = list(
        Deployment.objects.filter(deployment_id__startswith="dep9", bucket__name__lt="bench-18").order_by("pk")
    )
    places = [place for n, place in enumerate(places) if n % 10]
    large = places[0]
    plans = []
    for number in range(sessions):
        at = number / sessions
        if number % 10 < 3 and 0.1 < at < 0.9:
            place, weight = large, 3.75
        else:
            # A deployment's season is a twentieth of the time.
            place = places[min(len(places) - 1, max(1, int((at + chance.uniform(-0.025, 0.025)) * len(places))))]
            weight = chance.paretovariate(1.5)
        kinds = ["snapshot_images"] * 6 + ["audible_recordings"] * 2 + ["ultrasound_recordings"]
        kinds += ["motion_images"] * 3 if at < 0.15 else []
        # Accounts come and go: some worked in the first months alone.
        account = accounts[int(chance.triangular(0, len(accounts), at * len(accounts)))]
        plans.append(Plan(place.pk, account, chance.choice(kinds), at, weight))
    total = sum(plan.rows for plan in plans)
    for plan in plans:
        plan.rows = max(1, round(plan.rows / total * rows))
    _save(plans)
    return plans


def _save(plans: list[Plan]) -> None:
    made = UploadSession.objects.bulk_create(
        [
            UploadSession(
                account=plan.account,
                uploader_name=f"Person {plan.account.pk}",
                deployment_id=plan.deployment,
                data_type=plan.data_type,
                client="bench 1",
                is_legacy=plan.at < 0.2,
                started_at=_moment(plan.at),
                last_seen_at=_moment(plan.at) + timedelta(hours=5),
                finished_at=None if plan.at < 0.2 else _moment(plan.at) + timedelta(hours=5),
                declared_files=plan.rows,
                declared_bytes=plan.rows * 2_000_000,
            )
            for plan in plans
        ],
        batch_size=2_000,
    )
    for plan, session in zip(plans, made, strict=True):
        plan.pk = session.pk


def _moment(at: float) -> datetime:
    return FIRST_DAY + timedelta(days=at * DAYS)


def _lines(plans: list[Plan], taken: dict[tuple[int, str], int], chance: random.Random) -> Iterator[str]:
    """COPY's lines, a batch of one session at a time, of those under way by chance."""
    waiting, under_way = iter(plans), []
    while True:
        while len(under_way) < AT_ONCE and (plan := next(waiting, None)):
            under_way.append(plan)
        if not under_way:
            return
        plan = chance.choice(under_way)
        number = min(BATCH_ROWS, plan.rows - plan.written)
        key = (plan.deployment, plan.data_type)
        first = taken.get(key, 0)
        taken[key] = first + number
        plan.written += number
        yield _batch(plan, first, number, chance)
        if plan.written == plan.rows:
            under_way.remove(plan)


def _names_taken(cursor) -> dict[tuple[int, str], int]:
    """How many names of a deployment and data type are taken, so that none is taken twice."""
    cursor.execute("SELECT deployment_id, data_type, count(*) FROM uploads_uploadlog GROUP BY 1, 2")
    return {(deployment, data_type): count for deployment, data_type, count in cursor.fetchall()}


def _batch(plan: Plan, first: int, number: int, chance: random.Random) -> str:
    told = _moment(plan.at).isoformat()
    # Half of the recorders' clocks were reset: their names are the same in many deployments.
    is_sound = plan.data_type.endswith("recordings")
    clock = (
        datetime(1970, 1, 1)
        if is_sound and plan.deployment % 2
        else datetime(2024, 1, 1) + timedelta(days=int(plan.deployment) % 300)
    )
    whole_session = UploadLog.Status.PRESENT if plan.pk % 40 == 7 else None
    lines = []
    for n in range(first, first + number):
        device = clock + timedelta(seconds=10 * n)
        name = f"{device:%Y%m%d_%H%M%S}.WAV" if is_sound else f"{device:%Y%m%d%H%M%S}-snapshot.jpg"
        status, error = (whole_session, "") if whole_session else _status(plan.at, chance.random())
        proven = status in ("verified", "present")
        granted = NULL if status == "present" else told
        stored = told if proven or status == "unproven" else NULL
        head = f"{plan.pk}\t{plan.deployment}\t{plan.data_type}\t{name}\tDCIM/{name}\t{1_500_000 + n % 900_000}\t"
        tail = f"{told if proven else NULL}\t{MD5 if stored is told else ''}\t{error}\n"
        md5 = "" if status == "unproven" else MD5
        lines.append(f"{head}{md5}\t{device:%Y-%m-%d %H:%M:%S}\t{status}\t{granted}\t{granted}\t{stored}\t{tail}")
    return "".join(lines)


def _status(at: float, dice: float) -> tuple[str, str]:
    if dice < 0.000_002:
        return "removed", ""
    if dice < 0.000_004:
        return "mismatch", "differs"
    if dice < 0.000_1:
        return "missing", "missing"
    if dice < 0.001:
        return "failed", "network"
    if dice < 0.006:
        return "expired", "expired"
    if at > 0.998:
        return "granted", ""
    return ("unproven" if at < 0.2 else "verified"), ""
