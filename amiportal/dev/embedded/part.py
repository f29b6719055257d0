"""What PostgreSQL and SeaweedFS have in common: attach or launch, wait until ready, leave; the last one out stops."""

import fcntl
import subprocess
import time
from collections.abc import Mapping
from signal import Signals
from typing import ClassVar, TextIO

from amiportal.dev.embedded import processes
from amiportal.dev.embedded.layout import CannotStart, Layout, Secrets

READY_TIMEOUT_S = 60
POLL_INTERVAL_S = 0.03


class Part:
    """One embedded server of one var directory.

    Every process that uses it holds a shared lock on var/run/<name>.users; the kernel drops that lock when the
    process ends, however it ends. Whoever leaves and finds no other user stops the server, so it is never pulled
    away under somebody, and one whose starter was killed is ended by the next who leaves.
    All methods presuppose that the caller holds the lock of the parts (see parts.py).
    """

    name: ClassVar[str]
    stop_steps: ClassVar[tuple[tuple[Signals, float], ...]]

    def __init__(self, layout: Layout, secrets: Secrets):
        self.layout = layout
        self.secrets = secrets
        self.log = layout.log_dir / f"{self.name}.log"
        self.record: processes.Record | None = None
        self._record_path = layout.run_dir / f"{self.name}.json"
        self._child: subprocess.Popen | None = None
        self._users: TextIO | None = None

    @property
    def running(self) -> processes.Record:
        """The record of the process; there is one from its launch on. Raises CannotStart before."""
        if self.record is None:
            raise CannotStart(f"{self.name} has not been started.")
        return self.record

    def variables(self) -> Mapping[str, str]:
        """The environment variables by which settings.py finds the running part."""
        raise NotImplementedError

    def command(self) -> tuple[list[str], Mapping[str, int]]:
        """The command line, and the ports it is told to listen on."""
        raise NotImplementedError

    def spawn(self, command: list[str]) -> subprocess.Popen:
        raise NotImplementedError

    def marker(self) -> str:
        """What stands in the command line of this part's process and of no other."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    def after_ready(self) -> None:
        """What remains to be done once after each launch."""

    # --- joining and leaving ----------------------------------------------------------------------------------

    def join(self) -> None:
        """Attaches to the running server of this var directory, or launches it. It need not be ready yet."""
        self._users = open(self.layout.run_dir / f"{self.name}.users", "a")  # noqa: SIM115
        fcntl.flock(self._users, fcntl.LOCK_SH)
        record = processes.Record.read(self._record_path)
        if record is not None and record.process() is not None:
            self.record = record
        else:
            self.launch()

    def leave(self) -> None:
        """Stops the server when nobody else uses it. Does nothing for one who never joined."""
        if self._users is None:
            return
        try:
            # Upgrading from shared to exclusive succeeds only for the last one.
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            self.stop()
        self._users.close()
        self._users = None

    def launch(self) -> None:
        command, ports = self.command()
        self._child = self.spawn(command)
        self.record = processes.record_of(self._child, marker=self.marker(), ports=ports)
        self.record.write(self._record_path)

    def stop(self) -> None:
        process = self.record and self.record.process()
        if process:
            processes.end(process, self.stop_steps)
        if self._child is not None:
            self._child.wait()
            self._child = None
        self._record_path.unlink(missing_ok=True)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self.is_ready():
            if self.running.process() is None:
                raise CannotStart(f"{self.name} ended at its start. From {self.log}:\n{processes.tail(self.log)}")
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"{self.name} (pid {self.running.pid}) did not answer for {READY_TIMEOUT_S} s. See {self.log}."
                )
            time.sleep(POLL_INTERVAL_S)
        self.after_ready()
