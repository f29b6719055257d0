"""The list of safety lines names what is there: else `python -m tests.mutations` would pass over a line silently."""

from pathlib import Path

import pytest

from tests.mutations import ROOT, SafetyLine, safety_lines


@pytest.mark.parametrize("line", safety_lines(), ids=lambda line: line.name)
def test_each_stands_where_the_list_says(line: SafetyLine):
    assert line.mutated() != line.source
    for test in line.tests:
        assert (ROOT / Path(test.split("::")[0])).exists(), test
