"""The rules that the portal, the page and the script share, by the cases of tests/data/rules."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from deployments.domain.names import DataType
from tests.shared_rules import cases
from uploads.domain import shared
from uploads.domain.capture_time import device_time
from uploads.domain.downstream import passed_over
from uploads.domain.keys import name_refusal
from uploads.services.inventory_sums import Tally, night_of


@pytest.mark.parametrize(("name", "time"), cases("device_times"))
def test_device_times(name, time):
    said = device_time(name)
    assert (said and said.isoformat().removesuffix("+00:00")) == time


@pytest.mark.parametrize(("name", "reason"), cases("downstream"))
def test_what_is_passed_over_downstream(name, reason):
    assert (passed_over(name) or "") == reason


@pytest.mark.parametrize(("name", "code"), cases("names"))
def test_names_that_are_refused(name, code):
    refusal = name_refusal(name, data_type=DataType.SNAPSHOT_IMAGES)
    assert (refusal.code if refusal else "") == code


def test_each_data_type_has_its_extensions_and_the_folders_of_its_name():
    assert list(shared.EXTENSIONS) == DataType.values
    assert list(shared.FOLDERS_OF_TYPES) == DataType.values
    for data_type, folders in shared.FOLDERS_OF_TYPES.items():
        assert data_type.replace("_", "") in folders


def test_the_names_of_systems_are_found_in_any_case():
    assert all(name == name.casefold() == name.lower() for name in shared.SYSTEM_NAMES)


def test_the_count_of_a_store_reads_times_as_they_are_read_one_by_one():
    names = [name for name, _ in cases("device_times")]
    # Of an hour that was seen before: minutes and seconds that are none, alone and with a time behind them.
    names += [
        "20240918036139.jpg",
        "20240918032360.jpg",
        "20240918036139_20240918042339.jpg",
        "2024-09-18_03-59-59.jpg",
    ]
    tally = Tally(now=datetime(2026, 1, 1, tzinfo=UTC), first_day=None, last_day=None)
    tally.add(names, [1] * len(names))
    times = [taken_at for name in names if (taken_at := device_time(name)) and taken_at.year >= 2000]
    assert tally.undated == len(names) - len(times)
    assert tally.span == (min(times), max(times))
    assert {night: objects for night, (objects, _) in tally.nights.items()} == Counter(map(night_of, times))
