"""How much faster than botocore: signing URLs, and asking which keys exist. Prints ratios of one run on one store.

    python -m tests.bench.objectstore_bench BUCKET

with the portal's environment and DJANGO_SETTINGS_MODULE; the bucket exists, and keeps nothing of this.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from amiportal.objectstore.client import client
from amiportal.objectstore.http import call
from amiportal.objectstore.lookup import head, lookup
from amiportal.objectstore.presign import plain_signer

URLS = 5_000
NAMES = 1_000
FOLDER = 5_000  # objects among which the names are looked up
PREFIX = "bench-lookup/snapshot_images/"
HEADERS = {"Content-Type": "image/jpeg", "Content-MD5": "CY9rzUYh03PK3k6DJie09g==", "If-None-Match": "*"}


def seconds(work: Callable[[], object], *, repeats: int = 3) -> float:
    """The best of several runs: the others measure the machine's other work."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def signing() -> None:

    files = [(f"dep000001/snapshot_images/{number:014d}-snapshot.jpg", HEADERS) for number in range(URLS)]
    theirs_params = {"Bucket": "gbr", "ContentType": "image/jpeg", "ContentMD5": HEADERS["Content-MD5"]}

    def theirs() -> None:
        for key, _ in files[: URLS // 10]:
            client("gbr").generate_presigned_url("put_object", Params={**theirs_params, "Key": key, "IfNoneMatch": "*"})

    def ours() -> None:
        plain_signer().put_urls(bucket="gbr", files=files, expires_in_s=3600, now=datetime.now(UTC))

    theirs_us, ours_us = seconds(theirs) / (URLS // 10) * 1e6, seconds(ours) / URLS * 1e6
    print(f"presign, per URL: {ours_us:.1f} us; botocore {theirs_us:.0f} us: {theirs_us / ours_us:.0f} times faster")


def looking_up(bucket: str) -> None:

    keys = [f"{PREFIX}{number:014d}-snapshot.jpg" for number in range(FOLDER)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: call("PUT", bucket=bucket, key=key, body=b"a"), keys))
    try:
        one_lean = seconds(lambda: [head(bucket, key) for key in keys[:100]]) / 100
        one_boto3 = seconds(lambda: [client(bucket).head_object(Bucket=bucket, Key=key) for key in keys[:100]]) / 100
        print(
            f"a HEAD: {one_lean * 1e3:.2f} ms; boto3 {one_boto3 * 1e3:.2f} ms: {one_boto3 / one_lean:.1f} times faster"
        )
        stored = [key.removeprefix(PREFIX) for key in keys[1_000 : 1_000 + NAMES]]
        absent = [name.replace("snapshot", "other") for name in stored]
        heads = seconds(lambda: _heads_on_20_threads(bucket, stored), repeats=1)
        print(f"{NAMES} names by one boto3 HEAD each, on 20 threads: {heads * 1e3:.0f} ms")
        for what, names, confirm_absent in (
            ("stored", stored, False),
            ("absent", absent, False),
            ("absent, confirmed by HEAD", absent, True),
        ):
            took = seconds(
                lambda names=names, confirm=confirm_absent: lookup(
                    bucket=bucket, prefix=PREFIX, names=names, confirm_absent=confirm
                )
            )
            print(f"{NAMES} names {what}: {took * 1e3:.0f} ms: {heads / took:.1f} times faster")
    finally:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: call("DELETE", bucket=bucket, key=key), keys))


def _heads_on_20_threads(bucket: str, names: list[str]) -> None:

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda name: client(bucket).head_object(Bucket=bucket, Key=PREFIX + name), names))


def main(bucket: str) -> None:
    signing()
    looking_up(bucket)


if __name__ == "__main__":
    main(sys.argv[1])
