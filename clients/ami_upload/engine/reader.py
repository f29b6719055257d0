"""The first stage of a round: reading and hashing."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence

from clients.ami_upload.engine.hasher import hash_large, read_small
from clients.ami_upload.engine.outcomes import Outcomes
from clients.ami_upload.engine.run import Run
from clients.ami_upload.engine.session_calls import SessionCalls
from clients.ami_upload.lib.errors import FileFault
from clients.ami_upload.lib.format import MIB
from clients.ami_upload.selection.facts.facts import FileFacts
from clients.ami_upload.selection.facts.look import facts_in, look_into
from clients.ami_upload.selection.item import Item
from clients.ami_upload.selection.sorting import contradiction
from uploads.domain.shared import DAMAGE

READERS = 2
KEEP_BYTES = 8 * MIB  # files up to here stay in memory between reading and sending: read once, sent as hashed


class Reader:
    """Reads the files of one round, each by one of several threads."""

    def __init__(self, run: Run, calls: SessionCalls, outcomes: Outcomes, items: Sequence[Item]):
        self._run, self._calls, self._outcomes = run, calls, outcomes
        self._waiting = iter(items)
        self._taking = threading.Lock()

    def read_files(self) -> None:
        while not self._run.halt.is_set:
            with self._taking:
                item = next(self._waiting, None)
            if item is None:
                return
            if item.is_sent:  # and its name was unsettled then
                self._run.lines.sent.put(item)
                continue
            try:
                self._read(item)
            except FileFault as fault:
                self._outcomes.fail(item, fault.code, step="hash")
                continue
            self._run.tally.add(hashed=1)
            self._run.lines.hashed.put(item)

    def _read(self, item: Item) -> None:
        above, part_size = self._calls.parts_above
        is_large = bool(above) and item.size > above
        if item.md5 and (not is_large or item.part_size == part_size):
            if not item.is_judged:  # read by an earlier run, or to compare namesakes
                self._judge(item, look_into(item.local))
            return
        if item.size > KEEP_BYTES or is_large:
            hash_large(item, part_size if is_large else 0, self._run.halt)
            self._judge(item, look_into(item.local))
            return
        self._run.budget.take(item.size)
        try:
            item.body = read_small(item)
        except BaseException:
            self._run.budget.give_back(item.size)
            raise
        item.md5 = hashlib.md5(item.body).hexdigest()
        try:
            self._judge(item, facts_in(item.name, item.body))
        except FileFault:
            self._run.budget.give_back(item.size)
            item.body = None
            raise

    def _judge(self, item: Item, facts: FileFacts | None) -> None:
        """Raises FileFault for a content of another data type; that of a damaged file is sent as it is."""
        if facts is None:
            raise FileFault("file_unreadable")
        if contradiction(facts, item.data_type):
            raise FileFault("other_type")
        item.damage, item.is_judged = facts.damage, True
        if facts.damage:
            self._run.log.note("damaged", f"{item.path} {DAMAGE[facts.damage]}")
