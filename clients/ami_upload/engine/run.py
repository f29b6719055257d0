"""What all parts of the engine share: the choices, the sums, the limits, and the queues between the stages."""

from __future__ import annotations

from dataclasses import dataclass

from clients.ami_upload.context import Context
from clients.ami_upload.engine.concurrency import Crew
from clients.ami_upload.engine.job import Job
from clients.ami_upload.engine.tally import Tally
from clients.ami_upload.engine.throttle import Throttle
from clients.ami_upload.lib.format import MIB
from clients.ami_upload.lib.halt import Halt
from clients.ami_upload.lib.pace import Pace
from clients.ami_upload.lib.queues import Budget, Line
from clients.ami_upload.portal.retry import StoreGate
from clients.ami_upload.selection.item import Item
from clients.ami_upload.selection.plan import Plan
from uploads.domain.shared import MAX_BATCH_FILES

JOBS = 16
BUDGET_BYTES = 128 * MIB  # of all files kept in memory between reading and sending
HASHED_AHEAD = 2_000  # files without their content; the content is bounded by BUDGET_BYTES
MOST_GRANTS = 500
AHEAD_S = 20.0  # what is granted ahead of the link; so no URL ages in the queue
ROUNDS = 3  # how often what had vanished, or is to have another name, is tried again within one run


@dataclass
class Options:
    """How to send, as the person chose."""

    jobs: int = JOBS
    limit_bytes_per_s: float = 0.0
    choice: str = ""  # about names that are taken: "folder", "leave-out", or "" to ask
    patience_s: float = 12 * 3600.0


class Lines:
    """The queues between the stages of one round."""

    def __init__(self, halt: Halt):
        self._halt = halt
        self.renew()

    def renew(self) -> None:
        self.hashed: Line[Item] = Line(HASHED_AHEAD, self._halt)
        self.granted: Line[Job] = Line(4 * MOST_GRANTS, self._halt)
        self.sent: Line[Item] = Line(8 * MAX_BATCH_FILES, self._halt)


class Run:
    """One plan on its way, as all parts see it."""

    def __init__(self, context: Context, plan: Plan, options: Options):
        self.halt = halt = context.halt
        self.log = context.log
        self.options = options
        self.items = plan.send
        self.tally = Tally(plan.send)
        self.gate = StoreGate(halt, options.patience_s)
        self.crew = Crew(options.jobs, halt)
        self.throttle = Throttle(options.limit_bytes_per_s, halt)
        self.budget = Budget(BUDGET_BYTES, halt)
        self.lines = Lines(halt)
        self.files_pace, self.bytes_pace = Pace(), Pace()

    def note_pace(self) -> None:
        self.files_pace.note(self.tally.sent_files)
        self.bytes_pace.note(self.tally.sent_bytes)
