"""`make run`, end to end: up with its data, told to stop it ends all that it started and nothing else."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from amiportal.dev.embedded import ports
from amiportal.dev.embedded.processes import Record
from amiportal.dev.run import STARTED_AGAIN_MOST
from tests.workers import wait_until

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> dict[str, str]:
    """The variables of one var directory; the starts of this module share its data."""
    web, s3, pg = ports.free_ports(3)
    chosen = {"PORT": web, "S3_PORT": s3, "PG_PORT": pg, "VAR_DIR": tmp_path_factory.mktemp("run")}
    # What production would use is left aside, so that nothing of it meets demo data.
    return {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://nobody@production.invalid/portal"} | {
        name: str(value) for name, value in chosen.items()
    }


@contextmanager
def launched(place: dict[str, str], **more: str):
    launcher = subprocess.Popen(
        [sys.executable, "-m", "amiportal.dev.run"],
        cwd=REPOSITORY,
        env=place | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said = []
        for line in launcher.stdout:
            said.append(line)
            if line.startswith("Ready."):
                break
        assert launcher.poll() is None, "".join(said)
        launcher.said = "".join(said)
        yield launcher
    finally:
        launcher.terminate()
        launcher.communicate(timeout=60)


def records(place: dict[str, str]) -> dict[str, Record]:
    return {path.stem: Record.read(path) for path in Path(place["VAR_DIR"], "run").glob("*.json")}


def get(place: dict[str, str], path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", int(place["PORT"]), timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace")


def descendants(launcher: subprocess.Popen) -> list[psutil.Process]:
    return psutil.Process(launcher.pid).children(recursive=True)


def test_up_and_down_again(place):
    with subprocess.Popen(["sleep", "600"]) as bystander, launched(place) as launcher:
        try:
            assert get(place, "/healthz") == (200, "ok")
            assert json.loads(get(place, "/readyz")[1]) == {"database": "ok", "store": "ok"}
            assert get(place, "/static/admin/css/base.css")[0] == 200
            accounts = Path(place["VAR_DIR"], "demo-accounts.json")
            assert accounts.stat().st_mode & 0o777 == 0o600
            known = json.loads(accounts.read_text())
            assert set(known) == {"maintainer", "partner", "script"}
            assert all(account["password"] in launcher.said for account in known.values())
            assert set(records(place)) == {"postgres", "store", "web", "worker"}

            second = subprocess.run(
                [sys.executable, "-m", "amiportal.dev.run"], cwd=REPOSITORY, env=place, capture_output=True, text=True
            )
            assert second.returncode == 1
            assert f"already running here (pid {launcher.pid})" in second.stderr

            started = descendants(launcher)
            launcher.terminate()
            assert launcher.wait(60) == 0
            assert still_there(started) == []
            assert records(place) == {}
            assert bystander.poll() is None
        finally:
            bystander.kill()


def test_again_under_a_prefix_and_without_its_launcher(place):
    with launched(place, SCRIPT_NAME="/ami-data-upload") as launcher:
        assert "Preparing" not in launcher.said
        for prefix in ("", "/ami-data-upload"):
            assert get(place, f"{prefix}/healthz") == (200, "ok")
            status, page = get(place, f"{prefix}/accounts/login/")
            assert status == 200
            assets = re.findall(r'(?:href|src)="([^"]+\.(?:css|js))"', page)
            assert assets
            assert all(asset.startswith("/ami-data-upload/static/") for asset in assets)
            assert get(place, assets[0])[0] == 200
        left_over = records(place)
        launcher.kill()
        launcher.wait()
    assert all(record.process() for record in left_over.values())
    with launched(place) as launcher:
        assert "Ending the web that an earlier start left behind" in launcher.said
        assert not left_over["web"].process()
        assert records(place)["postgres"] == left_over["postgres"]
    assert not [record for record in left_over.values() if record.process()]


def still_there(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that run; one that ended and waits for its new parent to look at it does not."""
    left = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                left.append(process)
    return left


def test_when_one_part_dies_the_rest_is_ended_and_it_is_said(place):
    with launched(place) as launcher:
        started = descendants(launcher)
        os.kill(records(place)["web"].pid, signal.SIGKILL)
        said, _ = launcher.communicate(timeout=60)
        assert launcher.returncode == 1
        assert "The web ended by itself" in said
        assert still_there(started) == []


def test_a_worker_that_dies_is_started_again_and_one_that_dies_ever_again_ends_it_all(place):
    with launched(place) as launcher:
        started = descendants(launcher)
        for _ in range(STARTED_AGAIN_MOST):
            victim = records(place)["worker"]
            os.kill(victim.pid, signal.SIGKILL)
            assert any("(status -9) and is started again" in line for line in launcher.stdout)
            wait_until(lambda gone=victim: (now := records(place).get("worker")) is not None and now.pid != gone.pid)
        started += descendants(launcher)
        os.kill(records(place)["worker"].pid, signal.SIGKILL)
        said, _ = launcher.communicate(timeout=60)
        assert launcher.returncode == 1
        assert "The worker ended by itself (status -9)" in said
        assert still_there(started) == []


def test_a_taken_port_is_named(place):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(place["PORT"])))
        taken.listen()
        ended = subprocess.run(
            [sys.executable, "-m", "amiportal.dev.run"], cwd=REPOSITORY, env=place, capture_output=True, text=True
        )
    assert ended.returncode == 1
    assert f"Port {place['PORT']} on 127.0.0.1 is taken. Set PORT to a free port." in ended.stderr
    assert records(place) == {}
