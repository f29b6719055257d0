"""The legacy calls against the design they replace, in one run on one store: existence, signing, end to end."""

import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.bench.legacy_client import FILE_TYPE, LegacyClient, put_all
from tests.bench.yardstick import new_client

FILES = 5_000
FILE_BYTES = 20_000
ROUNDS = 9  # of each short measurement, taken in turns; the quickest counts, for noise only ever adds


@dataclass(frozen=True)
class Ratio:
    """One line of the report. `wanted` is the least ratio that the portal promises itself."""

    what: str
    portal_s: float
    yardstick_s: float
    wanted: float

    def __str__(self) -> str:
        ratio = self.yardstick_s / self.portal_s
        verdict = "ok" if ratio >= self.wanted else "TOO SLOW"
        return (
            f"{self.what:<58} {self.portal_s:>8.3f} s {self.yardstick_s:>8.3f} s "
            f"{ratio:>7.1f} x   (wanted {self.wanted:g} x) {verdict}"
        )


def names_of(label: str, number: int = FILES) -> list[str]:
    night = datetime(2025, 6, 1, 21, tzinfo=UTC)
    return [f"{label}-{night + timedelta(seconds=10 * n):%Y%m%d%H%M%S}-snapshot.jpg" for n in range(number)]


def quickest(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The least time of each, their rounds taken in turns so that a noisy minute meets all of them."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for index, work in enumerate(works):
            started = time.perf_counter()
            work()
            best[index] = min(best[index], time.perf_counter() - started)
    return best


def existence(portal: LegacyClient, yardstick: LegacyClient, stored: list[str]) -> list[Ratio]:
    absent = names_of("absent")
    lines = []
    for batch, wanted in ((100, 8), (1_000, 20)):
        for label, names, expected in (("stored", stored, FILES), ("absent", absent, 0)):

            def ask(client: LegacyClient, names=names, batch=batch, expected=expected) -> None:
                assert client.exist(names, batch=batch) == expected

            portal_s, yardstick_s = quickest(lambda: ask(portal), lambda: ask(yardstick), rounds=2)
            lines.append(Ratio(f"(a) {FILES} {label} names, batches of {batch}", portal_s, yardstick_s, wanted))
    return lines


def signing(portal: LegacyClient, bucket: str, deployment: str) -> list[Ratio]:
    """Whole calls with their rows in the ledger, against the bare signatures of one kept botocore client."""
    client = new_client()
    fresh = iter([names_of(f"sign{number}") for number in range(ROUNDS)])
    names = names_of("sign")

    def by_portal() -> None:
        assert len(portal.presign(next(fresh), batch=1_000)) == FILES

    def by_botocore() -> None:
        for name in names:
            client.generate_presigned_url(
                "put_object",
                Params={"Bucket": bucket, "Key": f"{deployment}/snapshot_images/{name}", "ContentType": FILE_TYPE},
                ExpiresIn=3600,
            )

    portal_s, botocore_s = quickest(by_portal, by_botocore)
    return [Ratio(f"(b) {FILES} URLs with rows, against bare botocore signatures", portal_s, botocore_s, 5)]


def end_to_end(portal: LegacyClient, yardstick: LegacyClient) -> list[Ratio]:
    content = os.urandom(FILE_BYTES)
    lines = []
    for batch in (100, 1_000):
        times = []
        for client, label in ((portal, "p"), (yardstick, "y")):
            files = dict.fromkeys(names_of(f"{label}{batch}"), content)
            started = time.perf_counter()
            client.upload(files, batch=batch)
            times.append(time.perf_counter() - started)
        lines.append(Ratio(f"(c) {FILES} files of 20 KB end to end, batches of {batch}", *times, 3))
    return lines


@contextmanager
def stopwatch(line: str):
    started = time.perf_counter()
    yield
    print(f"    {line}: {time.perf_counter() - started:.3f} s")


def where_time_goes(portal: LegacyClient) -> None:
    """The parts of (c) apart, at the portal: what is left to gain, and what belongs to the store."""
    content = os.urandom(FILE_BYTES)
    names = names_of("parts")
    print(f"Where the time of (c) goes, batches of 1,000, {FILES} files:")
    with stopwatch("check-file-exist, all absent"):
        portal.exist(names, batch=1_000)
    with stopwatch("generate-presigned-url with ledger rows"):
        urls = portal.presign(names, batch=1_000)
    with stopwatch("PUT straight to the store (client and store share the cores)"):
        put_all(urls, dict.fromkeys(names, content))
    with stopwatch("check-file-exist, all stored, rows noted"):
        portal.exist(names, batch=1_000)
    with stopwatch("check-file-exist, all stored, nothing to note"):
        portal.exist(names, batch=1_000)
