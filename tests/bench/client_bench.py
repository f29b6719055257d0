"""The script client, all in, against a bare `rclone copy` of the same files into the same store, in one run."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from amiportal.accounts.models import User
from amiportal.accounts.services.tokens import make_token
from deployments.models import Bucket, Deployment
from tests.bench.legacy_bench import FILE_BYTES, Ratio, names_of
from tests.bench.rclone import rclone_environment
from tests.bench.site import Place

SCRIPT = Path(__file__).parents[2] / "clients" / "ami_upload.py"
ROUNDS = 3  # in turns, each into an empty place; the quickest counts
FIRST = round(1 / 1.2, 3)  # "in at most 1.2 times the time"
AGAIN = 1.0


def main(portal_port: int, place: Place):
    if shutil.which("rclone") is None:
        print("SKIPPED: the script client, because there is no rclone to compare it with (apt-get install rclone).")
        return
    token = make_token(actor=None, user=User.objects.get(username=place.username))
    with tempfile.TemporaryDirectory(prefix="ami-portal-bench-card-") as folder:
        card = Path(folder) / "card"
        files = make_card(card)
        times = {"script": ([], []), "rclone": ([], [])}
        for number in range(ROUNDS):
            works = {
                "script": script_upload(card, Path(folder) / f"state-{number}", portal_port, token, place, number),
                "rclone": rclone_copy(card, f"{place.bucket}/rclone-{number}"),
            }
            for name, work in works.items():
                for first_or_again in times[name]:
                    first_or_again.append(timed(work))
    (first, again), (copied, copied_again) = ([min(taken) for taken in of] for of in times.values())
    yield Ratio(f"(e) {files} files of 20 KB by the script client, beside rclone", first, copied, FIRST)
    yield Ratio("(e) the same once more, all of it stored", again, copied_again, AGAIN)


def make_card(folder: Path) -> int:
    folder.mkdir()
    names = names_of("card")
    for name in names:
        (folder / name).write_bytes(os.urandom(FILE_BYTES))
    return len(names)


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def script_upload(card: Path, state: Path, portal_port: int, token: str, place: Place, number: int) -> Callable:
    deployment = Deployment.objects.create(
        deployment_id=f"dep{200 + number:06d}",
        bucket=Bucket.objects.get(name=place.bucket),
        location_name=f"Script {number}",
        status="active",
    )
    mine = {"AMI_TOKEN": token, "AMI_PORTAL": f"http://127.0.0.1:{portal_port}", "AMI_STATE_DIR": str(state)}
    where = ["--deployment", deployment.deployment_id, "--data-type", "snapshot_images"]

    def run() -> None:
        # Its exit code 0 says that every file was verified and the portal calls the card safe to wipe.
        command = [sys.executable, str(SCRIPT), str(card), *where, "--quiet"]
        subprocess.run(command, check=True, env=os.environ | mine, stdout=subprocess.DEVNULL)

    return run


def rclone_copy(card: Path, target: str) -> Callable:
    environment = rclone_environment()
    command = ["rclone", "copy", "--transfers", "32", str(card), f"store:{target}"]
    return lambda: subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
