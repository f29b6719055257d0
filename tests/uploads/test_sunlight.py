"""The sun's height against published values."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from uploads.domain.sun import Sky

LONDON = (51.4779, 0.0)  # Greenwich
SUNSET_DEG = -0.833  # where almanacs put sunrise and sunset: refraction and half the sun's width


@pytest.mark.parametrize(
    ("place", "moment", "elevation_deg"),
    [
        # Reda, Andreas, "Solar Position Algorithm for Solar Radiation Applications" (NREL/TP-560-34302), appendix A.5
        ((39.742476, -105.1786), datetime(2003, 10, 17, 12, 30, 30, tzinfo=timezone(timedelta(hours=-7))), 39.872),
        # At the pole it is the declination. Meeus, Astronomical Algorithms, example 25.a
        ((90, 0), datetime(1992, 10, 13, tzinfo=UTC), -7.785),
        # The solstices and an equinox of 2025, as the almanacs have them
        ((90, 0), datetime(2025, 6, 21, 2, 42, tzinfo=UTC), 23.437),
        ((90, 0), datetime(2025, 12, 21, 15, 3, tzinfo=UTC), -23.437),
        ((-90, 0), datetime(2025, 3, 20, 9, 1, tzinfo=UTC), 0),
        # Noon on the sundial, 1992-10-13: the equation of time is +13 min 42.6 s (Meeus, example 28.a)
        ((-7.785, 0), datetime(1992, 10, 13, 11, 46, 17, tzinfo=UTC), 90),
        # Sunrise and sunset at Greenwich on the longest and the shortest day
        (LONDON, datetime(2025, 6, 21, 3, 43, tzinfo=UTC), SUNSET_DEG),
        (LONDON, datetime(2025, 6, 21, 20, 22, tzinfo=UTC), SUNSET_DEG),
        (LONDON, datetime(2025, 12, 21, 8, 4, tzinfo=UTC), SUNSET_DEG),
        (LONDON, datetime(2025, 12, 21, 15, 53, tzinfo=UTC), SUNSET_DEG),
        ((0, 180), datetime(2025, 3, 20, 0, 7, tzinfo=UTC), 90),
    ],
)
def test_the_sun_stands_where_almanacs_have_it(place, moment, elevation_deg):
    assert Sky(*place).elevation_deg(moment.timestamp()) == pytest.approx(elevation_deg, abs=0.5)


@pytest.mark.parametrize("latitude", [-90, -66.6, 0, 66.6, 90])
@pytest.mark.parametrize("longitude", [-180, 0, 180])
def test_every_place_has_a_sky(latitude, longitude):
    sky = Sky(latitude, longitude)
    hours = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(0, 366 * 24, 7)]
    heights = [sky.elevation_deg(hour.timestamp()) for hour in hours]
    assert max(heights) <= 90
    assert min(heights) >= -90
    assert max(heights) > 0 > min(heights)
