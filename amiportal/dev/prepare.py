"""What must be done once before the portal can be served by `make run`: migrate, demo data, static files.

Each step leaves the fingerprint of what it was made from, and is skipped while that is the same, so that a second
start does not wait for Django three times.
"""

import hashlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import psycopg

from amiportal.dev.embedded import Layout, processes
from amiportal.dev.embedded.layout import REPOSITORY

CODE = ("amiportal", "deployments", "uploads")


class Failed(Exception):
    """A step ended with an error; the message has the end of its log."""


def prepare(layout: Layout, variables: dict[str, str], say: Callable[[str], None]) -> None:
    """`variables` is the environment of the commands. Presupposes that the parts run."""
    _prepare_database(layout, variables, say)
    _prepare_static_files(layout, variables, say)


def _prepare_database(layout: Layout, variables: dict[str, str], say: Callable[[str], None]) -> None:
    """The fingerprint is kept as the database's comment, so that a new database is never taken for prepared."""
    sources = [path for folder in CODE for path in _files(REPOSITORY / folder) if _matters_to_the_database(path)]
    # The demo's buckets live in the store, under CORS rules for these origins.
    made_from = [variables["PORTAL_ORIGINS"], _text(layout.var_dir / "store" / "vol_dir.uuid")]
    wanted = _fingerprint([REPOSITORY / "constraints.txt", *sources], made_from)
    with psycopg.connect(variables["DATABASE_URL"], autocommit=True) as connection:
        query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        (found,) = connection.execute(query).fetchone() or (None,)
        if found == wanted and (layout.var_dir / "demo-accounts.json").exists():
            return
        say("Preparing the database and the demo data ...")
        _manage(layout, variables, "migrate", "--no-input")
        _manage(layout, variables, "make_files_bucket")
        _manage(layout, variables, "make_demo")
        connection.execute(f"COMMENT ON DATABASE {connection.info.dbname} IS '{wanted}'")


def _prepare_static_files(layout: Layout, variables: dict[str, str], say: Callable[[str], None]) -> None:
    stamp = layout.run_dir / "static.stamp"
    own = [path for folder in CODE for static in (REPOSITORY / folder).rglob("static") for path in _files(static)]
    wanted = _fingerprint([REPOSITORY / "constraints.txt", *own], [variables["STATIC_ROOT"]])
    if _text(stamp) == wanted and Path(variables["STATIC_ROOT"]).is_dir():
        return
    say("Collecting static files ...")
    _manage(layout, variables, "collectstatic", "--no-input", "--clear")
    stamp.write_text(wanted)


def _manage(layout: Layout, variables: dict[str, str], *arguments: str) -> None:
    log = layout.log_dir / "setup.log"
    command = [sys.executable, str(REPOSITORY / "manage.py"), *arguments]
    child = processes.spawn(command, log=log, cwd=REPOSITORY, env=variables)
    try:
        status = child.wait()
    except BaseException:
        child.terminate()
        child.wait()
        raise
    if status != 0:
        raise Failed(f"manage.py {arguments[0]} failed (status {status}). From {log}:\n{processes.tail(log, 25)}")


def _matters_to_the_database(path: Path) -> bool:
    return path.parent.name == "migrations" or path.suffix == ".csv" or "demo" in path.stem


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _fingerprint(files: Iterable[Path], more: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(REPOSITORY)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    for text in more:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
