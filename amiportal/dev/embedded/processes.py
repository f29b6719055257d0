"""Processes that outlive a crash of whoever started them, and are found, verified and ended by their record."""

import ctypes
import json
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from amiportal.dev.embedded.layout import write_private_json

LOG_LIMIT_BYTES = 10 * 1024 * 1024
# The kernel counts a process's start in ticks since boot, and the boot time itself may be read a second off.
START_TIME_TOLERANCE_S = 2.0


@dataclass(frozen=True)
class Record:
    """What is kept of a started process. `marker` stands in its command line, so that a reused pid is not taken
    for it."""

    pid: int
    started_at: float
    marker: str
    ports: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Record | None":
        try:
            return cls(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        write_private_json(path, asdict(self))

    def process(self) -> psutil.Process | None:
        """The process if it still runs and is the very one that was recorded."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started_at) <= START_TIME_TOLERANCE_S
            alive = process.status() != psutil.STATUS_ZOMBIE
            return process if same and alive and self.marker in " ".join(process.cmdline()) else None
        except psutil.Error:
            return None


def spawn(
    command: list[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str],
    in_child: Callable[[], None] | None = None,
) -> subprocess.Popen:
    """Starts `command` in a session of its own, so that Ctrl-C at the terminal reaches only its starter."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_name(log.name + ".1"))
    with open(log, "ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            preexec_fn=in_child,
        )


def record_of(process: subprocess.Popen, *, marker: str, ports: Mapping[str, int] | None = None) -> Record:
    return Record(process.pid, psutil.Process(process.pid).create_time(), marker, dict(ports or {}))


def end(process: psutil.Process, steps: Iterable[tuple[signal.Signals, float]]) -> None:
    """Sends each signal in turn and waits its seconds, until the process is gone; SIGKILL comes last."""
    for number, wait_s in (*steps, (signal.SIGKILL, 10.0)):
        try:
            process.send_signal(number)
            process.wait(wait_s)
            return
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue


def tail(log: Path, lines: int = 15) -> str:
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 16_384))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


# --- What happens in the child before the program starts ------------------------------------------------------

_PR_SET_PDEATHSIG, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAP_DAC_READ_SEARCH = 2
_LINUX_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def preparation(
    *, unprivileged_for: Iterable[Path] | None = None, die_with_parent: signal.Signals | None = None
) -> Callable[[], None] | None:
    """What a child does to itself before it runs its program; None when there is nothing to do.

    With `unprivileged_for`, root becomes `nobody`, because PostgreSQL refuses to run as root. Where one of those
    paths lies in a folder that only root may enter (/root, or what mktemp makes), the child keeps the one
    capability to read through it, instead of opening the folder to everyone.
    """
    paths = list(unprivileged_for or ())
    drop = unprivileged_for is not None and os.geteuid() == 0
    through_closed_folders = drop and any(_is_closed(folder) for path in paths for folder in path.parents)
    account = nobody() if drop else None
    if account is None and die_with_parent is None:
        return None

    def prepare() -> None:
        if account is not None:
            if through_closed_folders and _libc:
                # access(2) would otherwise drop the capability: it checks for the real user.
                _libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            if through_closed_folders and _libc:
                _keep_only_capability(_libc, _CAP_DAC_READ_SEARCH)
        os.umask(0o077)
        if die_with_parent is not None and _libc:
            _libc.prctl(_PR_SET_PDEATHSIG, int(die_with_parent), 0, 0, 0)

    return prepare


def nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _is_closed(folder: Path) -> bool:
    return not folder.stat().st_mode & stat.S_IXOTH


def _keep_only_capability(libc: ctypes.CDLL, number: int) -> None:
    """capabilities(7): what is permitted, inheritable and ambient stays over exec."""
    header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
    bit = 1 << number
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    libc.capset(header, sets)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, number, 0, 0)
