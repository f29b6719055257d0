"""The admin's lists of the ledger and the sessions at ten million rows, each page against itself at ten thousand.

Whole pages, as a maintainer's browser gets them: rights, filters, rows, HTML. The time of the first call and the
quickest of four are told: the first one reads from disk what the others find in memory.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from deployments.models import Bucket, Deployment
from tests.bench import ledger_rows
from uploads.models import UploadLog, UploadSession

ROWS, SESSIONS = 10_000_000, 20_000
FEW_ROWS, FEW_SESSIONS = 10_000, 40
CALLS = 4
WANTED_MS = 300
LEDGER, SESSION_LIST = "/admin/uploads/uploadlog/", "/admin/uploads/uploadsession/"


@dataclass(frozen=True)
class Page:
    what: str
    address: str
    asked: dict


@dataclass
class Timed:
    """Milliseconds."""

    first: float
    quickest: float


def main(rows: str = str(ROWS)) -> Iterator[str]:
    """Lines of the report as they come. rows: how many, for a run on a smaller machine."""
    ledger_rows.make_people_and_places()
    yield f"Making {FEW_ROWS:,} rows ..."
    ledger_rows.add_rows(FEW_ROWS, FEW_SESSIONS, seed=1)
    few = {page.what: _time(page) for page in pages()}
    yield f"Making {int(rows):,} rows in {SESSIONS:,} sessions ..."
    started = time.perf_counter()
    ledger_rows.add_rows(int(rows) - FEW_ROWS, SESSIONS, seed=2)
    yield f"made in {time.perf_counter() - started:.0f} s, {_size_text()}"
    yield f"{'':<66} {'first':>9} {'quickest':>10} {'of 10,000':>10} {'ratio':>7}"
    for page in pages():
        timed, before = _time(page), few[page.what]
        verdict = "ok" if timed.quickest <= WANTED_MS else "TOO SLOW"
        yield (
            f"{page.what:<66} {timed.first:>6.0f} ms {timed.quickest:>7.0f} ms {before.quickest:>7.0f} ms "
            f"{timed.quickest / before.quickest:>6.1f}x   (wanted {WANTED_MS} ms) {verdict}"
        )


def pages() -> Iterator[Page]:
    """Each filter alone, in pairs that have nothing to do with each other, far from the newest row, or no match."""
    middle = UploadLog.objects.order_by("-id").values_list("id", flat=True).first() // 2
    yield Page("first page", LEDGER, {})
    yield Page("in the middle", LEDGER, {"after": middle})
    yield Page("before the middle", LEDGER, {"before": middle})
    yield Page("last page", LEDGER, {"last": ""})
    single = _single()
    for what, asked in single.items():
        yield Page(what, LEDGER, asked)
        yield Page(f"{what}, last page", LEDGER, asked | {"last": ""})
    for one, other in _pairs(single):
        yield Page(f"{one} + {other}", LEDGER, single[one] | single[other])
    for prefix in ("2", "20240507", "1970", "zz"):
        yield Page(f"name begins with {prefix}", LEDGER, {"q": prefix})
        yield Page(f"name begins with {prefix}, last page", LEDGER, {"q": prefix, "last": ""})
    yield from _session_pages()


def _session_pages() -> Iterator[Page]:
    middle = UploadSession.objects.order_by("-id").values_list("id", flat=True).first() // 2
    yield Page("sessions, first page", SESSION_LIST, {})
    yield Page("sessions, in the middle", SESSION_LIST, {"after": middle})
    yield Page("sessions, last page", SESSION_LIST, {"last": ""})
    for what, asked in {
        "old deployment": {"deployment__id__exact": _deployment(1)},
        "largest bucket": {"deployment__bucket__id__exact": _bucket("bench-00")},
        "motion images": {"data_type__exact": "motion_images"},
        "account of old": {"account__id__exact": _account("bench-01")},
        "one day": {"started_at_from": "2024-05-01", "started_at_to": "2024-05-01"},
        "uploader begins with Person": {"q": "Person 1"},
    }.items():
        yield Page(f"sessions, {what}", SESSION_LIST, asked)


def _single() -> dict[str, dict]:
    return {
        "deployment of 3 rows in 10": {"deployment__id__exact": _deployment(0, of_those_used=True)},
        "deployment of an old season": {"deployment__id__exact": _deployment(4)},
        "deployment without a file": {"deployment__id__exact": _deployment(10)},
        "largest bucket": {"deployment__bucket__id__exact": _bucket("bench-00")},
        "small bucket": {"deployment__bucket__id__exact": _bucket("bench-05")},
        "bucket without a file": {"deployment__bucket__id__exact": _bucket("bench-19")},
        "motion images (long ago)": {"data_type__exact": "motion_images"},
        "snapshot images": {"data_type__exact": "snapshot_images"},
        "account of old": {"session__account__id__exact": _account("bench-01")},
        "account of now": {"session__account__id__exact": _account("bench-59")},
        "account without a file": {"session__account__id__exact": _account("bench-00")},
        "state verified": {"status__exact": "verified"},
        "state unproven (long ago)": {"status__exact": "unproven"},
        "state expired": {"status__exact": "expired"},
        "state failed": {"status__exact": "failed"},
        "state mismatch (a handful)": {"status__exact": "mismatch"},
        "state granted": {"status__exact": "granted"},
        "state moved (none)": {"status__exact": "moved"},
        "one day of old": {"granted_at_from": "2024-05-01", "granted_at_to": "2024-05-01"},
        "two years": {"granted_at_from": "2024-05-01", "granted_at_to": "2026-05-01"},
    }


def _pairs(single: dict[str, dict]) -> Iterator[tuple[str, str]]:
    names = list(single)
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            if not single[one].keys() & single[other].keys():
                yield one, other


def _deployment(number: int, *, of_those_used: bool = False) -> int:
    if of_those_used:
        with connection.cursor() as cursor:
            cursor.execute("SELECT deployment_id FROM uploads_uploadsession GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
            return cursor.fetchone()[0]
    return Deployment.objects.get(deployment_id=f"dep{900_000 + number}").pk


def _bucket(name: str) -> int:
    return Bucket.objects.get(name=name).pk


def _account(username: str) -> int:
    return User.objects.get(username=username).pk


def _time(page: Page) -> Timed:
    http = Client(SERVER_NAME="127.0.0.1")
    http.force_login(_maintainer(), backend="django.contrib.auth.backends.ModelBackend")
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        response = http.get(page.address, page.asked)
        times.append((time.perf_counter() - started) * 1_000)
        assert response.status_code == 200, (page, response.status_code, response.get("Location"))
    return Timed(times[0], min(times))


def _maintainer() -> User:
    user, is_new = User.objects.get_or_create(username="bench-maintainer", is_staff=True)
    if is_new:
        user.groups.add(Group.objects.get(name=Role.MAINTAINERS))
    return user


def _size_text() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_pretty(pg_table_size(c)), pg_size_pretty(pg_indexes_size(c)) "
            "FROM (SELECT 'uploads_uploadlog'::regclass AS c) t"
        )
        table, indexes = cursor.fetchone()
    return f"table {table}, indexes {indexes}"
