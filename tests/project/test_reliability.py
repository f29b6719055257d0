"""docs/reliability.md names tests that there are, and every full count that is named after a row stands in that row."""

import re

import pytest

from tests.project.named_tests import ROOT, is_there

ROWS = dict(re.findall(r"^\| (\d+) \| (.*)$", (ROOT / "docs/reliability.md").read_text(), re.MULTILINE))
NAMED = sorted({name for row in ROWS.values() for name in re.findall(r"`(tests/[^`]+)`", row)})


def test_each_row_stands_once():
    assert list(map(int, ROWS)) == list(range(1, len(ROWS) + 1))


@pytest.mark.parametrize("name", NAMED)
def test_each_named_test_is_there(name):
    assert is_there(name)


def test_each_soak_test_of_a_row_is_named_by_it():
    for path in sorted((ROOT / "tests/soak").glob("test_*.py")):
        for function, number in re.findall(r"^def (test_row_(\d+)\w*)\(", path.read_text(), re.MULTILINE):
            assert f"{path.relative_to(ROOT)}::{function}" in ROWS[number], function
