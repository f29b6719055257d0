"""Takes each safety line away, runs the tests that must notice, and prints a table; exit code 1 if one survives.

python -m tests.mutations [WORD ...]      only the lines whose name or file holds one of the words
"""

import queue
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutations import ROOT, SafetyLine, safety_lines

AT_ONCE = 2
LONGEST_S = 900


def main(words: list[str]) -> int:
    lines = [line for line in safety_lines() if not words or any(word in line.name + line.file for word in words)]
    with tempfile.TemporaryDirectory(prefix="ami-portal-mutations-") as place:
        copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(AT_ONCE):
            copies.put(_copy_to(Path(place) / str(number)))
        survivors = 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for line, told in zip(lines, pool.map(lambda line: _try(line, copies), lines), strict=True):
                survivors += told is None
                print(f"| {line.file} | {line.name} | {told or 'SURVIVES'} |", flush=True)
    print(f"{len(lines)} lines, {survivors} survive")
    return 1 if survivors else 0


def _copy_to(place: Path) -> Path:
    """Copies what git knows of the tree, so that nothing is changed in the tree itself."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, names.decode().split("\0")):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place / name)
    return place


def _try(line: SafetyLine, copies: queue.SimpleQueue) -> str | None:
    """The first test that fails without the line; None if all pass."""
    copy = copies.get()
    file = copy / line.file
    file.write_text(line.mutated(), encoding="utf-8")
    try:
        return _first_red(line.tests, copy)
    finally:
        file.write_text(line.source, encoding="utf-8")
        copies.put(copy)


def _first_red(tests: tuple[str, ...], copy: Path) -> str | None:
    scripts = [test for test in tests if test.startswith("tests/js/")]
    others = [test for test in tests if test not in scripts]
    commands = []
    if scripts:
        commands.append(["node", "--test", "--test-reporter=tap", *scripts])
    if others:
        commands.append([sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", *others])
    for command in commands:
        try:
            ended = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            return "(nothing passes: it hangs)"
        if ended.returncode:
            red = [row for row in ended.stdout.splitlines() if row.startswith(("FAILED ", "ERROR ", "not ok "))]
            # No test's name: the tests could not be run at all, and that proves nothing.
            return red[0].split(" - ")[0 if command[0] != "node" else -1] if red else _stop(command, ended)
    return None


def _stop(command: list[str], ended: subprocess.CompletedProcess) -> str:
    raise RuntimeError(f"{command}: exit code {ended.returncode}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
