"""Tells the maintainers what could not be stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from clients.ami_upload.engine.run import Run
from clients.ami_upload.engine.session_calls import SessionCalls
from clients.ami_upload.lib.errors import CallFault, Halted, Stop
from clients.ami_upload.portal.api import Portal
from clients.ami_upload.selection.item import Item
from clients.ami_upload.selection.names import name_fault
from uploads.domain.shared import MAX_BATCH_FILES


class FailureReports:
    """Failures that the maintainers have not been told of yet."""

    def __init__(self, run: Run, calls: SessionCalls, portal: Portal):
        self._run, self._calls, self._portal = run, calls, portal
        self._failed: deque[Item] = deque()  # several threads add to it, none of them loses one
        self.unreported = 0

    def __len__(self) -> int:
        return len(self._failed)

    def add(self, item: Item) -> None:
        self._failed.append(item)

    def report(self) -> None:
        """That this report fails must not fail the upload."""
        while self._failed:
            batch = [self._failed.popleft() for _ in range(min(MAX_BATCH_FILES, len(self._failed)))]
            failures = [
                {
                    "name": item.name if not name_fault(item.name) else "",
                    "code": item.code[:40],
                    "message": item.why[:500],
                    "http_status": item.http_status or None,
                    "attempts": item.tries,
                    "step": item.step,
                    "link": self._link[:200],
                }
                for item in batch
            ]
            try:
                self._calls.ask("failures", {"failures": failures}, max_tries=3)
            except (Stop, CallFault, Halted) as error:
                self._run.log.note("unreported", f"{len(batch)} failures: {error}")
                self.unreported += len(batch)

    def report_unreadable(self, paths: Sequence[str]) -> None:
        """Files of the card that nobody could look at."""
        for path in paths[:MAX_BATCH_FILES]:
            name = path.rstrip("/").rpartition("/")[2]
            self._failed.append(Item(path, name, "", 0, 0, status="failed", code="file_unreadable", step="scan"))
        self.report()

    @property
    def _link(self) -> str:
        """What is known of the connection, for whoever looks into a failure."""
        per_s = self._run.bytes_pace.per_s
        rate = f"{per_s / 1e6:.2f} MB/s" if per_s else "rate unknown"
        at_once, retries = self._run.crew.limit, self._run.tally.retries
        return f"{rate}, {at_once} at once, {retries} retries, portal {self._portal.retries} retries"
