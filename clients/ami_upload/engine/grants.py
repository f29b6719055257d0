"""Leave to send, as the portal gives it: for whole files and for parts."""

from __future__ import annotations

import time
from collections.abc import Sequence

from clients.ami_upload.engine.job import Job
from clients.ami_upload.engine.naming import Naming
from clients.ami_upload.engine.outcomes import Outcomes
from clients.ami_upload.engine.run import AHEAD_S, Run
from clients.ami_upload.engine.session_calls import SessionCalls
from clients.ami_upload.portal.answers import FileRow, FilesAnswer, SignedUrl
from clients.ami_upload.portal.clocks import PortalClock
from clients.ami_upload.portal.signed_url import Grant
from clients.ami_upload.selection.item import Item, paired
from clients.ami_upload.selection.journal import Journal


class Grants:
    """Asks for leave to send. What is read of a file is in the journal before the portal hears of it."""

    def __init__(self, run: Run, calls: SessionCalls, journal: Journal, naming: Naming, outcomes: Outcomes):
        self._calls, self._journal, self._naming, self._outcomes = calls, journal, naming, outcomes
        self._options = run.options
        self.lifetime_s = 8 * AHEAD_S  # of the latest URLs

    def presign(self, items: Sequence[Item]) -> list[tuple[Item, FileRow]]:
        """Those that may be sent, with the portal's answers; the others are settled."""
        granted: list[tuple[Item, FileRow]] = []
        pending = list(items)
        while pending:
            self._naming.keep_former_names(pending)
            new = [item for item in pending if not item.is_known]
            if new:
                self._journal.keep(new)
                for item in new:
                    item.is_known = True
            asked_at = time.monotonic()
            answer: FilesAnswer = self._calls.ask("presign", {"files": [item.description for item in pending]})
            clock = PortalClock(answer, asked_at)
            renamed = []
            for item, row in paired(pending, answer):
                if row["status"] == "granted":
                    item.grant = self._grant(row, clock) if row.get("url") else None
                    granted.append((item, row))
                elif row["status"] == "conflict" and self._options.choice == "folder" and self._naming.rename(item):
                    renamed.append(item)
                else:
                    self._outcomes.answered(item, row, clock, step="presign")
            pending = renamed
        return granted

    def fresh_one(self, job: Job) -> Grant | None:
        """The job's grant, asked for where it has no good one; None where it may not be sent now. Raises UploadGone."""
        if job.grant and job.grant.stale_at > time.monotonic():
            return job.grant
        if not job.part:
            granted = self.presign([job.item])
            job.grant = job.item.grant if granted else None
            return job.grant
        asked_at = time.monotonic()
        number = job.part.number
        md5 = job.item.part_md5s[16 * (number - 1) : 16 * number].hex()
        asked = {"upload": job.part.large.upload, "parts": [{"number": number, "md5": md5}]}
        answer = self._calls.ask_of_upload("parts", asked)
        job.grant = self._grant(answer["parts"][0], PortalClock(answer, asked_at))
        return job.grant

    def _grant(self, row: SignedUrl, clock: PortalClock) -> Grant:
        lifetime_s = clock.seconds_to(row.get("expires_at"))
        if lifetime_s != float("inf"):
            self.lifetime_s = lifetime_s
        margin_s = 1.0 + min(5.0, lifetime_s / 10)  # the header Date has whole seconds
        return Grant(row["url"], row["headers"], clock.asked_at + lifetime_s - margin_s, clock)
