"""The engine as the commands see it: one upload of one plan."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from clients.ami_upload.context import Context
from clients.ami_upload.engine.confirmer import Confirmer
from clients.ami_upload.engine.failure_reports import FailureReports
from clients.ami_upload.engine.granter import GRANTERS, Granter
from clients.ami_upload.engine.grants import Grants
from clients.ami_upload.engine.naming import Naming
from clients.ami_upload.engine.outcomes import Outcomes
from clients.ami_upload.engine.parts import PartsSender
from clients.ami_upload.engine.reader import READERS, Reader
from clients.ami_upload.engine.run import Options, Run
from clients.ami_upload.engine.sender import Sender
from clients.ami_upload.engine.session_calls import SessionCalls
from clients.ami_upload.engine.waiting import Waiting
from clients.ami_upload.portal.answers import Session, Verdict
from clients.ami_upload.selection.item import Item
from clients.ami_upload.selection.journal import Journal
from clients.ami_upload.selection.plan import Plan


class Engine:
    """read and hash -> grant -> send -> confirm, all at once, with bounded queues between them.

    The page asks the portal about all names before it reads a file; here the grant's answer says the same.
    """

    def __init__(self, context: Context, *, journal: Journal, plan: Plan, options: Options):
        self._plan = plan
        self._run = run = Run(context, plan, options)
        self._calls = calls = SessionCalls(context, journal)
        self._waiting = waiting = Waiting()
        self._failures = failures = FailureReports(run, calls, context.portal)
        self._outcomes = outcomes = Outcomes(run, waiting, failures)
        self._naming = naming = Naming(run, calls)
        grants = Grants(run, calls, journal, naming, outcomes)
        parts = PartsSender(run, calls, grants, outcomes)
        self._granter = Granter(run, grants, parts)
        self._sender = Sender(run, context.wire, grants, parts, outcomes)
        self._confirmer = Confirmer(run, calls, journal, waiting=waiting, failures=failures, outcomes=outcomes)
        self.items, self.tally, self.gate = run.items, run.tally, run.gate

    # The session

    @property
    def session(self) -> Session:
        return self._calls.session

    def open(self, *, deployment: str, data_type: str, uploader_name: str, reason: str) -> None:
        self._calls.open(
            self._plan, deployment=deployment, data_type=data_type, uploader_name=uploader_name, reason=reason
        )

    def finish(self, declared: int | None = None) -> Verdict:
        return self._calls.finish(declared)

    # A round of all stages

    def start(self, items: Sequence[Item]) -> list[threading.Thread]:
        """Begins a round; it is over when all the threads are. Errors are in `halt`."""
        run, lines = self._run, self._run.lines
        lines.renew()
        self._granter.begin_round()
        run.note_pace()
        reader = Reader(run, self._calls, self._outcomes, items)
        return [
            *self._stage(READERS, reader.read_files, lines.hashed.close),
            *self._stage(GRANTERS, self._granter.grant_files, lines.granted.close),
            *self._stage(run.options.jobs, self._sender.send_files, lines.sent.close),
            *self._stage(1, self._confirmer.confirm_files, lambda: None),
        ]

    def _stage(self, count: int, work: Callable[[], None], done: Callable[[], None]) -> list[threading.Thread]:
        left = [count]
        lock = threading.Lock()

        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 (told to the main thread, which raises it)
                self._run.halt.fail(error)
            finally:
                with lock:
                    left[0] -= 1
                    is_last = not left[0]
                if is_last:
                    done()

        threads = [threading.Thread(target=run, name=work.__name__, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads

    # What comes once more

    @property
    def waiting(self) -> list[Item]:
        """For what an older program may still do."""
        return self._waiting.items

    def again(self) -> list[Item]:
        """The files for another round, if there is to be one."""
        return self._waiting.next_round()

    def ask_again(self, items: Sequence[Item]) -> None:
        """For another round: those that were sent are confirmed, the others granted."""
        self._waiting.ask_again(items)

    def give_up_waiting(self) -> None:
        for item in self._waiting.items:
            self._outcomes.settle(item, "unsettled", item.code, item.message)
        self._waiting.items = []

    # The ends of files

    @property
    def has_all_proven(self) -> bool:
        return all(item.status in ("verified", "stored") for item in self.items)

    @property
    def conflicts(self) -> list[Item]:
        """For which nobody has chosen yet."""
        return self._outcomes.conflicts

    def settle_conflicts(self, choice: str) -> None:
        """What was found under taken names while nobody had chosen what to do then."""
        self._run.options.choice = choice
        found, self._outcomes.conflicts = self._outcomes.conflicts, []
        for item in found:
            if choice == "folder" and self._naming.rename(item):
                item.status = item.code = item.message = ""
                self._waiting.once_more(item)
                self.tally.add(bad=-1, unsent_bytes=-item.size)

    # Telling the maintainers

    @property
    def unreported(self) -> int:
        return self._failures.unreported

    def report_failures(self) -> None:
        self._failures.report()

    def report_unreadable(self, paths: Sequence[str]) -> None:
        """Files of the card that nobody could look at."""
        self._failures.report_unreadable(paths)
