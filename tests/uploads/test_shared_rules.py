"""The rules that the portal, the page and the script share, by the cases of tests/data/rules."""

import pytest

from deployments.names import DataType
from tests.shared_rules import cases
from uploads.capture_time import device_time
from uploads.downstream import passed_over
from uploads.keys import name_refusal


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
