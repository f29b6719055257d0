"""A round over many items: each stands alone, fails on its own, is tried again after the others, and is told."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from amiportal.background import rounds
from amiportal.background.models import LeftOver
from amiportal.background.rounds import each_alone, in_groups
from amiportal.core.errors import StoreUnavailable

pytestmark = pytest.mark.django_db


class Work:
    """Something to be done for numbers; those in `broken` cannot be, for the reason given."""

    def __init__(self, *broken: int, error: Exception | None = None):
        self.broken, self.error = set(broken), error or StoreUnavailable("The store does not answer.")
        self.asked: list[list[int]] = []

    def __call__(self, numbers: list[int]) -> list[int]:
        self.asked.append(list(numbers))
        if self.broken.intersection(numbers):
            raise self.error
        return list(numbers)

    def alone(self, numbers) -> list[int]:
        self.asked = []
        return each_alone("Numbers", numbers, lambda number: self([number])[0], name_of=str)

    def grouped(self, *groups: list[int]) -> list[list[int]]:
        self.asked = []
        named = [(f"group {number}", group) for number, group in enumerate(groups)]
        return in_groups("Numbers", named, self, name_of=str)


def left() -> dict[str, int]:
    return dict(LeftOver.objects.filter(round="Numbers").values_list("item", "tries"))


def test_the_others_are_done_and_what_failed_is_noted_and_goes_last_until_it_can_be_done():
    work = Work(2)
    assert work.alone([1, 2, 3]) == [1, 3]
    row = LeftOver.objects.get()
    assert (row.item, row.error, row.tries) == ("2", "The store does not answer.", 1)
    assert work.alone([1, 2, 3]) == [1, 3]
    assert work.asked == [[1], [3], [2]]
    assert LeftOver.objects.get().tries == 2
    assert LeftOver.objects.get().since == row.since
    work.broken = set()
    assert work.alone([1, 2, 3]) == [1, 3, 2]
    assert left() == {}


def test_what_need_not_be_done_any_more_is_not_left_over():
    Work(2).alone([1, 2])
    LeftOver.objects.create(round="Another", item="2", since=timezone.now(), tried_at=timezone.now())
    assert Work().alone([1]) == [1]
    assert list(LeftOver.objects.values_list("round", flat=True)) == ["Another"]


def test_a_fault_of_the_portals_own_stops_nobody_else_and_stands_in_the_log(caplog):
    assert Work(1, error=KeyError("CORSRules")).alone([1, 2]) == [2]
    assert LeftOver.objects.get().error == "The portal failed here (KeyError). The worker's log says why."
    assert "KeyError: 'CORSRules'" in caplog.text


def test_a_database_that_is_away_ends_the_round(monkeypatch):
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    with pytest.raises(OperationalError):
        Work(1, error=OperationalError("server closed the connection")).alone([1, 2])


def test_one_item_of_a_group_costs_the_group_nothing():
    work = Work(3)
    assert work.grouped([1, 2, 3, 4], [5, 6]) == [[1], [2], [4], [5, 6]]
    assert left() == {"3": 1}
    assert work.grouped([1, 2, 3, 4], [5, 6]) == [[1, 2, 4], [5, 6]]
    assert work.asked[-1] == [3]
    assert left() == {"3": 2}


def test_a_group_that_is_at_fault_as_a_whole_is_one_fault_and_goes_last():
    work = Work(*range(1, 9))
    assert work.grouped(list(range(1, 9)), [10, 11]) == [[10, 11]]
    assert work.asked == [list(range(1, 9)), [1], [2], [3], [10, 11]]
    assert left() == {"group 0": 1}
    work.broken = {8}
    assert work.grouped(list(range(1, 9)), [10, 11])[0] == [10, 11]
    assert left() == {"8": 1}


def test_a_round_has_no_endless_patience_and_the_next_one_begins_with_what_was_not_reached(monkeypatch):
    monkeypatch.setattr(rounds, "PATIENCE_S", 1e-9)  # any fault takes longer
    work = Work(1, 2)
    assert work.alone([1, 2, 3]) == []
    assert work.asked == [[1]]
    assert work.alone([1, 2, 3]) == []
    assert work.asked == [[2]]
    assert left() == {"1": 1, "2": 1}
    assert work.alone([1, 2, 3]) == [3]
    assert work.asked == [[3], [1]]  # the one that was tried longest ago
    assert left() == {"1": 2, "2": 1}


def test_names_and_reasons_of_any_length_are_kept():
    work = Work(1, error=StoreUnavailable("x" * 1_000))
    for _ in range(2):
        in_groups("Numbers", [("y" * 1_000, [1])], work, name_of=lambda number: "y" * 1_000)
    row = LeftOver.objects.get()
    assert (len(row.item), len(row.error), row.tries) == (500, 300, 2)


def test_the_tried_longest_ago_comes_first():
    Work(1, 2, 3).alone([1, 2, 3])
    LeftOver.objects.filter(item="3").update(tried_at=timezone.now() - timedelta(hours=1))
    work = Work()
    assert work.alone([1, 2, 3]) == [3, 1, 2]
