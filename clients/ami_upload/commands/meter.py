"""The line of a run under way."""

from __future__ import annotations

from clients.ami_upload.engine.engine import Engine
from clients.ami_upload.lib.format import bytes_, duration_, files_, number
from clients.ami_upload.lib.pace import Pace
from clients.ami_upload.portal.api import Portal


class Meter:
    """The line of a run under way: bar, files, bytes, rate, time left."""

    BAR = 24

    def __init__(self, engine: Engine, portal: Portal):
        self._engine = engine
        self._portal = portal
        self._pace = Pace()

    def line(self) -> str:
        tally = self._engine.tally
        passed = tally.sent_bytes + tally.unsent_bytes
        self._pace.note(passed)
        share = min(1.0, passed / tally.bytes) if tally.bytes else 1.0
        filled = int(share * self.BAR)
        parts = [
            f"[{'#' * filled}{'.' * (self.BAR - filled)}]",
            f"{number(tally.done)} of {files_(tally.files)}",
            f"{bytes_(passed)} of {bytes_(tally.bytes)}",
        ]
        rate = self._pace.per_s
        if rate:
            parts += [f"{bytes_(rate)}/s", f"{duration_((tally.bytes - passed) / rate)} left"]
        if tally.bad:
            parts.append(f"{number(tally.bad)} not stored")
        if self._engine.waiting:
            parts.append(f"{number(len(self._engine.waiting))} wait")
        if self._portal.away_since is not None:
            parts.append("the portal does not answer, trying again")
        elif self._engine.gate.is_closed:
            parts.append("the store does not answer, trying again")
        return "  ".join(parts)
