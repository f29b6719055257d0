"""Pages of the ledger: the same rows as the plain query gives, each once, however they are asked for."""

from datetime import date
from itertools import combinations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.people import make_deployment
from tests.uploads.ledger_rows import fill, make_session, row
from uploads.ledger import pages
from uploads.ledger.filter import LogFilter, log_visible_to
from uploads.ledger.pages import Place, ledger_page
from uploads.models import UploadLog, UploadSession

SINGLE = (
    {"bucket": "pan"},
    {"deployment": "dep000045"},
    {"data_type": "motion_images"},
    {"uploader": "colleague"},
    {"status": "failed"},
    {"status": "granted"},
    {"granted_from": date(2026, 3, 2), "granted_to": date(2026, 3, 2)},
    {"granted_from": date(2026, 3, 2)},
    {"granted_to": date(2026, 3, 1)},
    {"name_prefix": "1971"},
    {"name_prefix": "1970%_"},
    {"bucket": "nowhere"},
    {"status": "mismatch"},
)
PAIRS = [a | b for a, b in combinations(SINGLE, 2) if not a.keys() & b.keys()]


@pytest.fixture
def ledger(maintainer, colleague, outsider, ladera, savanna, panama):
    """200 rows of five sessions, three under way at once, then two; deployments and people without any beside them."""
    make_deployment("dep000046", panama, "Unused", status="active")
    first = [
        make_session(colleague, ladera),
        make_session(outsider, savanna),
        make_session(outsider, ladera, "motion_images"),
    ]
    fill(first, 120)
    fill(
        [make_session(colleague, savanna, day=1), make_session(colleague, ladera, "motion_images", day=1)],
        80,
        first=120,
    )


@pytest.fixture(params=["near and far", "far alone"])
def reach(request, monkeypatch) -> None:
    """How much of the table is looked through before the sessions are merged: the rows must not depend on it."""
    monkeypatch.setattr(pages, "NEAR_ROWS", 5 if request.param == "far alone" else 50)


def plain(actor, wanted: LogFilter) -> list[UploadLog]:
    rows = list(log_visible_to(actor, wanted))
    return sorted(rows, key=lambda row: (row.filename, row.pk)) if wanted.name_prefix else rows


def walked(actor, wanted: LogFilter, size: int = 7) -> list[UploadLog]:
    """From the first page to the last."""
    page = ledger_page(actor, wanted, Place(), size=size)
    assert not page.has_previous
    rows = list(page.rows)
    while page.has_next:
        page = ledger_page(actor, wanted, Place(after=rows[-1].pk), size=size)
        assert page.has_previous
        rows += page.rows
    return rows


def walked_back(actor, wanted: LogFilter, size: int = 7) -> list[UploadLog]:
    page = ledger_page(actor, wanted, Place(is_last=True), size=size)
    assert not page.has_next
    rows = list(page.rows)
    while page.has_previous:
        page = ledger_page(actor, wanted, Place(before=rows[0].pk), size=size)
        assert page.has_next
        rows = [*page.rows, *rows]
    return rows


def test_pages_hold_what_the_plain_query_gives(ledger, reach, maintainer):
    for asked in ({}, *SINGLE, *PAIRS):
        wanted = LogFilter(**asked)
        expected = plain(maintainer, wanted)
        assert walked(maintainer, wanted) == expected, wanted.in_words()
        assert walked_back(maintainer, wanted) == expected, wanted.in_words()


def test_the_sample_has_matches(ledger, maintainer):
    """Else the test above would compare nothing with nothing."""
    empty = [asked for asked in SINGLE if not plain(maintainer, LogFilter(**asked))]
    assert empty == [{"name_prefix": "1970%_"}, {"bucket": "nowhere"}, {"status": "mismatch"}]
    assert sum(bool(plain(maintainer, LogFilter(**asked))) for asked in PAIRS) > 30


def test_others_rows_are_for_maintainers(ledger, reach, colleague):
    assert walked(colleague, LogFilter()) == plain(colleague, LogFilter())
    assert {found.session.account for found in walked(colleague, LogFilter(status="failed"))} == {colleague}
    assert walked(colleague, LogFilter(uploader="outsider")) == []


def test_rows_that_come_between_two_pages_change_neither(ledger, maintainer):
    before = plain(maintainer, LogFilter())
    first = ledger_page(maintainer, LogFilter(), Place(), size=50)
    session = UploadSession.objects.first()
    UploadLog.objects.bulk_create([row(session, f"late{n}.jpg") for n in range(10)])
    second = ledger_page(maintainer, LogFilter(), Place(after=first.rows[-1].pk), size=50)
    assert [*first.rows, *second.rows] == before[:100]
    newer = ledger_page(maintainer, LogFilter(), Place(before=first.rows[0].pk), size=50)
    assert {found.filename for found in newer.rows} == {f"late{n}.jpg" for n in range(10)}


def test_no_page_reads_the_table_from_end_to_end(ledger, maintainer, ladera, monkeypatch):
    """By the plans of the statements themselves, at a size where the planner has a choice."""
    monkeypatch.setattr(pages, "NEAR_ROWS", 200)
    # What is asked for lies behind these, and the near rows hold none of it.
    far = make_deployment("dep000099", ladera.bucket, "Far")
    _repeat(row(make_session(maintainer, far, "audible_recordings", day=9), ""), times=20_000)
    for asked in ({}, *SINGLE[:10]):
        with CaptureQueriesContext(connection) as captured:
            page = ledger_page(maintainer, LogFilter(**asked), Place(), size=20)
        assert page.rows
        with connection.cursor() as cursor:
            for query in captured.captured_queries:
                cursor.execute("EXPLAIN " + query["sql"])
                plan = "\n".join(line for (line,) in cursor.fetchall())
                assert "Seq Scan on uploads_uploadlog" not in plan, plan


def _repeat(row: UploadLog, *, times: int) -> None:
    row.save()
    copied = [field.column for field in UploadLog._meta.concrete_fields if field.name not in ("id", "filename")]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO uploads_uploadlog (filename, {", ".join(copied)})
            SELECT '2030' || n || '.WAV', {", ".join(copied)} FROM uploads_uploadlog, generate_series(1, %s) n
            WHERE id = %s
            """,
            [times, row.pk],
        )
        cursor.execute("ANALYZE uploads_uploadlog")
        cursor.execute("ANALYZE uploads_uploadsession")
