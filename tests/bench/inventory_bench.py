"""One prefix of a million objects, counted by the portal's inventory and by `rclone size`: one store, one run.

The portal counts objects, bytes, first and last device time and nights, and holds each name against the ledger, which
has a row for every object; rclone counts objects and bytes. BENCH_OBJECTS sets another number of objects.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.legacy_bench import Ratio
from tests.bench.rclone import rclone_environment

OBJECTS = 1_000_000
ROUNDS = 2  # in turns; the quicker counts
WANTED = 1.0
DATA_TYPE, WARM_UP_TYPE = "snapshot_images", "motion_images"
WARM_UP = 2_000
MOST_GROWTH_MB = 20


def main(bucket: str):
    if shutil.which("rclone") is None:
        print("SKIPPED: the inventory, because there is no rclone to compare it with (apt-get install rclone).")
        return
    from deployments.models import Bucket, Deployment  # noqa: PLC0415 (needs the settings, as the next)
    from tests.bench.many_objects import Series, account_for, store  # noqa: PLC0415

    number = int(os.environ.get("BENCH_OBJECTS") or OBJECTS)
    deployment_id = "dep000300"
    Deployment.objects.create(
        deployment_id=deployment_id, bucket=Bucket.objects.get(name=bucket), location_name="Many", status="active"
    )
    began = time.perf_counter()
    store(Series(WARM_UP), bucket=bucket, prefix=f"{deployment_id}/{WARM_UP_TYPE}/")
    store(Series(number), bucket=bucket, prefix=f"{deployment_id}/{DATA_TYPE}/")
    account_for(Series(number), deployment_id=deployment_id, data_type=DATA_TYPE)
    print(f"    {number} objects and their rows made in {time.perf_counter() - began:.0f} s")
    counts, sizes = [], []
    for _ in range(ROUNDS):
        sizes.append(rclone_size(bucket, f"{deployment_id}/{DATA_TYPE}"))
        counts.append(counted_apart(deployment_id))
    assert all(found["count"] == number for found in (*sizes, *counts)), (sizes, counts)
    assert all(found["unaccounted"] == found["drifted"] == 0 for found in counts), counts
    ours, theirs = (min(found["seconds"] for found in of) for of in (counts, sizes))
    yield Ratio(f"(i) {number} objects in one prefix, by inventory, beside rclone size", ours, theirs, WANTED)
    grown = max(found["grown_mb"] for found in counts)
    yield (
        f"    memory: {counts[0]['peak_mb']:.0f} MB at its peak, {grown:.1f} MB above that of {WARM_UP} objects "
        f"(at most {MOST_GROWTH_MB} MB) {'ok' if grown <= MOST_GROWTH_MB else 'TOO MUCH'}"
    )


def rclone_size(bucket: str, prefix: str) -> dict:
    began = time.perf_counter()
    command = ["rclone", "size", "--json", f"store:{bucket}/{prefix}"]
    ended = subprocess.run(command, check=True, env=rclone_environment(), capture_output=True)
    return json.loads(ended.stdout) | {"seconds": time.perf_counter() - began}


def counted_apart(deployment_id: str) -> dict:
    """In a process of its own, whose peak of memory is the count's."""
    command = [sys.executable, "-m", "tests.bench.inventory_bench", deployment_id]
    ended = subprocess.run(command, check=True, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE)
    return json.loads(ended.stdout)


def count(deployment_id: str) -> dict:
    import django  # noqa: PLC0415

    django.setup()
    from deployments.models import Deployment  # noqa: PLC0415
    from uploads.models import Drift  # noqa: PLC0415
    from uploads.services.inventory import take_inventory  # noqa: PLC0415

    deployment = Deployment.objects.select_related("bucket").get(deployment_id=deployment_id)
    take_inventory(deployment=deployment, data_type=WARM_UP_TYPE)
    before_mb = peak_mb()
    began = time.perf_counter()
    inventory = take_inventory(deployment=deployment, data_type=DATA_TYPE)
    return {
        "seconds": time.perf_counter() - began,
        "count": inventory.objects_count,
        "unaccounted": inventory.unaccounted,
        "drifted": Drift.objects.count(),
        "peak_mb": peak_mb(),
        "grown_mb": peak_mb() - before_mb,
    }


def peak_mb() -> float:
    """The most that this program held at once; getrusage would count what its parent held when it was started."""
    (peak_kb,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak_kb) / 1024


if __name__ == "__main__":
    print(json.dumps(count(sys.argv[1])))
