"""Clocks judged by the sun."""

from datetime import UTC, date, datetime, timedelta

import pytest

from uploads.domain.nights import Nights, judge_nights

PANAMA = {"latitude": 8.6, "longitude": -80.1, "time_zone": "America/Panama"}  # UTC-5
NAIROBI = {"latitude": -1.3, "longitude": 36.8, "time_zone": "Africa/Nairobi"}  # UTC+3
BRISTOL = {"latitude": 51.45, "longitude": -2.6, "time_zone": "Europe/London"}
INVERNESS = {"latitude": 57.48, "longitude": -4.22, "time_zone": "Europe/London"}
TROMSO = {"latitude": 69.65, "longitude": 18.96, "time_zone": "Europe/Oslo"}
JULY = date(2024, 7, 1)
ALL_NIGHT = range(19, 29)  # from seven in the evening to five in the morning, local time


def nights(first_day: date, hours_of_night, *, shift_h: int = 0, days: int = 20, files: int = 10) -> dict:
    """Files per hour of a clock that runs `shift_h` ahead of local time."""
    midnight = datetime.combine(first_day, datetime.min.time(), tzinfo=UTC)
    return {
        midnight + timedelta(days=day, hours=hour + shift_h): files for day in range(days) for hour in hours_of_night
    }


@pytest.mark.parametrize("place", [PANAMA, NAIROBI, BRISTOL])
def test_a_true_clock_is_fine(place):
    found = judge_nights(nights(date(2024, 9, 1), range(20, 28)), **place)
    assert (found.verdict, found.shift_h) == ("fine", 0)
    assert found.dark == found.judged > 1_000


@pytest.mark.parametrize(
    ("place", "shift_h"),
    [
        (PANAMA, 12),
        (PANAMA, 5),  # left at UTC
        (NAIROBI, 12),
        (NAIROBI, -3),  # left at UTC: most of the night is dark all the same
        (BRISTOL, 12),
    ],
)
def test_a_shifted_clock_is_told_with_its_shift(place, shift_h):
    found = judge_nights(nights(date(2024, 9, 1), ALL_NIGHT, shift_h=shift_h), **place)
    assert (found.verdict, found.shift_h) == ("shifted", shift_h)
    assert found.dark < found.judged


def test_another_shift_is_the_least_that_explains_the_files():
    found = judge_nights(nights(JULY, ALL_NIGHT, shift_h=-8), **PANAMA)
    assert (found.verdict, found.shift_h) == ("shifted", -7)


def test_files_around_the_clock_are_daylight():
    found = judge_nights(nights(JULY, range(24)), **PANAMA)
    assert (found.verdict, found.shift_h) == ("daylight", 0)
    assert 0 < found.dark < found.judged


def test_a_timetable_that_begins_in_a_bright_evening_is_fine():
    found = judge_nights(nights(date(2024, 5, 20), range(20, 29), days=90), **INVERNESS)
    assert found.verdict == "fine"
    assert 0.8 < found.dark / found.judged < 0.95


def test_an_hour_is_no_shift():
    """Set back by one, this clock would show dark nights alone: but that is summer time, or an early start."""
    found = judge_nights(nights(date(2024, 8, 18), range(18, 26)), **BRISTOL)
    assert (found.verdict, found.dark / found.judged) == ("fine", pytest.approx(0.83, abs=0.01))


def test_a_bearable_clock_is_astray_only_for_certain():
    """Left at UTC this one shows a dusk; but some files are from noon whichever way it ran."""
    clock = nights(date(2024, 9, 1), ALL_NIGHT[1:], shift_h=-3)
    noons = nights(date(2024, 9, 1), [12], files=2)
    assert judge_nights(clock | noons, **NAIROBI).verdict == "fine"


def test_files_moved_into_the_dusk_are_not_explained():
    """Half a day on, the few that can be judged would be in the dark; most would be in a night that is none."""
    at_noon = nights(date(2024, 6, 1), range(11, 16), days=30)
    assert judge_nights(at_noon, latitude=65.0, longitude=25.5, time_zone="Europe/Helsinki").verdict == "daylight"


def test_summer_time_is_heeded():
    """At three in the morning of midsummer it is dark in Bristol; it would not be if that were UTC."""
    at_three = nights(date(2024, 6, 20), [27])
    assert judge_nights(at_three, **BRISTOL).dark == 200
    assert judge_nights(at_three, **(BRISTOL | {"time_zone": "Etc/UTC"})).judged == 0


@pytest.mark.parametrize("missing", [{"latitude": None}, {"longitude": None}, {"time_zone": ""}, {"time_zone": "X/Y"}])
def test_without_the_place_or_its_time_nothing_is_said(missing):
    assert judge_nights(nights(JULY, ALL_NIGHT), **(PANAMA | missing)) == Nights()


def test_too_few_files_tell_nothing():
    noon = nights(JULY, [12], days=1, files=19)
    assert judge_nights(noon, **PANAMA) == Nights(judged=19)
    assert judge_nights(nights(JULY, [12], days=1, files=20), **PANAMA).verdict == "shifted"
    assert judge_nights({}, **PANAMA) == Nights()


def test_polar_day_and_night():
    midsummer = judge_nights(nights(date(2024, 6, 10), ALL_NIGHT), **TROMSO)
    assert (midsummer.verdict, midsummer.dark) == ("daylight", 0)
    assert judge_nights(nights(date(2024, 12, 10), range(24)), **TROMSO).verdict == "fine"
    assert judge_nights(nights(date(2024, 6, 10), ALL_NIGHT), **(TROMSO | {"latitude": 90})).verdict == "daylight"
