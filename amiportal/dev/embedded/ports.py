"""TCP ports of 127.0.0.1: free ones, wanted ones, and a clear word when one is taken."""

import fcntl
import os
import secrets
import socket
import tempfile
from functools import cache
from pathlib import Path
from typing import TextIO

from amiportal.dev.embedded.layout import CannotStart

HOST = "127.0.0.1"
# Below what systems give to outgoing connections (Linux from 32768, others from 49152), which would take what was free.
_LISTENERS = range(20_000, 32_000)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # A connection that ended a moment ago does not make the port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Ports free at this moment and told to no other process of the portal; another program may still take one."""
    found: set[int] = set()
    while len(found) < count:
        port = secrets.choice(_LISTENERS)
        if _claim(port) and is_free(port):
            found.add(port)
    return list(found)


def _claim(port: int) -> bool:
    """Of several processes that start at once, one: else two would find it free, and listen. Ends with the process."""
    try:
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@cache
def _claims() -> TextIO:
    """An empty file, of which each process locks the bytes whose numbers are its ports."""
    return open(Path(tempfile.gettempdir()) / f"ami-portal-ports-{os.geteuid()}", "a")


def configured(variable: str) -> int | None:
    """The port that the environment variable names, or None when it is not set."""
    value = os.environ.get(variable, "").strip()
    if not value:
        return None
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise CannotStart(f"{variable} should be a port number between 1 and 65535.")
    return int(value)


def require_free(variable: str, port: int) -> int:
    if not is_free(port):
        raise CannotStart(f"Port {port} on {HOST} is taken. Set {variable} to a free port.")
    return port


def choose(variable: str, default: int, *, strict: bool) -> int:
    """The configured port, else the default; a taken default is an error only when `strict`."""
    wanted = configured(variable)
    if wanted is not None or strict:
        return require_free(variable, wanted or default)
    return default if is_free(default) else free_ports(1)[0]
