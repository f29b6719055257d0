"""The embedded parts: shared by all processes of one place, kept over a crash, ended by the last to leave."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path

import boto3
import psutil
import psycopg
import pytest

from amiportal.dev.embedded import CannotStart, Layout, Parts, ports
from amiportal.dev.embedded.layout import load_or_make_secrets
from amiportal.dev.embedded.postgres import Postgres
from amiportal.dev.embedded.processes import Record

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def layout(tmp_path, monkeypatch) -> Layout:
    pg, s3 = ports.free_ports(2)
    monkeypatch.setenv("PG_PORT", str(pg))
    monkeypatch.setenv("S3_PORT", str(s3))
    return Layout(tmp_path / "var")


@contextmanager
def another_process_holding(layout: Layout):
    """A second program that uses the same parts until it is told to go on; yields it once it has them."""
    program = """
        import sys
        from pathlib import Path
        from amiportal.dev.embedded import Layout, Parts
        with Parts(Layout(Path(sys.argv[1]))):
            print("up", flush=True)
            sys.stdin.readline()
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(layout.var_dir)]
    other = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "up\n"
        yield other
    finally:
        other.stdin.close()
        other.wait(30)
        other.stdout.close()


def pids(parts: Parts) -> list[int]:
    return [part.record.pid for part in parts.parts]


def s3_of(parts: Parts):
    return boto3.client(
        "s3",
        endpoint_url=parts.variables["S3_ENDPOINT_URL"],
        aws_access_key_id=parts.variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=parts.variables["AWS_SECRET_ACCESS_KEY"],
        region_name=parts.variables["AWS_REGION"],
    )


def write_something(parts: Parts) -> None:
    with psycopg.connect(parts.variables["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'row' AS what")
    s3_of(parts).create_bucket(Bucket="kept")
    s3_of(parts).put_object(Bucket="kept", Key="a/b.jpg", Body=b"bytes")


def assert_all_is_there(parts: Parts) -> None:
    with psycopg.connect(parts.variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT what FROM kept").fetchall() == [("row",)]
    assert s3_of(parts).get_object(Bucket="kept", Key="a/b.jpg")["Body"].read() == b"bytes"


def test_data_outlive_an_orderly_stop_and_a_kill(layout):
    with Parts(layout) as first:
        write_something(first)
        started = pids(first)
    assert not any(psutil.pid_exists(pid) for pid in started)
    with Parts(layout) as second:
        assert_all_is_there(second)
        for part in second.parts:
            os.kill(part.record.pid, signal.SIGKILL)
    with Parts(layout) as third:
        assert_all_is_there(third)


def test_everything_listens_on_the_loopback_alone(layout):
    with Parts(layout) as parts:
        for part in parts.parts:
            listening = [
                connection.laddr
                for connection in psutil.Process(part.record.pid).net_connections("inet")
                if connection.status == psutil.CONN_LISTEN
            ]
            assert {address.ip for address in listening} == {"127.0.0.1"}
            assert {address.port for address in listening} == set(part.record.ports.values())


def test_secrets_are_private_and_on_no_command_line(layout):
    with Parts(layout) as parts:
        for path in (layout.var_dir / "secrets.json", layout.var_dir / "store" / "identities.json"):
            assert path.stat().st_mode & 0o777 == 0o600
        for part in parts.parts:
            told = psutil.Process(part.record.pid).cmdline()
            assert not [secret for secret in vars(parts.secrets).values() if secret in " ".join(told)]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(parts.variables["DATABASE_URL"].replace(parts.secrets.database_password, "guess"))


def test_a_place_from_before_receipts_had_a_key_gets_one_and_keeps_it(tmp_path):
    made = vars(load_or_make_secrets(tmp_path))
    kept = {name: value for name, value in made.items() if name != "receipt_key"}
    (tmp_path / "secrets.json").write_text(json.dumps(kept))
    upgraded = vars(load_or_make_secrets(tmp_path))
    assert len(base64.b64decode(upgraded["receipt_key"], validate=True)) == 32
    assert upgraded["receipt_key"] != made["receipt_key"]
    assert {name: upgraded[name] for name in kept} == kept
    assert vars(load_or_make_secrets(tmp_path)) == upgraded
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_second_process_attaches_and_the_last_one_out_stops(layout):
    with another_process_holding(layout), Parts(layout) as mine:
        shared = pids(mine)
        assert {Record.read(path).pid for path in layout.run_dir.glob("*.json")} == set(shared)
    assert not any(psutil.pid_exists(pid) for pid in shared)


def test_leaving_first_pulls_nothing_away(layout):
    with another_process_holding(layout):
        with Parts(layout) as mine:
            shared = pids(mine)
        assert all(psutil.pid_exists(pid) for pid in shared)


def test_parts_of_a_killed_starter_are_taken_over(layout):
    with another_process_holding(layout) as other:
        other.kill()
        other.wait()
        with Parts(layout) as heir:
            taken_over = pids(heir)
            assert all(os.getpid() != psutil.Process(pid).ppid() for pid in taken_over)
    assert not any(psutil.pid_exists(pid) for pid in taken_over)


def test_a_recorded_pid_that_is_another_program_by_now_is_left_alone(layout):
    layout.prepare()
    me = psutil.Process()
    Record(me.pid, me.create_time(), "-D /somewhere/else ").write(layout.run_dir / "postgres.json")
    with Parts(layout, store=False) as parts:
        assert pids(parts) != [me.pid]
    # As after a crash in a container, where the same small pids come again.
    (layout.var_dir / "postgres" / "postmaster.pid").write_text(f"{me.pid}\n")
    with Parts(layout, store=False):
        assert me.is_running()


@pytest.mark.parametrize("variable", ["PG_PORT", "S3_PORT"])
def test_a_taken_port_is_named_with_its_variable(layout, variable):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(os.environ[variable])))
        taken.listen()
        with pytest.raises(CannotStart, match=f"Set {variable} to a free port"), Parts(layout):
            pass
    assert list(layout.run_dir.glob("*.json")) == []


def test_a_part_that_cannot_start_shows_its_log(layout, monkeypatch):
    def command(self):
        return ["/bin/sh", "-c", f"echo no luck; : {self.marker()}"], {"PG_PORT": ports.free_ports(1)[0]}

    monkeypatch.setattr(Postgres, "command", command)
    with pytest.raises(CannotStart, match="no luck"), Parts(layout):
        pass
    assert list(layout.run_dir.glob("*.json")) == []
