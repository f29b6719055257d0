"""The portal's calls within one session."""

from __future__ import annotations

from typing import Any

from clients.ami_upload.context import Context
from clients.ami_upload.lib.about import client_name
from clients.ami_upload.lib.errors import NOT_ALL, CallFault, Refusal, Stop, UploadGone
from clients.ami_upload.portal.answers import Session, Verdict
from clients.ami_upload.selection.journal import Journal
from clients.ami_upload.selection.plan import Plan


class SessionCalls:
    """A session of the portal's, and every call about it."""

    def __init__(self, context: Context, journal: Journal):
        self._portal, self._halt, self._log = context.portal, context.halt, context.log
        self._journal = journal
        self.session: Session = {}

    def open(self, plan: Plan, *, deployment: str, data_type: str, uploader_name: str, reason: str) -> None:
        """Goes on with the journal's session where it is still open and for the same selection; else opens one."""
        selection = plan.selection
        known = self._journal.note("session") if self._journal.note("selection") == selection else ""
        if known and self._is_open(known, reason):
            self._log.note("resumed", f"session {known}")
            return
        self.session = self._portal.ask(
            "POST",
            "uploads/sessions/",
            {
                "deployment": deployment,
                "data_type": data_type,
                "uploader_name": uploader_name,
                "client": client_name(),
                "files": plan.declared,
                "bytes": plan.size,
                "season_reason": reason,
            },
            halt=self._halt,
        )
        self._journal.write(session=str(self.session["id"]), selection=selection)
        self._log.note("opened", f"session {self.session['id']} for {deployment} {data_type}")

    def _is_open(self, session_id: str, reason: str) -> bool:
        try:
            session: Session = self._portal.ask("GET", f"uploads/sessions/{session_id}/", halt=self._halt)
        except CallFault:
            return False
        if session.get("finished_at") or session.get("season_reason", "") != reason:
            return False
        self.session = session
        return True

    @property
    def parts_above(self) -> tuple[int, int]:
        """(bytes above which a file goes in parts, bytes of a part), 0 where the portal names none."""
        return self.session.get("multipart_above_bytes") or 0, self.session.get("part_size_bytes") or 0

    def finish(self, declared: int | None = None) -> Verdict:
        return self.ask("finish", {} if declared is None else {"files": declared})

    def ask(self, step: str, body: dict, *, max_tries: int = 0) -> Any:
        """A call about this session. Raises Refusal where the portal does not do it."""
        try:
            return self._ask("POST", step, body, max_tries)
        except CallFault as fault:
            raise Refusal(f"The portal answered: {fault.message or fault.code}", fault.code) from None

    def ask_of_upload(self, step: str, body: dict | None = None, *, method: str = "POST") -> Any:
        """A call about a large file's upload in this session. Raises UploadGone where the portal has it no more."""
        try:
            return self._ask(method, step, body)
        except CallFault as fault:
            self._log.note("gone", f"{step}: {fault}")
            raise UploadGone from None

    def _ask(self, method: str, step: str, body: dict | None, max_tries: int = 0) -> Any:
        try:
            path = f"uploads/sessions/{self.session['id']}/{step}{'' if '?' in step else '/'}"
            return self._portal.ask(method, path, body or None, halt=self._halt, max_tries=max_tries)
        except CallFault as fault:
            if fault.code in ("session_finished", "session_unknown"):
                self._journal.write(session="")
                message = "This upload was ended elsewhere. Run the command again: a new session goes on with it."
                raise Stop(message, NOT_ALL, fault.code) from None
            raise
