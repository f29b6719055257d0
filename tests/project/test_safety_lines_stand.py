"""The list of safety lines names what is there: else `python -m tests.mutations` would pass over a line silently."""

import pytest

from tests.mutations import SafetyLine, safety_lines
from tests.project.named_tests import is_there


@pytest.mark.parametrize("line", safety_lines(), ids=lambda line: line.name)
def test_each_stands_where_the_list_says(line: SafetyLine):
    assert line.mutated() != line.source
    for test in line.tests:
        assert is_there(test), test
