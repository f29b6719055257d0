"""From a file's name to what the device's clock said. Pure."""

import re
from datetime import UTC, datetime

# The same two shapes that the readers downstream look for, in this order of preference per position.
_STAMP = re.compile(r"(?<!\d)(?:(\d{8})_(\d{6})|(\d{14}))(?!\d)")


def device_time(name: str) -> datetime | None:
    """What the device's clock said when it wrote `name`, or None when the name does not tell.

    The clock's time zone is not known here: the value carries UTC as a mere label, and the deployment's time
    zone stands beside it. A reset clock (1970) is returned as it is; judging is for others.
    """
    for match in _STAMP.finditer(name):
        digits = (match[1] or "") + (match[2] or "") or match[3]
        try:
            # Three times as fast as strptime, which matters at 1,000 names a request.
            return datetime(
                int(digits[:4]),
                int(digits[4:6]),
                int(digits[6:8]),
                int(digits[8:10]),
                int(digits[10:12]),
                int(digits[12:14]),
                tzinfo=UTC,
            )
        except ValueError:
            continue
    return None
