"""From a file's name to what the device's clock said. Pure."""

import re
from datetime import UTC, datetime

from uploads.domain.shared import DEVICE_TIME

STAMP = re.compile(DEVICE_TIME, re.ASCII)  # its groups stand there


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
