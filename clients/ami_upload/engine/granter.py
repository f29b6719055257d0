"""The second stage of a round: as many files are granted at once as the link will soon send."""

from __future__ import annotations

import threading

from clients.ami_upload.engine.grants import Grants
from clients.ami_upload.engine.job import Job
from clients.ami_upload.engine.parts import PartsSender
from clients.ami_upload.engine.run import AHEAD_S, MOST_GRANTS, Run
from uploads.domain.shared import MAX_BATCH_FILES

GRANTERS = 2  # the second only where most is stored already, and the portal's answers are what takes the time
FIRST_GRANTS = 20


class Granter:
    """Grants what was hashed, just in time."""

    def __init__(self, run: Run, grants: Grants, parts: PartsSender):
        self._run, self._grants, self._parts = run, grants, parts
        self._mostly_stored = sum(item.was_verified for item in run.items) > 0.9 * len(run.items)
        self.begin_round()

    def begin_round(self) -> None:
        self._leading = threading.Lock()

    def grant_files(self) -> None:
        leads = self._leading.acquire(blocking=False)
        while leads or self._mostly_stored:
            size = self._batch_size()
            self._run.lines.granted.wait_below(size // 2)
            least = size if self._mostly_stored else min(size, FIRST_GRANTS)
            batch = self._run.lines.hashed.batch(size, least, 0.2)
            if not batch:
                break
            granted = self._grants.presign(batch)
            self._mostly_stored = len(granted) < 0.1 * len(batch)
            for item, row in granted:
                if upload := row.get("upload"):
                    self._parts.begin(item, upload)
                else:
                    self._run.lines.granted.put(Job(item, 0, item.size, item.grant))
        self._parts.wait_for_all()

    def _batch_size(self) -> int:
        """As many files as the link has lately sent in the time that is granted ahead."""
        if self._mostly_stored:
            return MAX_BATCH_FILES
        files_per_s, bytes_per_s = self._run.files_pace.per_s, self._run.bytes_pace.per_s
        if not files_per_s or not bytes_per_s:
            return FIRST_GRANTS
        tally = self._run.tally
        mean = max(1.0, tally.bytes / max(1, tally.files))
        ahead_s = min(AHEAD_S, self._grants.lifetime_s / 8)
        size = round(max(files_per_s, bytes_per_s / mean) * ahead_s)
        return max(2, min(MOST_GRANTS, size))
