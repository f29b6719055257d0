"""The upload's services at the full counts of the reliability table; each row prints its figure."""

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import Client

from amiportal.accounts.services.tokens import make_token
from amiportal.objectstore.models import StoreProbe
from tests.liveserver import listening
from tests.store_variants import IgnoresConditions
from tests.uploads.conftest import (  # noqa: F401 (fixtures are found by their names here)
    Uploader,
    described,
    objects,
    other_colleague,
    probed_store,
    proxy,
    rival,
    site,
    store_record,
    uploader,
)
from tests.uploads.ledger_rows import make_session
from tests.uploads.racing import check, race
from uploads.models import UploadLog

KEYS, RACERS = 200, 8


@pytest.mark.django_db(transaction=True)
def test_row_5_racers(site, probed_store, objects):  # noqa: F811
    races = race(site, keys=KEYS, racers=RACERS)
    print(f"\nrow 5: {KEYS} keys x {RACERS} racers: {dict(races.outcomes)}, {len(races.wrong)} keys without one winner")
    check(races, objects(), keys=KEYS, racers=RACERS)


@pytest.mark.django_db(transaction=True)
def test_row_6_racers_where_conditions_are_ignored(site, probed_store, uploader, proxy, store, objects):  # noqa: F811
    proxy.variants = [IgnoresConditions(store)]
    newest = StoreProbe.objects.get(endpoint=proxy.url)
    record = newest.record | {"url_if_none_match": {"value": "ignored", "detail": ""}}
    StoreProbe.objects.create(endpoint=proxy.url, bucket=newest.bucket, record=record)
    races = race(site, keys=KEYS, racers=RACERS)
    print(f"\nrow 6: {KEYS} keys x {RACERS} racers: {dict(races.outcomes)}, {len(races.wrong)} keys without one winner")
    check(races, objects(), keys=KEYS, racers=RACERS)


def test_row_7_same_name_other_content(uploader, rival, objects, site):  # noqa: F811
    pairs = 500
    first = {f"19700101_{number:06}.jpg": f"first {number}".encode() for number in range(pairs)}
    for name, content in first.items():
        assert uploader.send(name, content)["status"] == "verified"
    files = [described(name, content + b", other") for name, content in first.items()]
    told = rival.results("presign", files=files)
    conflicts = sum(result["status"] == "conflict" and result["name"] in result["message"] for result in told)
    untouched = {site.key(name): content for name, content in first.items()} == objects()
    print(f"\nrow 7: {pairs} pairs, {conflicts} conflicts shown by name, first content untouched: {untouched}")
    assert (conflicts, untouched) == (pairs, True)


@pytest.mark.django_db(transaction=True)
def test_row_34_load(site, probed_store, colleague):  # noqa: F811
    """Fifty clients that ask for 2,000 grants each, a hundred at a time, as fast as a link of 8 Mbit/s sends them."""
    clients, grants, batch, pace_s = 50, 2_000, 100, 20.0
    colleague.buckets.add(site.bucket)
    token = make_token(actor=None, user=colleague)
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    took, statuses = [], []

    def work(number: int) -> None:
        http = urllib3.PoolManager(retries=False)
        time.sleep(pace_s * number / clients)
        opened = http.request(
            "POST",
            f"{address}/api/v1/uploads/sessions/",
            headers=headers,
            body=json.dumps(
                {"deployment": site.deployment.deployment_id, "data_type": "snapshot_images", "files": grants}
            ),
        )
        session = opened.json()["id"]
        for begin in range(0, grants, batch):
            names = [f"{number:02}-2024{index:010}.jpg" for index in range(begin, begin + batch)]
            body = json.dumps({"files": [described(name, name.encode()) for name in names]})
            at = time.monotonic()
            answer = http.request(
                "POST", f"{address}/api/v1/uploads/sessions/{session}/presign/", headers=headers, body=body
            )
            took.append(time.monotonic() - at)
            statuses.append(answer.status)
            time.sleep(max(0.0, pace_s - took[-1]))

    with listening(WSGIHandler()) as address, ThreadPoolExecutor(clients) as pool:
        list(pool.map(work, range(clients)))
    p95 = statistics.quantiles(took, n=20)[-1]
    faults = sum(status >= 500 for status in statuses)
    granted = UploadLog.objects.filter(status="granted").count()
    print(f"\nrow 34: {clients} clients x {grants:,}: {granted:,} granted, p95 {p95:.2f} s, {faults} answers of 5xx")
    assert (granted, faults) == (clients * grants, 0)
    assert p95 <= 1


MEMORY = Path("/proc/self/status")


def _peak_mb() -> float:
    (line,) = [line for line in MEMORY.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_row_32_export(format, maintainer, colleague, ladera):
    rows = 1_000_000
    fill_by_sql(make_session(colleague, ladera), rows)
    client = Client()
    client.force_login(maintainer)
    client.get("/api/v1/uploads/log/?page_size=1")  # what the first call of a process loads is no part of the export
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak_mb()
    lines = sum(piece.count(b"\n") for piece in client.get(f"/api/v1/uploads/log/?format={format}").streaming_content)
    grown = _peak_mb() - before
    told = lines - (format == "csv")
    print(f"\nrow 32, {format}: {told:,} of {rows:,} rows, {grown:.0f} MB more than before")
    assert told == rows
    assert grown <= 150


def fill_by_sql(session, rows: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO uploads_uploadlog (session_id, deployment_id, data_type, filename, path_on_card, size_bytes,
                md5,
                status, granted_at, grant_expires_at, stored_at, verified_at, etag, error_code)
            SELECT %s, %s, %s, '20260301_' || lpad(n::text, 8, '0') || '.jpg', 'DCIM/' || n, 1000, md5(n::text),
                'verified', now(), now(), now(), now(), md5(n::text), '' FROM generate_series(1, %s) AS n
            """,
            [session.pk, session.deployment_id, session.data_type, rows],
        )
