"""Ports that processes choose at once: each is told others."""

import subprocess
import sys
from pathlib import Path

from amiportal.dev.embedded import ports

REPOSITORY = Path(__file__).resolve().parents[2]
OF_FORTY = """
import sys
from amiportal.dev.embedded import ports
ports._LISTENERS = range(19_000, 19_040)
print(*ports.free_ports(15), flush=True)
sys.stdin.readline()
"""


def test_no_port_is_told_to_two_processes(monkeypatch):
    monkeypatch.setattr(ports, "_LISTENERS", range(19_000, 19_040))
    other = subprocess.Popen(
        [sys.executable, "-c", OF_FORTY], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        theirs = [int(word) for word in other.stdout.readline().split()]
        ours = ports.free_ports(15)
        assert not set(theirs) & set(ours)
        other.communicate("")
    # Their claim ends with them; ours stands, and is no bar to ourselves.
    assert len(ports.free_ports(30)) == 30
