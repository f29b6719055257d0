"""A real PostgreSQL and a real S3 server (SeaweedFS) for development, trials and tests, from two wheels.

Everything listens on 127.0.0.1 alone and keeps its files under var/ (VAR_DIR). No Django here: manage.py, the
launcher and the tests use this before the settings are read.
"""

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from amiportal import env
from amiportal.dev.embedded.layout import CannotStart, Layout, Secrets, default_var_dir
from amiportal.dev.embedded.parts import Parts

__all__ = ["CannotStart", "Layout", "Parts", "default_var_dir", "local_settings", "parts_for_unset_variables"]

DEFAULT_WEB_PORT = 8000


def local_settings(secrets: Secrets, web_port: int) -> dict[str, str]:
    """What settings.py wants beyond the two parts, for a portal at http://127.0.0.1:`web_port`."""
    return {
        "SECRET_KEY": secrets.secret_key,
        "RECEIPT_KEY": secrets.receipt_key,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PORTAL_ORIGINS": f"http://127.0.0.1:{web_port},http://localhost:{web_port}",
        "INSECURE_HTTP": "1",
    }


@contextmanager
def parts_for_unset_variables() -> Iterator[None]:
    """For manage.py: with neither DATABASE_URL nor S3_ENDPOINT_URL set, starts both parts, or attaches to those
    already running for this var directory, and sets the variables. With one of the two set, the other part is
    started only under DEBUG: elsewhere a forgotten variable must stop the start.
    """
    database, store = not _is_set("DATABASE_URL"), not _is_set("S3_ENDPOINT_URL")
    if not database and not store or database != store and not env.flag("DEBUG"):
        yield
        return
    with _orderly_end(), Parts(Layout(default_var_dir()), database=database, store=store) as parts:
        # The addresses and keys of a part belong together; keys of another store in the environment would not fit.
        os.environ.update({k: v for k, v in parts.variables.items() if k != "S3_PUBLIC_ENDPOINT_URL"})
        set_unset(parts.variables)
        set_unset(local_settings(parts.secrets, env.integer("PORT", DEFAULT_WEB_PORT)))
        yield


def set_unset(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        if not _is_set(name):
            os.environ[name] = value


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name, "").strip())


@contextmanager
def _orderly_end() -> Iterator[None]:
    """SIGTERM ends the command by an exception, so that what was started is stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
