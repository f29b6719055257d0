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
# Exit code of pytest and of node; other codes of pytest say that a file could not be read, or that there is no test.
SOME_FAILED = 1


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
    pytest = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
    red = _run(["node", "--test", "--test-reporter=tap", *scripts], "not ok ", copy) if scripts else None
    return red or (_run([*pytest, *others], ("FAILED ", "ERROR "), copy) if others else None)


def _run(command: list[str], red_begins: str | tuple[str, ...], copy: Path) -> str | None:
    """The first line that tells of a failed test. RuntimeError if the tests could not be run: that proves nothing."""
    try:
        ended = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        return "(no test passes: it hangs)"
    if ended.returncode == 0:
        return None
    red = [row for row in ended.stdout.splitlines() if row.startswith(red_begins)]
    if ended.returncode == SOME_FAILED and red:
        return red[0][:200]
    raise RuntimeError(f"{command}: exit code {ended.returncode}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
