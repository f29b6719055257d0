"""From a file's name to what the device's clock said. Pure."""

import re
from datetime import UTC, datetime

# As stations, recorders and cameras write it: 20240918032339, 20240918_032339, 20240918T032339Z, 2024-09-18_03-23-39,
# with or without milliseconds. Groups 1, 3, 4: year, month, day; 5, 7, 8: hour, minute, second.
STAMP = re.compile(
    r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?:[_Tt -]| at )?(\d\d)([-_.:]?)(\d\d)\6(\d\d)(?:\d{3})?(?!\d)", re.ASCII
)


def device_time(name: str) -> datetime | None:
    """What the device's clock said when it wrote `name`, or None when the name does not tell. The first of several.

    The clock's time zone is not known here, also where the name gives one: the value carries UTC as a mere label, and
    the deployment's time zone stands beside it. A reset clock (1970) is returned as it is; judging is for others.
    """
    for found in STAMP.finditer(name):
        try:
            # Three times as fast as strptime, which matters at 1,000 names a request.
            return datetime(
                int(found[1]), int(found[3]), int(found[4]), int(found[5]), int(found[7]), int(found[8]), tzinfo=UTC
            )
        except ValueError:
            continue
    return None
