"""How high the sun stands. Pure.

Source: NOAA Global Monitoring Laboratory, "Solar Calculation Details" (after J. Meeus, Astronomical Algorithms,
chapters 25 and 28). Refraction is left out, which near the horizon lifts the sun by half a degree. Declination and
equation of time are taken once for each day, at noon UTC, which costs at most a quarter of a degree.
"""

from functools import lru_cache
from math import asin, cos, degrees, radians, sin, tan

_SECONDS_PER_DAY = 86_400
_J2000_S = 946_728_000  # 2000-01-01 12:00 UTC as a Unix time


class Sky:
    """The sky over one place; latitude and longitude in decimal degrees, north and east positive."""

    def __init__(self, latitude: float, longitude: float):
        self._sin_latitude, self._cos_latitude = sin(radians(latitude)), cos(radians(latitude))
        self._longitude = longitude

    def elevation_deg(self, unix_s: float) -> float:
        """Of the sun's middle above the horizon, in degrees, at a Unix time."""
        day, second = divmod(unix_s, _SECONDS_PER_DAY)
        sin_declination, cos_declination, sundial_ahead_deg = _sun_of(int(day))
        hour_angle = radians(second / 240 + sundial_ahead_deg + self._longitude - 180)
        sine = self._sin_latitude * sin_declination + self._cos_latitude * cos_declination * cos(hour_angle)
        return degrees(asin(max(-1.0, min(1.0, sine))))


@lru_cache(maxsize=12_000)  # thirty years of days
def _sun_of(day: int) -> tuple[float, float, float]:
    """Sine and cosine of the declination, and the equation of time in degrees, at noon of a day since 1970."""
    century = ((day + 0.5) * _SECONDS_PER_DAY - _J2000_S) / (36_525 * _SECONDS_PER_DAY)
    mean_longitude = radians(280.46646 + century * (36_000.76983 + century * 0.0003032))
    anomaly = radians(357.52911 + century * (35_999.05029 - century * 0.0001537))
    eccentricity = 0.016708634 - century * (0.000042037 + century * 0.0000001267)
    centre_deg = (
        sin(anomaly) * (1.914602 - century * (0.004817 + century * 0.000014))
        + sin(2 * anomaly) * (0.019993 - century * 0.000101)
        + sin(3 * anomaly) * 0.000289
    )
    node = radians(125.04 - 1_934.136 * century)
    longitude = mean_longitude + radians(centre_deg - 0.00569 - 0.00478 * sin(node))
    obliquity = radians(23.439291 - 0.0130042 * century + 0.00256 * cos(node))
    sin_declination = sin(obliquity) * sin(longitude)
    y = tan(obliquity / 2) ** 2
    equation_of_time = (
        y * sin(2 * mean_longitude)
        - 2 * eccentricity * sin(anomaly)
        + 4 * eccentricity * y * sin(anomaly) * cos(2 * mean_longitude)
        - y * y / 2 * sin(4 * mean_longitude)
        - 1.25 * eccentricity**2 * sin(2 * anomaly)
    )
    return sin_declination, (1 - sin_declination**2) ** 0.5, degrees(equation_of_time)
