"""The last stage of a round: what was sent is compared with the store, by the portal."""

from __future__ import annotations

import time

from clients.ami_upload.engine.failure_reports import FailureReports
from clients.ami_upload.engine.outcomes import Outcomes
from clients.ami_upload.engine.run import Run
from clients.ami_upload.engine.session_calls import SessionCalls
from clients.ami_upload.engine.waiting import Waiting
from clients.ami_upload.portal.answers import FilesAnswer
from clients.ami_upload.portal.clocks import PortalClock
from clients.ami_upload.selection.item import Item, paired
from clients.ami_upload.selection.journal import Journal
from uploads.domain.shared import MAX_BATCH_FILES

CONFIRM_BATCH = 500
CONFIRM_LINGER_S = 1.0


class Confirmer:
    """Confirms what was sent, also while the run is wound down, and tells of failures on the way."""

    def __init__(
        self,
        run: Run,
        calls: SessionCalls,
        journal: Journal,
        *,
        waiting: Waiting,
        failures: FailureReports,
        outcomes: Outcomes,
    ):
        self._run, self._calls, self._journal = run, calls, journal
        self._waiting, self._failures, self._outcomes = waiting, failures, outcomes

    def confirm_files(self) -> None:
        sent = self._run.lines.sent
        while batch := sent.batch(MAX_BATCH_FILES, CONFIRM_BATCH, CONFIRM_LINGER_S, through_halt=True):
            if self._run.halt.error is not None:
                return
            self._confirm(batch)
            if len(self._failures) >= 100:
                self._failures.report()
        self._failures.report()

    def _confirm(self, batch: list[Item]) -> None:
        tries = 3 if self._run.halt.is_set else 0
        asked_at = time.monotonic()
        answer: FilesAnswer = self._calls.ask("confirm", {"files": [item.name for item in batch]}, max_tries=tries)
        verified = []
        for item, row in paired(batch, answer):
            if row["status"] == "verified":
                verified.append(item)
            elif row["status"] == "missing" and item.doubt is not None:
                doubt = item.doubt
                self._outcomes.fail(item, doubt.told_as, doubt.code, http_status=doubt.http_status, step="send")
            elif row["status"] == "missing" and self._waiting.has_rounds:
                self._run.tally.add(sent_bytes=-item.size)
                item.is_sent, item.grant = False, None
                self._waiting.once_more(item)
            else:
                self._outcomes.answered(item, row, PortalClock(answer, asked_at), step="confirm")
        self._journal.keep_verified(verified)
        for item in verified:
            self._outcomes.settle(item, "verified")
