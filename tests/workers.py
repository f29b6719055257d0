"""Workers as processes of their own, at the tests' database or at one of their own that may be restarted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.db import connection

from amiportal.dev.embedded import Layout, Parts, processes
from tests.faults import PATIENCE_S

MANAGE = Path(__file__).parents[1] / "manage.py"


def database_of_tests() -> str:
    at = connection.settings_dict
    return f"postgresql://{at['USER']}:{quote(at['PASSWORD'])}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


class Worker:
    """`manage.py procrastinate worker`, with what it said."""

    def __init__(self, database: str, log: Path, *options: str, **environment: str):
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(MANAGE), "procrastinate", "worker", *options],
                env=os.environ | {"DATABASE_URL": database, "LOG_LEVEL": "WARNING"} | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> int:
        """As a supervisor does; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def said(self) -> str:
        return self.log.read_text()


def wait_until(is_so: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)


class Database:
    """A PostgreSQL with the portal's tables, for one module of tests: it may be stopped, killed and started again."""

    def __init__(self, parts: Parts):
        (self._part,) = parts.parts
        self._command = self._part.record.process().cmdline()
        self.url = self._part.url("portal")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is an orderly restart's stop; SIGKILL takes the whole process group, as a crash does."""
        process = self._part.record.process()
        children = process.children()
        processes.end(process, ((number, 30.0),))
        for child in children:  # those of a killed server notice by themselves, some later
            child.wait(30)
        self._part._child.wait()

    def start(self) -> None:
        self._part._forget_stale_pid()
        self._part._child = self._part.spawn(self._command)
        ports = self._part.record.ports
        self._part.record = processes.record_of(self._part._child, marker=self._part.marker(), ports=ports)
        self._part.wait_until_ready()

    def ask(self, query: str, *values) -> list[tuple]:
        with psycopg.connect(self.url, autocommit=True) as session:
            cursor = session.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def order(self, task: str, *, queue: str = "default", args: str = '{"timestamp": 0}') -> int:
        return self.ask(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES (%s, %s, %s) RETURNING id",
            queue,
            task,
            args,
        )[0][0]

    def status(self, job: int) -> str:
        return self.ask("SELECT status FROM procrastinate_jobs WHERE id = %s", job)[0][0]

    def forget_all(self) -> None:
        self.ask("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


@contextmanager
def own_database(place: Path) -> Iterator[Database]:
    with Parts(Layout(place, throwaway=True), store=False) as parts:
        database = Database(parts)
        subprocess.run(
            [sys.executable, str(MANAGE), "migrate", "-v0"],
            env=os.environ | {"DATABASE_URL": database.url},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        yield database
