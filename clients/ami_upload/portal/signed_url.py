"""Leave to send: a signed URL and how long it is good."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from clients.ami_upload.lib.errors import CallFault
from clients.ami_upload.portal.clocks import PortalClock

DATE_STEP_S = 1.0  # the header Date has whole seconds, cut off


def life_of(url: str) -> tuple[float, float]:
    """(when it was signed, how long it is good) by the URL's own word, in seconds; for ever where it does not say."""
    query = dict(parse_qsl(urlsplit(url).query))
    try:
        signed_at = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
        return signed_at.timestamp(), float(query["X-Amz-Expires"])
    except (KeyError, ValueError):
        return 0.0, float("inf")


@dataclass(slots=True, eq=False)
class Grant:
    """Leave to send: a URL, or (for a large file) the number of an upload in parts."""

    url: str
    headers: dict[str, str]
    stale_at: float  # on this computer's monotonic clock
    clock: PortalClock

    def had_run_out(self, fault: CallFault) -> bool:
        """Whether the URL's time was over at the store's answer, by the store's own clock; else by the portal's.

        One that is over as soon as it is signed tells of clocks that differ, and another would be so, too.
        """
        signed_at, lifetime_s = life_of(self.url)
        now = self.clock.now if fault.answered_at is None else fault.answered_at
        age_s = time.monotonic() - self.clock.asked_at
        return now + DATE_STEP_S >= signed_at + lifetime_s and age_s >= lifetime_s / 2
