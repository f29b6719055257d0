"""`make run`: the whole portal on this machine, for development and trials. No Django here.

Starts the embedded parts, a worker and the web server, prints where they are, and ends exactly these when it is
told to stop (Ctrl-C, SIGTERM, a closed terminal) or when one of them ends by itself. A worker is started again.
"""

import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from amiportal import env
from amiportal.dev import prepare
from amiportal.dev.embedded import (
    DEFAULT_WEB_PORT,
    CannotStart,
    Layout,
    Parts,
    default_var_dir,
    local_settings,
    ports,
    processes,
)
from amiportal.dev.embedded.layout import REPOSITORY

READY_TIMEOUT_S = 60
WATCH_INTERVAL_S = 0.5
# So often within so long the worker is started again: one that ends at once, time after time, is at fault itself.
STARTED_AGAIN_MOST = 5
STARTED_AGAIN_WITHIN_S = 600.0
# gunicorn and the worker finish what they are at within 10 s; see gunicorn.conf.py and _worker_command.
STOP_STEPS = ((signal.SIGTERM, 15.0),)


class StopRequested(Exception):
    """Somebody asked us to stop."""


class Ended(Exception):
    """One of ours ended without being asked to."""


class Service:
    """The web server or the worker: a process of ours alone, recorded so that the next start finds one left over."""

    def __init__(self, name: str, layout: Layout, command: list[str], marker: str, *, is_started_again: bool = False):
        self.name = name
        self._is_started_again = is_started_again
        self._ends: list[float] = []
        self._variables: dict[str, str] = {}
        self.log = layout.log_dir / f"{name}.log"
        self._command = command
        self._marker = marker
        self._record_path = layout.run_dir / f"{name}.json"
        self._child: subprocess.Popen | None = None

    def end_left_over(self) -> None:
        """Of a start that was killed: exactly the recorded process, and only if it is still that one."""
        record = processes.Record.read(self._record_path)
        process = record and record.process()
        if process:
            say(f"Ending the {self.name} that an earlier start left behind (pid {process.pid}).")
            processes.end(process, STOP_STEPS)
        self._record_path.unlink(missing_ok=True)

    def start(self, variables: dict[str, str]) -> None:
        self._variables = variables
        self._child = processes.spawn(self._command, log=self.log, cwd=REPOSITORY, env=variables)
        processes.record_of(self._child, marker=self._marker).write(self._record_path)

    def check(self) -> None:
        """Start it again where it ended and may be, else raise Ended."""
        if self._child and self._child.poll() is not None:
            if self._may_start_again():
                say(f"The {self.name} ended by itself (status {self._child.returncode}) and is started again.")
                self.start(self._variables)
                return
            raise Ended(
                f"The {self.name} ended by itself (status {self._child.returncode}). From {self.log}:\n"
                f"{processes.tail(self.log)}"
            )

    def _may_start_again(self) -> bool:
        now = time.monotonic()
        self._ends = [moment for moment in self._ends if now - moment < STARTED_AGAIN_WITHIN_S] + [now]
        return self._is_started_again and len(self._ends) <= STARTED_AGAIN_MOST

    def stop(self) -> None:
        if self._child is None:
            return
        record = processes.Record.read(self._record_path)
        process = record and record.process()
        if process:
            processes.end(process, STOP_STEPS)
        self._child.wait()
        self._child = None
        self._record_path.unlink(missing_ok=True)


class Signals:
    """Ctrl-C, SIGTERM and a closed terminal, as the exception StopRequested at a moment that suits."""

    NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self._held_back = False
        self._told = False
        for number in self.NUMBERS:
            signal.signal(number, self._hear)

    def _hear(self, number: int, frame: object) -> None:
        self._told = True
        if not self._held_back:
            self.ignore()
            raise StopRequested

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """While a process starts: one that was started and not yet recorded could not be ended."""
        self._held_back = True
        try:
            yield
        finally:
            self._held_back = False
        if self._told:
            self.ignore()
            raise StopRequested

    def ignore(self) -> None:
        """A second Ctrl-C must not break off the orderly stop."""
        for number in self.NUMBERS:
            signal.signal(number, signal.SIG_IGN)


