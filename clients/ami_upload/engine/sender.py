"""One PUT's way into the store, of a file or of a part of one, and what follows when it fails."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from clients.ami_upload.engine.grants import Grants
from clients.ami_upload.engine.hasher import check_unchanged
from clients.ami_upload.engine.job import Job
from clients.ami_upload.engine.outcomes import Outcomes
from clients.ami_upload.engine.parts import PartsSender
from clients.ami_upload.engine.run import Run
from clients.ami_upload.lib.errors import CallFault, FileFault, Refusal, UploadGone
from clients.ami_upload.lib.format import KIB
from clients.ami_upload.lib.reasons import WHY
from clients.ami_upload.portal.refusals import BODY_CODES, RACE_CODES, judge_put
from clients.ami_upload.portal.retry import MAX_TRIES, delay_s, http_date, retry_after_s
from clients.ami_upload.portal.signed_url import Grant
from clients.ami_upload.portal.transport import Body, Piece, Wire

SEND_CHUNK = 256 * KIB
SLOW_CHUNK = 16 * KIB  # under a limit: small enough to keep to it evenly
REFUSALS_THAT_STOP = 20  # files refused in a row: the store refuses this upload, not these files


class Sender:
    """The third stage: sends what is granted, by as many threads as the crew has places for."""

    def __init__(self, run: Run, wire: Wire, grants: Grants, parts: PartsSender, outcomes: Outcomes):
        self._run, self._wire, self._grants, self._parts, self._outcomes = run, wire, grants, parts, outcomes
        self._refused_in_a_row = 0

    def send_files(self) -> None:
        while True:
            with self._run.crew.place():
                job = self._run.lines.granted.take()
                if job is None:
                    return
                if not job.part or job.part.is_wanted:
                    self._deliver(job)

    def _deliver(self, job: Job) -> None:
        try:
            end = self._send(job)
        except FileFault as fault:
            self._parts.give_up(job, fault.code)
            return
        except CallFault as fault:
            told_as = fault.code if fault.code in WHY else fault.told_as
            self._parts.give_up(job, told_as, fault.message or fault.code, fault.http_status)
            self._refused_in_a_row += 1
            if self._refused_in_a_row >= REFUSALS_THAT_STOP:
                message = f"The store refuses file after file ({fault}). Please tell a maintainer."
                raise Refusal(message, "refused") from None
            return
        if end == "arrived":
            self._refused_in_a_row = 0
            if job.part:
                self._parts.part_arrived(job.part)
            else:
                self._outcomes.arrived(job.item)
        elif end == "gone" and job.part:
            self._parts.begin_again(job.part.large, job.part.generation)

    def _send(self, job: Job) -> str:
        """One PUT with its retries. Raises FileFault, and CallFault for a refusal.

        `arrived`: the portal should be asked what the store holds now; `gone`: the upload in parts is no more;
        `settled`: the file came to an end otherwise.
        """
        halt, gate, options = self._run.halt, self._run.gate, self._run.options
        tries, is_renewed, ran_out_at = 0, False, 0.0
        while True:
            is_probe = gate.enter()
            try:
                grant = self._grants.fresh_one(job)
                if grant is None:
                    gate.released(is_probe)
                    return "settled"
                self._put(job, grant)
                gate.answered()
                return "arrived"
            except UploadGone:
                gate.released(is_probe)
                return "gone"
            except CallFault as fault:
                has_run_out = job.grant is not None and job.grant.had_run_out(fault)
                url = "over" if has_run_out else "fresh" if is_renewed else "good"
                verdict = judge_put(fault, url)
                if verdict == "again" and fault.code not in BODY_CODES | RACE_CODES:  # which say that it is there
                    gate.failed(is_probe, fault.retry_after_s)
                    self._run.crew.faulted()
                else:
                    gate.answered()
                self._run.tally.add(retries=1, sent_bytes=-job.sent_bytes)
                job.sent_bytes = 0
                part = job.part.number if job.part else ""
                self._run.log.note("retry", f"{job.item.path} {part} try {job.item.tries}: {fault}")
                if verdict == "gone" and job.part:
                    return "gone"
                if verdict == "ask" and not job.part:
                    return "arrived"
                if verdict == "renew":
                    if url == "over":
                        self._note_ran_out(fault, ran_out_at := ran_out_at or time.monotonic())
                    is_renewed, job.grant = is_renewed or url == "good", None
                    continue
                tries += not is_probe  # a probe is the store's try, not the file's
                if verdict in ("final", "gone"):
                    raise
                if tries >= MAX_TRIES:
                    if job.part:
                        raise
                    job.item.doubt = fault  # even the last try may have arrived with only its answer lost
                    return "arrived"
                if not gate.is_closed:  # which keeps a pace of its own
                    halt.sleep(min(delay_s(tries, fault.retry_after_s), options.patience_s))
            except BaseException:
                gate.released(is_probe)
                raise

    def _note_ran_out(self, fault: CallFault, first_at: float) -> None:
        """A URL's time did not last for its file. No try of the file's is used up, but the patience has an end."""
        self._run.crew.ran_out()
        if time.monotonic() - first_at > self._run.options.patience_s:
            raise CallFault("url_ran_out", fault.http_status) from None

    def _put(self, job: Job, grant: Grant) -> None:
        item = job.item
        item.tries += 1
        if item.body is None:
            check_unchanged(item)
        if item.body is not None and not self._run.throttle.bytes_per_s:
            body: Body = item.body
        else:
            body = self._pieces(job)
        headers = grant.headers | {"Content-Length": str(job.length)}
        reply = self._wire.exchange("PUT", grant.url, headers, body)
        check_unchanged(item)
        is_error = b"<Error" in reply.body[:2_000]
        if not 200 <= reply.status < 300 or is_error:
            code = re.search(rb"<Code>(\w+)</Code>", reply.body[:4_000])
            raise CallFault(
                code[1].decode() if code else f"http_{reply.status}",
                500 if is_error and reply.status < 300 else reply.status,
                retry_after_s=retry_after_s(reply.headers),
                answered_at=http_date(reply.headers.get("Date")),
            )
        self._progressed(job, job.length - job.sent_bytes)
        self._run.tally.add(sent_files=1)
        self._run.note_pace()
        self._run.crew.sent(job.length)

    def _pieces(self, job: Job) -> Iterator[Piece]:
        chunk = SLOW_CHUNK if self._run.throttle.bytes_per_s else SEND_CHUNK
        if job.item.body is not None:
            view = memoryview(job.item.body)
            pieces: Iterator[Piece] = (view[start : start + chunk] for start in range(0, len(view), chunk))
        else:
            pieces = self._from_disk(job, chunk)
        for piece in pieces:
            self._run.throttle.take(len(piece))
            yield piece
            self._progressed(job, len(piece))

    def _from_disk(self, job: Job, chunk: int) -> Iterator[bytes]:
        left = job.length
        try:
            with open(job.item.local, "rb", buffering=0) as file:
                file.seek(job.offset)
                while left:
                    piece = file.read(min(chunk, left))
                    if not piece:
                        raise FileFault("file_changed")
                    left -= len(piece)
                    yield piece
        except OSError:
            raise FileFault("file_unreadable") from None

    def _progressed(self, job: Job, count: int) -> None:
        job.sent_bytes += count
        self._run.tally.add(sent_bytes=count)
