"""Device times in file names: as the device said them, or none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploads.domain.capture_time import device_time


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("20240918032339-snapshot.jpg", datetime(2024, 9, 18, 3, 23, 39, tzinfo=UTC)),
        ("CAMERA-20240918032339-17.jpg", datetime(2024, 9, 18, 3, 23, 39, tzinfo=UTC)),
        ("19700101_000114.WAV", datetime(1970, 1, 1, 0, 1, 14, tzinfo=UTC)),
        ("SMA12345_20250630_213000.wav", datetime(2025, 6, 30, 21, 30, 0, tzinfo=UTC)),
        ("99999999999999-20240918032339.jpg", datetime(2024, 9, 18, 3, 23, 39, tzinfo=UTC)),
    ],
)
def test_the_documented_shapes(name, said):
    assert device_time(name) == said


@pytest.mark.parametrize("name", ["IMG_0001.jpg", "20241318032339.jpg", "120240918032339.jpg", "20240230_000000.wav"])
def test_what_is_no_time_is_none(name):
    assert device_time(name) is None


@given(
    st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2099, 12, 31)),
    st.text(alphabet="ABC-x", max_size=9),
)
def test_every_time_is_read_back(moment, label):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert device_time(f"{label}{moment:%Y%m%d%H%M%S}.jpg") == moment
    assert device_time(f"{label}{moment:%Y%m%d_%H%M%S}.wav") == moment