def main() -> int:
    layout = Layout(default_var_dir(), strict_ports=True)
    layout.prepare()
    port = ports.configured("PORT") or DEFAULT_WEB_PORT
    web = Service("web", layout, _web_command(), str(REPOSITORY))
    worker = Service("worker", layout, _worker_command(), str(REPOSITORY), is_started_again=True)
    try:
        with _alone(layout), ExitStack() as started:
            signals = Signals()
            for service in (web, worker):
                service.end_left_over()
            ports.require_free("PORT", port)
            say("Starting PostgreSQL and SeaweedFS ...")
            with signals.held_back():
                parts = started.enter_context(Parts(layout))
            started.callback(signals.ignore)
            variables = _variables(parts, port)
            prepare.prepare(layout, variables, say)
            for service in (worker, web):
                with signals.held_back():
                    service.start(variables)
                    started.callback(service.stop)
            started.callback(signals.ignore)
            _wait_until_ready(port, (web, worker))
            _print_addresses(layout, variables, port)
            _watch(parts, (web, worker), signals)
    except StopRequested:
        say("Stopped.")
        return 0
    except (Ended, prepare.Failed) as error:
        say(str(error))
        return 1
    return 0


def say(text: str) -> None:
    try:
        print(text, flush=True)  # noqa: T201
    except OSError:
        # The terminal is gone; what was started must end anyway.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


# --- Steps ----------------------------------------------------------------------------------------------------


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    """One `make run` per var directory."""
    with open(layout.run_dir / "launcher.pid", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CannotStart(f"make run is already running here (pid {file.read().strip()}).") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _variables(parts: Parts, port: int) -> dict[str, str]:
    """The environment of the portal's processes. Production's variables are left aside: this loads demo data."""
    foreign = [name for name in ("DATABASE_URL", "S3_ENDPOINT_URL") if os.environ.get(name)]
    if foreign:
        say(f"{' and '.join(foreign)} of the environment left aside: make run uses its own database and store.")
    mine = parts.variables | local_settings(parts.secrets, port)
    mine |= {"VAR_DIR": str(parts.layout.var_dir), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    mine |= {"STATIC_ROOT": str(parts.layout.var_dir / "static"), "DJANGO_SETTINGS_MODULE": "amiportal.settings"}
    return dict(os.environ) | mine


def _web_command() -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--config", str(REPOSITORY / "gunicorn.conf.py")]


def _worker_command() -> list[str]:
    return [
        sys.executable,
        str(REPOSITORY / "manage.py"),
        "procrastinate",
        "worker",
        "--shutdown-graceful-timeout=10",
    ]


def _wait_until_ready(port: int, services: tuple[Service, ...]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not _is_ready(port):
        for service in services:
            service.check()
        if time.monotonic() > deadline:
            raise Ended(f"The web server did not become ready within {READY_TIMEOUT_S} s. See {services[0].log}.")
        time.sleep(0.1)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _watch(parts: Parts, services: tuple[Service, ...], signals: Signals) -> None:
    while True:
        with signals.held_back():
            for service in services:
                service.check()
        for part in parts.parts:
            if part.running.process() is None:
                raise Ended(f"{part.name} ended by itself. From {part.log}:\n{processes.tail(part.log)}")
        time.sleep(WATCH_INTERVAL_S)


def _print_addresses(layout: Layout, variables: dict[str, str], port: int) -> None:
    base = f"http://{ports.HOST}:{port}{env.text('SCRIPT_NAME', '').rstrip('/')}"
    lines = [
        "",
        f"  Upload page   {base}/",
        f"  Admin         {base}/admin/",
        f"  API docs      {base}/api/docs/",
        f"  Object store  {variables['S3_ENDPOINT_URL']}",
        f"  Logs          {layout.log_dir}",
    ]
    accounts = layout.var_dir / "demo-accounts.json"
    if accounts.exists():
        lines += ["", f"  Accounts (from {accounts}):"]
        for role, account in json.loads(accounts.read_text()).items():
            token = f"   token {account['token']}" if account.get("token") else ""
            lines.append(f"    {role:<11} {account['username']:<14} {account['password']}{token}")
    say("\n".join([*lines, "", "Ready. Ctrl-C ends it.", ""]))


if __name__ == "__main__":
    sys.exit(main())
