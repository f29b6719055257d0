"""How files end: by the portal's word, or by this client's own."""

from __future__ import annotations

from clients.ami_upload.engine.failure_reports import FailureReports
from clients.ami_upload.engine.run import Run
from clients.ami_upload.engine.waiting import Waiting
from clients.ami_upload.portal.answers import FileRow
from clients.ami_upload.portal.clocks import PortalClock
from clients.ami_upload.selection.item import Item


class Outcomes:
    """Notes each end in the file itself, the sums and the log."""

    def __init__(self, run: Run, waiting: Waiting, failures: FailureReports):
        self._run, self._waiting, self._failures = run, waiting, failures
        self.conflicts: list[Item] = []  # for which nobody has chosen yet

    def arrived(self, item: Item) -> None:
        """No end yet: it is to be confirmed."""
        item.is_sent = True
        self._drop_body(item)
        self._run.lines.sent.put(item)

    def answered(self, item: Item, row: FileRow, clock: PortalClock, *, step: str) -> None:
        """An end by the portal's word: stored before, conflict, refused, missing, mismatch; or none yet: unsettled."""
        item.step = step
        if row["status"] == "unsettled":
            self._drop_body(item)
            due = self._waiting.postpone(item, row, clock)
            self._run.log.note("unsettled", f"{item.path} as {item.name}, asked again at {due.told}")
            return
        self.settle(item, row["status"], row.get("code") or row["status"], row.get("message") or "")
        if row["status"] == "conflict" and not self._run.options.choice:
            self.conflicts.append(item)

    def fail(self, item: Item, code: str, message: str = "", *, http_status: int = 0, step: str) -> None:
        """An end by this client's own word; the maintainers are told."""
        item.step, item.http_status = step, http_status
        self.settle(item, "failed", code, message)
        self._failures.add(item)

    def settle(self, item: Item, status: str, code: str = "", message: str = "") -> None:
        item.status, item.code, item.message, item.grant = status, code, message, None
        self._drop_body(item)
        if not item.is_sent:
            self._run.tally.add(unsent_bytes=item.size)
        kind = status if status in ("verified", "stored") else "bad"
        self._run.tally.add(**{kind: 1})
        self._run.log.note(status, f"{item.path} as {item.name} {item.size} {item.md5} {code}".rstrip())

    def _drop_body(self, item: Item) -> None:
        if item.body is not None:
            item.body = None
            self._run.budget.give_back(item.size)
