"""The portal's API: calls that are repeated while it is away, and what its refusals say."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clients.ami_upload.lib.about import client_name
from clients.ami_upload.lib.errors import CallFault, Refusal, UsageFault
from clients.ami_upload.lib.format import MIB
from clients.ami_upload.lib.halt import Halt
from clients.ami_upload.portal.refusals import judge_call
from clients.ami_upload.portal.retry import delay_s, retry_after_s
from clients.ami_upload.portal.transport import Wire, is_loopback

FIRST_CONTACT_S = 20.0  # for a portal that has never answered: its address is probably wrong
MAX_REPEATS = 5  # of a call that met another one at the portal


class Portal:
    """The portal's API. The token goes to this one address alone, over https or to this computer itself."""

    def __init__(self, address: str, token: str, wire: Wire, *, patience_s: float):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageFault(f"{address!r} is no address of a portal, such as https://portal.example.org.")
        if parts.username or parts.query or parts.fragment:
            raise UsageFault("The portal's address may hold neither an account nor a query.")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise UsageFault("The token is not sent over plain http, where others could read it. Use https.")
        self.address = address.rstrip("/")
        self._headers = {
            "Authorization": f"Token {token}",
            "Accept": "application/json",
            "User-Agent": client_name(),
        }
        self._wire = wire
        self._patience_s = patience_s
        self._has_answered = False
        self.away_since: float | None = None
        self.retries = 0

    def ask(self, method: str, path: str, body: dict | None = None, *, halt: Halt, max_tries: int = 0) -> Any:
        """One call, repeated while the portal is away. `path` stands below /api/v1/. What it gives: answers.py.

        Raises Refusal where going on is pointless, CallFault for an answer that the caller may know what to do with:
        404 and 409; and for any failure once `max_tries` (if given) are used up.
        """
        tries, failed_since = 0, time.monotonic()
        while True:
            tries += 1
            try:
                answer = self._once(method, path, body)
            except CallFault as fault:
                if judge_call(fault) == "final" or (fault.http_status == 409 and tries >= MAX_REPEATS):
                    self.away_since = None
                    raise self._judged(fault) from None
                now = time.monotonic()
                limit = self._patience_s if self._has_answered else min(FIRST_CONTACT_S, self._patience_s)
                if (max_tries and tries >= max_tries) or now - failed_since > limit:
                    raise self._unreachable(fault) from None
                self.away_since = self.away_since or now
                self.retries += 1
                wait = min(delay_s(tries, fault.retry_after_s), max(1.0, limit - (now - failed_since)))
                if max_tries:
                    time.sleep(min(wait, 2.0))
                else:
                    halt.sleep(wait)
                continue
            self._has_answered, self.away_since = True, None
            return answer

    def pages(self, path: str, *, halt: Halt) -> list[Any]:
        rows: list[Any] = []
        query = path
        while query:
            answer = self.ask("GET", query, halt=halt)
            rows += answer["results"]
            # Only the query is taken over: behind a proxy the portal may know itself by another address.
            following = urlsplit(answer.get("next") or "").query
            query = f"{path.partition('?')[0]}?{following}" if following else ""
        return rows

    def download(self, path: str, target: Path) -> None:
        """Streams an answer to a file, which then is there whole or not at all."""
        partial = target.with_name(target.name + ".part")
        with self._wire.stream("GET", self._url(path), self._headers) as answer:
            if answer.status != 200:
                answer.read()
                raise CallFault(f"http_{answer.status}", answer.status)
            with partial.open("wb") as file:
                try:
                    shutil.copyfileobj(answer, file, MIB)
                except (OSError, http.client.HTTPException) as error:
                    raise CallFault("network", message=type(error).__name__) from None
        os.replace(partial, target)

    def _url(self, path: str) -> str:
        return f"{self.address}/api/v1/{path}"

    def _once(self, method: str, path: str, body: dict | None) -> dict[str, Any]:
        headers = self._headers
        content = None
        if body is not None:
            content = json.dumps(body, separators=(",", ":")).encode()
            headers = headers | {"Content-Type": "application/json"}
        reply = self._wire.exchange(method, self._url(path), headers, content)
        try:
            answer = json.loads(reply.body)
        except ValueError:
            answer = None  # a proxy's page, say
        if 200 <= reply.status < 300 and isinstance(answer, dict):
            answer["_sent_at"] = reply.headers.get("Date")
            return answer
        envelope = answer if isinstance(answer, dict) else {}
        raise CallFault(
            str(envelope.get("code") or f"http_{reply.status}"),
            reply.status if reply.status >= 300 else 502,
            _with_fields(envelope),
            retry_after_s(reply.headers),
        )

    def _judged(self, fault: CallFault) -> Exception:
        if fault.http_status == 401:
            return Refusal("The portal does not accept the token: it is wrong, or was revoked.", "token")
        if fault.http_status == 403:
            return Refusal(f"The portal refuses: {fault.message or 'you may not do this.'}", fault.code)
        if 300 <= fault.http_status < 400:
            message = (
                "The portal's address leads elsewhere, and the token is not sent there. Use the address it has now."
            )
            return Refusal(message, "redirect")
        if fault.http_status in (404, 409):
            return fault
        return Refusal(f"The portal answered: {fault.message or fault.code}", fault.code)

    def _unreachable(self, fault: CallFault) -> Refusal:
        if fault.http_status:
            return Refusal(f"The portal answers with errors ({fault.http_status}). Try again later.", "portal_away")
        return Refusal(f"The portal at {self.address} cannot be reached. Check address and connection.", "portal_away")


def _with_fields(envelope: dict) -> str:
    message = str(envelope.get("message") or "")
    fields = envelope.get("fields")
    if not isinstance(fields, dict):
        return message
    told = [f"{name}: {' '.join(map(str, texts))}" for name, texts in fields.items() if isinstance(texts, list)]
    return f"{message} {'; '.join(told[:3])}".strip()
