"""A large file's way into the store, part by part; what is there already is not sent again."""

from __future__ import annotations

import threading
import time

from clients.ami_upload.engine.grants import Grants
from clients.ami_upload.engine.job import Job, Large, Part
from clients.ami_upload.engine.outcomes import Outcomes
from clients.ami_upload.engine.run import ROUNDS, Run
from clients.ami_upload.engine.session_calls import SessionCalls
from clients.ami_upload.lib.errors import UploadGone
from clients.ami_upload.portal.answers import Completion, UploadInParts
from clients.ami_upload.portal.clocks import PortalClock
from clients.ami_upload.selection.item import Item


class PartsSender:
    """Large files under way, each from its upload's beginning to its end."""

    def __init__(self, run: Run, calls: SessionCalls, grants: Grants, outcomes: Outcomes):
        self._run, self._calls, self._grants, self._outcomes = run, calls, grants, outcomes
        self._open = 0
        self._changed = threading.Condition()

    def begin(self, item: Item, upload: UploadInParts) -> None:
        """Queues the parts that the store does not have. Which it has is asked, not remembered."""
        large = Large(item, str(upload["id"]), _all_parts(item))
        with self._changed:
            self._open += 1
        self._go_on(large)

    def wait_for_all(self) -> None:
        """Until no large file is under way."""
        with self._changed:
            while self._open and not self._run.halt.is_set:
                self._changed.wait(0.5)

    def part_arrived(self, part: Part) -> None:
        large = part.large
        with large.lock:
            if not part.is_wanted:  # of an upload from before: the store has it not in this one
                return
            large.left.discard(part.number)
            is_last = not large.left
        if is_last:
            self._complete(large)

    def begin_again(self, large: Large, generation: int) -> None:
        """Its upload is no more: it was completed meanwhile, thrown away after a long pause, or the name is taken.

        Presigning tells which, and may find another name. generation: of the upload that was asked about.
        """
        with large.lock:
            if large.is_over or generation != large.generation:
                return
            large.generation += 1
            arrived, large.left = _all_parts(large.item) - large.left, _all_parts(large.item)
        if large.generation > ROUNDS:
            if self._close(large):
                self._outcomes.fail(large.item, "upload_gone", step="send")
            return
        self._run.tally.add(sent_bytes=-sum(self._part_length(large.item, number) for number in arrived))
        granted = self._grants.presign([large.item])
        if not granted:
            self._close(large)
            return
        large.upload = str(granted[0][1]["upload"]["id"])
        self._go_on(large)

    def give_up(self, job: Job, code: str, message: str = "", http_status: int = 0) -> None:
        """Of a file in parts, or of a whole one: it cannot be sent."""
        self._run.tally.add(sent_bytes=-job.sent_bytes)
        job.sent_bytes = 0
        if job.part and not self._close(job.part.large):
            return
        self._outcomes.fail(job.item, code, message, http_status=http_status, step="send")

    def _go_on(self, large: Large) -> None:
        generation = large.generation
        try:
            missing = self._missing_parts(large)
        except UploadGone:
            self.begin_again(large, generation)
            return
        self._queue_parts(large, missing)

    def _missing_parts(self, large: Large) -> list[int]:
        answer = self._calls.ask_of_upload(f"parts/?upload={large.upload}", method="GET")
        stored = {part["number"]: (part["size"], part["md5"]) for part in answer["parts"]}
        item = large.item
        missing = []
        for number in range(1, len(item.part_md5s) // 16 + 1):
            length = self._part_length(item, number)
            if stored.get(number) == (length, item.part_md5s[16 * (number - 1) : 16 * number].hex()):
                self._run.tally.add(sent_bytes=length)
            else:
                missing.append(number)
        return missing

    def _queue_parts(self, large: Large, numbers: list[int]) -> None:
        large.left = set(numbers)
        if not numbers:
            self._complete(large)
            return
        item = large.item
        for number in reversed(numbers):
            offset = (number - 1) * item.part_size
            length = self._part_length(item, number)
            part = Part(large, number, large.generation)
            self._run.lines.granted.put_first(Job(item, offset, length, part=part))

    def _complete(self, large: Large) -> None:
        asked_at, generation = time.monotonic(), large.generation
        try:
            answer: Completion = self._calls.ask_of_upload("complete", {"upload": large.upload})
        except UploadGone:
            self.begin_again(large, generation)
            return
        if answer["status"] == "completed":
            if self._close(large):
                self._outcomes.arrived(large.item)
        elif answer["status"] == "conflict":
            self.begin_again(large, generation)
        elif answer["status"] == "incomplete" and generation < ROUNDS:
            with large.lock:
                large.generation += 1
            numbers = sorted(answer.get("missing") or [])
            self._run.tally.add(sent_bytes=-sum(self._part_length(large.item, number) for number in numbers))
            self._queue_parts(large, numbers)
        elif self._close(large):
            status = answer["status"] if answer["status"] != "incomplete" else "failed"
            clock = PortalClock(answer, asked_at)
            self._outcomes.answered(large.item, answer | {"status": status}, clock, step="confirm")

    def _part_length(self, item: Item, number: int) -> int:
        return min(item.part_size, item.size - (number - 1) * item.part_size)

    def _close(self, large: Large) -> bool:
        """Whether it was this call that brought the upload to its end."""
        with large.lock:
            if large.is_over:
                return False
            large.is_over = True
        with self._changed:
            self._open -= 1
            self._changed.notify_all()
        return True


def _all_parts(item: Item) -> set[int]:
    """Their numbers, from 1."""
    return set(range(1, len(item.part_md5s) // 16 + 1))
