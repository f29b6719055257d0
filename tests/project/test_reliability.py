"""docs/reliability.md names tests that there are, and tests name rows that it has."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = dict(re.findall(r"^\| (\d+) \| (.*)$", (ROOT / "docs/reliability.md").read_text(), re.MULTILINE))
NAMED = sorted({name for row in ROWS.values() for name in re.findall(r"`(tests/[^`]+)`", row)})


def test_each_row_stands_once():
    assert list(map(int, ROWS)) == list(range(1, len(ROWS) + 1))


@pytest.mark.parametrize("name", NAMED)
def test_each_named_test_is_there(name):
    file, _, function = name.partition("::")
    assert (
        re.search(rf"^def {function}\(", (ROOT / file).read_text(), re.MULTILINE)
        if function
        else (ROOT / file).exists()
    )


def test_each_soak_test_of_a_row_is_named_by_it():
    for path in sorted((ROOT / "tests/soak").glob("test_*.py")):
        for function, number in re.findall(r"^def (test_row_(\d+)\w*)\(", path.read_text(), re.MULTILINE):
            assert f"{path.relative_to(ROOT)}::{function}" in ROWS[number], function
