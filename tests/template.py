"""A database server's folder in which all migrations have run: made once, and copied for each process of tests.

A server of its own for each of them costs initdb and some 120 migrations, ten seconds of a processor. What stands in
the copy is not relied upon: Django's `migrate` runs on it as on any database, and finds nothing to do. To be rid of it:
`rm -r var/tests-database-*`.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from amiportal.dev import embedded

ROOT = Path(__file__).parents[1]
APPS = ("amiportal", "deployments", "uploads")
KEPT = ROOT / "var"
PREFIX = "tests-database-"
DATABASE = "test_portal"  # as pytest-django calls it


def copy_to(place: Path, *, environment: Mapping[str, str]) -> None:
    """Puts a server's folder, and the secrets that open it, into an empty place; the first to ask makes them."""
    made = KEPT / f"{PREFIX}{_key()}"
    with _lock():
        if not made.exists():
            _remove_others()
            _make(made, environment)
        for name in ("postgres", "secrets.json"):
            # Owners too: PostgreSQL runs as nobody where root starts it.
            subprocess.run(["cp", "-a", str(made / name), str(place / name)], check=True)


def _key() -> str:
    """Names what the folder is made of: our migrations, and the packages that bring others, and the server."""
    told = hashlib.sha256()
    migrations = (path for app in APPS for path in sorted((ROOT / app).glob("**/migrations/*.py")))
    server = sorted((ROOT / "amiportal/dev/embedded").glob("*.py"))
    for path in (*migrations, *server, *sorted(ROOT.glob("requirements*.txt")), ROOT / "constraints.txt"):
        told.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return told.hexdigest()[:16]


def _make(made: Path, environment: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=KEPT) as draft:
        place = Path(draft) / "var"
        with embedded.Parts(embedded.Layout(place, throwaway=True), store=False) as parts:
            url = parts.variables["DATABASE_URL"]
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {DATABASE}")
            variables = dict(environment) | {"DATABASE_URL": f"{url.rpartition('/')[0]}/{DATABASE}"}
            command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
            subprocess.run(command, env=os.environ | variables, check=True)
        os.sync()  # the server did not: a power cut must not leave half of it for good
        place.rename(made)


def _remove_others() -> None:
    for path in KEPT.glob(PREFIX + "*"):
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _lock() -> Iterator[None]:
    KEPT.mkdir(exist_ok=True)
    with open(KEPT / "tests-database.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
