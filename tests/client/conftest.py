"""A portal that listens, a card, and the script client as a process of its own, as its users start it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.accounts.services.tokens import make_token
from amiportal.objectstore.models import StoreProbe
from amiportal.objectstore.probe import probe
from deployments.models import Bucket, Deployment
from tests.browser.card import Card
from tests.client.terminal import Terminal
from tests.faultproxy import FaultProxy
from tests.faults import Hang, never
from tests.liveserver import listening
from tests.people import make_person

SCRIPT = Path(__file__).parents[2] / "clients" / "ami_upload.py"
PATIENCE_S = 240  # for two busy cores; it only bounds what hangs


@dataclass
class Portal:
    """A running portal with a partner, a bucket in the store and a deployment."""

    url: str
    partner: User
    token: str
    bucket: Bucket
    deployment: Deployment


@dataclass
class Run:
    """How a run of the script ended."""

    code: int
    out: str
    log: str

    @property
    def last_words(self) -> str:
        return next(line for line in reversed(self.out.splitlines()) if line and not line.startswith("Log:"))


@dataclass
class Script:
    """The script client: `run` waits for its end, `start` does not."""

    portal: Portal
    place: Path
    more: dict[str, str] = field(default_factory=dict)
    patience_s: float = PATIENCE_S

    @property
    def log(self) -> Path:
        return self.place / "upload.log"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AMI_", "DJANGO_", "AWS_"))}
        mine = {"AMI_TOKEN": self.portal.token, "AMI_PORTAL": self.portal.url, "AMI_STATE_DIR": str(self.place)}
        return kept | mine | self.more

    def command(self, folder: Path, *options: str) -> list[str]:
        where = ["--deployment", self.portal.deployment.deployment_id, "--data-type", "snapshot_images"]
        return self.bare(str(folder), *where, *options)

    def bare(self, *words: str) -> list[str]:
        return [sys.executable, str(SCRIPT), *words]

    def start(self, *command: str) -> subprocess.Popen:
        return subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait(self, process: subprocess.Popen) -> Run:
        try:
            out, _ = process.communicate(timeout=self.patience_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, _ = process.communicate()
            pytest.fail(f"the script hangs: {out}")
        return Run(process.returncode, out, self.log.read_text() if self.log.exists() else "")

    def upload(self, folder: Path, *options: str) -> Run:
        return self.run(*self.command(folder, "--log", str(self.log), *options))

    def run(self, *command: str) -> Run:
        run = self.wait(self.start(*command))
        assert self.portal.token not in run.out + run.log
        assert "X-Amz-Signature" not in run.out + run.log
        return run


@pytest.fixture(scope="session")
def store_record(store) -> dict:
    store.create_bucket(Bucket="probe-for-client")
    return probe("probe-for-client", origins=["http://127.0.0.1"]).record


@pytest.fixture
def server(transactional_db) -> Iterator[str]:
    with listening(WSGIHandler()) as address:
        yield address


@pytest.fixture
def portal(server, settings, bucket, store_record) -> Iterator[Portal]:
    StoreProbe.objects.create(endpoint=settings.S3_ENDPOINT_URL, bucket="probe-for-client", record=store_record)
    cache.clear()
    row = Bucket.objects.create(name=bucket, title="Panama", country_code="PAN")
    deployment = Deployment.objects.create(
        deployment_id="dep000119",
        bucket=row,
        location_name="Wetland North",
        camera_id="6B46159A",
        system_id="AMI-12",
        first_day="2025-04-01",
        status="active",
    )
    partner = make_person("ines", Role.PARTNERS, row)
    yield Portal(server, partner, make_token(actor=None, user=partner), row, deployment)
    cache.clear()


@pytest.fixture
def proxy(settings) -> Iterator[FaultProxy]:
    """Stands between the script and the store; the portal's own calls go past it. Ask for it before the portal."""
    with FaultProxy(settings.S3_ENDPOINT_URL) as proxy:
        settings.S3_PUBLIC_ENDPOINT_URL = proxy.url
        yield proxy


@pytest.fixture
def whole_proxy(settings) -> Iterator[FaultProxy]:
    """As `proxy`, and the portal's own calls (listings, HEADs, parts) go through it too.

    Ask for it before the portal.
    """
    with FaultProxy(settings.S3_ENDPOINT_URL) as proxy:
        settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = proxy.url
        settings.S3_READ_TIMEOUT_S = 5
        yield proxy


@pytest.fixture
def script(portal, tmp_path) -> Script:
    return Script(portal, tmp_path / "state")


@pytest.fixture
def card(tmp_path) -> Card:
    return Card(tmp_path / "card")


@pytest.fixture
def objects(store, portal) -> Callable[[], dict[str, bytes]]:
    """What the store really has of the deployment's snapshot images, {name: content}, read without any code of ours."""
    prefix = f"{portal.deployment.deployment_id}/snapshot_images/"

    def read() -> dict[str, bytes]:
        pages = store.get_paginator("list_objects_v2").paginate(Bucket=portal.bucket.name)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        assert all(key.startswith(prefix) for key in keys)
        return {
            key.removeprefix(prefix): store.get_object(Bucket=portal.bucket.name, Key=key)["Body"].read()
            for key in keys
        }

    return read


@pytest.fixture
def front(portal, script):
    """A proxy in front of the portal, whose address the script has."""
    with FaultProxy(portal.url) as front:
        script.more["AMI_PORTAL"] = front.url
        yield front


@pytest.fixture
def kill_at(front, script):
    """`kill_at("finish", card.root)` kills a run when it makes this call of the portal, which never hears of it."""

    def run(step: str, folder: Path, *options: str) -> None:
        reached = threading.Event()

        def decide(request):
            if not request.path.endswith(f"/{step}/"):
                return None
            reached.set()
            return Hang()

        front.fault = decide
        process = script.start(*script.command(folder, *options))
        assert reached.wait(PATIENCE_S)
        process.send_signal(signal.SIGKILL)
        script.wait(process)
        front.fault = never

    return run


def change_unseen(file: Path, content: bytes) -> None:
    """Other content under the same size and time, which only reading can tell."""
    stat = file.stat()
    assert len(content) == stat.st_size
    file.write_bytes(content)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.fixture
def open_terminal(script, portal):
    def start(*words: str, **environment: str) -> Terminal:
        return Terminal(script.bare(*words), script.environment | environment)

    return start
